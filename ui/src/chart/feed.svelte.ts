// The points behind the charts of one object: fetched once for all of its figures, then fed by its row.
//
// A row that does not change is not sent again. While the connection is live and the row is not late its
// values still hold, so the feed takes them each second; when the row turns out to be late, what was held
// since its last word is taken back and the line ends there. A lost or paused connection ends the line
// too, and what the master heard meanwhile is fetched afterwards.
//
// Made while a component starts; it ends with that component.

import { untrack } from 'svelte';
import { get, problemOf, type Problem } from '../api/client.ts';
import { live } from '../live/connection.svelte.ts';
import {
  empty,
  forgetAfter,
  fromAnswer,
  hold,
  merge,
  silence,
  type ChartAnswer,
  type Series,
} from './series.ts';
import type { Values } from './series.ts';

/** Five minutes: what every master keeps. */
export const SPAN_MS = 5 * 60_000;
/** Points of a chart: one each second of five minutes, and finer than the pixels of a panel. */
const POINTS = 600;
/** Resolution until the first answer says another. */
const TICK_MS = 1_000;
/** Longest that a value is held without a tick: three readings, after which a row is late as well. */
const HOLD_MS = 3_000;

/** What an object's row says now. */
export interface Latest {
  values: Values;
  /** True when the row is late. */
  stale: boolean;
  /** When the values were read, by the master's clock. */
  heardAt: number;
}

/** A part of the time axis. */
export interface Extent {
  from: number;
  to: number;
}

/** Why a line does not go on. */
export type Ending = 'lost' | 'paused' | 'stale';

let feeds = 0;

export class ChartFeed {
  /** Charts of one feed move their pointers together. */
  readonly group = `chart-${++feeds}`;
  readonly path: string;
  readonly figures: readonly string[];

  #spanMs = $state(SPAN_MS);
  #zoom = $state.raw<Extent | null>(null);
  #series = $state.raw<Series>(empty(TICK_MS, []));
  #problem = $state.raw<Problem | null>(null);
  #loading = $state(true);
  #keptMs = $state.raw(SPAN_MS);
  #end = $state.raw(0);
  #ending = $state.raw<Ending | null>(null);
  /** Grows when what was fetched is no longer enough. */
  #round = $state(0);

  readonly #latest: () => Latest | null;
  #fetched = false;
  #tickedAt = 0;
  #forgot = false;

  /** `latest` must be reactive: it is read each second. */
  constructor(path: string, figures: readonly string[], latest: () => Latest | null) {
    this.path = path;
    this.figures = figures;
    this.#latest = latest;
    this.#series = empty(TICK_MS, figures);
    $effect(() => this.#fetch());
    $effect(() => this.#tick());
    $effect(() => this.#askKept());
  }

  get series(): Series {
    return this.#series;
  }

  get problem(): Problem | null {
    return this.#problem;
  }

  /** True until the first history is here. */
  get loading(): boolean {
    return this.#loading;
  }

  /** Milliseconds that the charts show when nobody zoomed. */
  get spanMs(): number {
    return this.#spanMs;
  }

  /** Milliseconds of history that the master keeps. */
  get keptMs(): number {
    return this.#keptMs;
  }

  get zoom(): Extent | null {
    return this.#zoom;
  }

  /** What the time axis shows now. */
  get extent(): Extent {
    return this.#zoom ?? { from: this.#end - this.#spanMs, to: this.#end };
  }

  /** Why the lines end; null while they go on. */
  get ending(): Ending | null {
    return this.#ending;
  }

  show(spanMs: number): void {
    this.#zoom = null;
    this.#spanMs = spanMs;
  }

  /** Shows a part; at least ten seconds, below which there is nothing to see. */
  zoomTo({ from, to }: Extent): void {
    const middle = (from + to) / 2;
    const half = Math.max((to - from) / 2, 5_000);
    this.#zoom = { from: Math.floor(middle - half), to: Math.ceil(middle + half) };
  }

  resetZoom(): void {
    this.#zoom = null;
  }

  get #windowMs(): number {
    return this.#spanMs + TICK_MS;
  }

  #fetch(): () => void {
    const [zoom, spanMs] = [this.#zoom, this.#spanMs];
    // Read so that a new round fetches again.
    void this.#round;
    const now = untrack(() => live.clock());
    const extent = zoom ?? { from: now - spanMs, to: null };
    const aborter = new AbortController();
    const query = {
      figures: this.figures.join(','),
      since: new Date(extent.from).toISOString(),
      until: extent.to === null ? undefined : new Date(extent.to).toISOString(),
      points: POINTS,
    };
    this.#fetched = false;
    get<ChartAnswer>(chartAddress(this.path), query, aborter.signal).then(
      (answer) => this.#take(fromAnswer(answer, this.figures), now),
      (error: unknown) => {
        if (!aborter.signal.aborted) {
          this.#problem = problemOf(error);
          this.#loading = false;
          this.#fetched = true;
        }
      },
    );
    return () => aborter.abort();
  }

  #take(history: Series, askedAt: number): void {
    if (this.#zoom) {
      this.#series = history;
    } else {
      // Only what this tab heard since it asked: before that, history knows better.
      const since = askedAt - HOLD_MS;
      this.#series = merge(history, this.#since(since), this.#windowMs);
    }
    this.#fetched = true;
    this.#problem = null;
    this.#loading = false;
    this.#end = Math.max(this.#end, askedAt);
  }

  /** What is on the chart from a time on. */
  #since(time: number): Series {
    const { times, columns, resolutionMs } = this.#series;
    const from = times.findIndex((at) => at >= time);
    if (from < 0 || resolutionMs !== TICK_MS) {
      return empty(TICK_MS, this.figures);
    }
    const kept = [...columns].map(([name, column]) => [name, column.slice(from)] as const);
    return { resolutionMs, times: times.slice(from), columns: new Map(kept), heard: 0 };
  }

  /** Each second, and when the row or the connection changes. */
  #tick(): void {
    const [now, state, latest] = [live.now, live.state, this.#latest()];
    untrack(() => {
      if (state !== 'live') {
        this.#ending = state === 'paused' ? 'paused' : this.#tickedAt > 0 ? 'lost' : null;
        return;
      }
      const away = this.#tickedAt > 0 && now - this.#tickedAt > HOLD_MS;
      const from = Math.max(this.#tickedAt, now - HOLD_MS);
      this.#tickedAt = now;
      this.#end = now;
      this.#ending = latest?.stale ? 'stale' : null;
      if (this.#zoom) {
        return;
      }
      if (away) {
        // Ticks were missed, for the connection or the tab was away: the master knows what was.
        this.#round += 1;
      }
      this.#follow(latest, from, now);
    });
  }

  #follow(latest: Latest | null, from: number, now: number): void {
    if (latest && !latest.stale) {
      this.#forgot = false;
      this.#series = hold(this.#series, Math.min(from, now), now, latest.values, this.#windowMs);
      return;
    }
    if (latest && !this.#forgot) {
      this.#forgot = true;
      this.#series = forgetAfter(this.#series, latest.heardAt);
    }
    if (this.#fetched) {
      this.#series = silence(this.#series, now, this.#windowMs);
    }
  }

  /** Asks once how far back the history goes. */
  #askKept(): () => void {
    const aborter = new AbortController();
    const [figure] = this.figures;
    const query = { figures: figure, since: new Date(0).toISOString(), points: 2 };
    get<ChartAnswer>(chartAddress(this.path), query, aborter.signal).then(
      ({ times: [first] }) => {
        this.#keptMs = Math.max(SPAN_MS, first === undefined ? 0 : live.clock() - first);
      },
      // The chart itself shows why nothing can be fetched.
      () => undefined,
    );
    return () => aborter.abort();
  }
}

function chartAddress(path: string): string {
  return `/api/v1/charts/${path.split('/').map(encodeURIComponent).join('/')}`;
}

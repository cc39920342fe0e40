// The points behind the charts of one object: fetched once for all of its figures, and kept up to date.
//
// The last five minutes are fed by the object's row. A row that does not change is not sent again: while the
// connection is live and the row is not late its values still hold, so the feed takes them each second; when
// the row turns out to be late, what was held since its last word is taken back and the line ends there. A
// lost or paused connection ends the line too, and what the master heard meanwhile is fetched afterwards.
//
// Longer spans are asked for again when another of their steps is over, as long as the connection is live; a
// part that has passed is asked for once.
//
// Made while a component starts; it ends with that component. Elsewhere: which span (choice.svelte.ts).

import { untrack } from 'svelte';
import { get, problemOf, type Problem } from '../api/client.ts';
import type { Chart } from '../api/schema.ts';
import { live } from '../live/connection.svelte.ts';
import { choice } from './choice.svelte.ts';
import { empty, forgetAfter, fromAnswer, hold, merge, silence, type Series } from './series.ts';
import type { Values } from './series.ts';
import type { Extent, Span } from './span.ts';

/** Five minutes: what every master keeps by the second. */
const LIVE_MS = 5 * 60_000;
/** Most points of a chart: finer than the pixels of a panel, and a little above 600, so that an hour has steps of six seconds. */
const POINTS = 640;
/** Resolution until the first answer says another. */
const TICK_MS = 1_000;
/** Longest that a value is held without a tick: three readings, after which a row is late as well. */
const HOLD_MS = 3_000;
/** Least and most time between two questions for the same span: calm, and never far behind. */
const REFRESH_MS = [10_000, 300_000] as const;

/** What an object's row says now. */
export interface Latest {
  values: Values;
  /** True when the row is late. */
  stale: boolean;
  /** When the values were read, by the master's clock. */
  heardAt: number;
}

/** Why a line does not go on. */
export type Ending = 'lost' | 'paused' | 'stale';

export class ChartFeed {
  readonly path: string;
  readonly figures: readonly string[];

  #series = $state.raw<Series>(empty(TICK_MS, []));
  #problem = $state.raw<Problem | null>(null);
  #loading = $state(true);
  #keptSince = $state.raw<number | null>(null);
  #answered = $state.raw<Extent | null>(null);
  #end = $state.raw(0);
  #ending = $state.raw<Ending | null>(null);
  /** Grows when what was fetched is no longer enough. */
  #round = $state(0);

  readonly #latest: () => Latest | null;
  /** What was asked for last, and when. */
  #shown: Span | Extent | null = null;
  #askedAt = 0;
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
  }

  get series(): Series {
    return this.#series;
  }

  get problem(): Problem | null {
    return this.#problem;
  }

  /** True until the answer for what is chosen is here. */
  get loading(): boolean {
    return this.#loading;
  }

  /** From when on the master keeps samples; null while it has none. */
  get keptSince(): number | null {
    return this.#keptSince;
  }

  /** The part of the time axis that the last answer is about; null before the first. */
  get answered(): Extent | null {
    return this.#answered;
  }

  /** What the time axis shows now. */
  get extent(): Extent {
    if (choice.zoom) {
      return choice.zoom;
    }
    const to = this.#end;
    const from = choice.span.ms === null ? (this.#keptSince ?? to) : to - choice.span.ms;
    return { from: Math.min(from, to - LIVE_MS), to };
  }

  /** Why the lines end; null while they go on. */
  get ending(): Ending | null {
    return this.#ending;
  }

  #fetch(): () => void {
    const { zoom, span, isLive } = choice;
    // Read so that a new round fetches again.
    void this.#round;
    // Whole milliseconds, or the axis rounds its times one down.
    const now = Math.floor(untrack(() => live.clock()));
    const since = zoom ? zoom.from : span.ms === null ? 0 : now - span.ms;
    const aborter = new AbortController();
    const query = {
      figures: this.figures.join(','),
      since: new Date(since).toISOString(),
      until: zoom ? new Date(zoom.to).toISOString() : undefined,
      points: POINTS,
    };
    if (this.#shown !== (zoom ?? span)) {
      this.#shown = zoom ?? span;
      this.#loading = true;
      this.#end = now;
    }
    this.#askedAt = now;
    this.#fetched = false;
    get<Chart>(chartAddress(this.path), query, aborter.signal).then(
      (answer) => {
        if (!aborter.signal.aborted) {
          this.#take(answer, isLive, { from: since, to: zoom ? zoom.to : now }, now);
        }
      },
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

  #take(answer: Chart, isLive: boolean, asked: Extent, askedAt: number): void {
    const history = fromAnswer(answer, this.figures);
    // Only what this tab heard since it asked: before that, history knows better.
    this.#series = isLive ? merge(history, this.#since(askedAt - HOLD_MS), LIVE_MS + TICK_MS) : history;
    this.#keptSince = answer.kept_since ?? null;
    this.#fetched = true;
    this.#problem = null;
    this.#loading = false;
    this.#end = isLive ? Math.max(this.#end, askedAt) : askedAt;
    this.#answered = { from: asked.from > 0 ? asked.from : (history.times[0] ?? askedAt), to: asked.to };
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
    const [now, state, latest] = [live.now, live.stateOf(this.path), this.#latest()];
    untrack(() => {
      if (state !== 'live') {
        this.#ending = state === 'paused' ? 'paused' : this.#tickedAt > 0 ? 'lost' : null;
        return;
      }
      const away = this.#tickedAt > 0 && now - this.#tickedAt > HOLD_MS;
      const from = Math.max(this.#tickedAt, now - HOLD_MS);
      this.#tickedAt = now;
      // What has passed misses nothing.
      this.#ending = latest?.stale && choice.zoom === null ? 'stale' : null;
      if (!choice.isLive) {
        if (this.#isDue(now)) {
          this.#round += 1;
        }
        return;
      }
      this.#end = Math.floor(now);
      if (away) {
        // Ticks were missed, for the connection or the tab was away: the master knows what was.
        this.#round += 1;
      }
      this.#follow(latest, from, now);
    });
  }

  /** Whether there is more to know of a longer span than when it was asked for. */
  #isDue(now: number): boolean {
    const [least, most] = REFRESH_MS;
    const wait = Math.min(Math.max(this.#series.resolutionMs, least), most);
    const passed = choice.zoom !== null && choice.zoom.to < this.#askedAt;
    return this.#fetched && !passed && now - this.#askedAt >= wait;
  }

  #follow(latest: Latest | null, from: number, now: number): void {
    if (latest && !latest.stale) {
      this.#forgot = false;
      this.#series = hold(this.#series, Math.min(from, now), now, latest.values, LIVE_MS + TICK_MS);
      return;
    }
    if (latest && !this.#forgot) {
      this.#forgot = true;
      this.#series = forgetAfter(this.#series, latest.heardAt);
    }
    if (this.#fetched) {
      this.#series = silence(this.#series, now, LIVE_MS + TICK_MS);
    }
  }
}

function chartAddress(path: string): string {
  return `/api/v1/charts/${path.split('/').map(encodeURIComponent).join('/')}`;
}

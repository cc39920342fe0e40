// What pages look at: lists, objects and values that stay true.
//
// Made in a component, closed with it. Rows are replaced whole, never edited, so a row that is the same
// object has not changed. Times are the master's clock (`live.now`), in Unix milliseconds.
//
// Invariants
// - W-1: `rows` is always one true window of one query, the last that arrived; `offset` is its place.
//   Scrolling keeps it until the next one is there, so that nothing flickers.
// - W-2: a refused query shows no rows: none are known to be right for it.

import { untrack } from 'svelte';
import type { Problem } from '../api/client.ts';
import { live, refusal } from './connection.svelte.ts';
import type { Link, ListTopic, LiveHandle, LiveMessage, SubscribeTo } from './connection.svelte.ts';
import { View } from './view.ts';
import type { Delta, Row, Snapshot } from './view.ts';

/** How often a value of a field occurs in what the filter lets through. */
export interface Facet {
  field: string;
  values: { value: string; count: number }[];
  /** True when there are more values. */
  more: boolean;
}

/** Which rows. */
export interface ListQuery {
  filter: string;
  sort: string;
  limit: number;
  offset: number;
  facets?: string;
}

type Told<R extends Row> = Snapshot<R> & { facets?: Facet[]; missing?: string[] };
/** Facets and missing clusters are told when they are others. */
type Changed<R extends Row> = Delta<R> & { facets?: Facet[] | null; missing?: string[] | null };

/** What a list needs of the connection. */
export type Source = Pick<Link, 'subscribe' | 'clock'>;

const NOTHING: ReadonlyMap<string, number> = new Map();

export class WatchList<R extends Row> {
  #rows = $state.raw<readonly R[]>([]);
  #offset = $state.raw(0);
  #total = $state.raw(0);
  #revision = $state.raw(0);
  #facets = $state.raw<Facet[]>([]);
  #missing = $state.raw<readonly string[]>([]);
  #problem = $state.raw<Problem | null>(null);
  #loading = $state.raw(true);
  #receivedAt = $state.raw(0);
  #changed = $state.raw(NOTHING);

  readonly #kind: ListTopic['watch'];
  readonly #source: Source;
  readonly #adapt: (row: R) => R;
  readonly #view = new View<R>();
  #received = new Map<string, number>();
  #handle: LiveHandle | null = null;
  #asked: ListTopic | null = null;

  /** @param adapt makes rows of what the master tells, where that has no path of its own. */
  constructor(kind: ListTopic['watch'], source: Source = live, adapt: (row: R) => R = (row) => row) {
    this.#kind = kind;
    this.#source = source;
    this.#adapt = adapt;
  }

  /** The window, in order. */
  get rows(): readonly R[] {
    return this.#rows;
  }

  /** The place of the first row among all that the filter lets through. */
  get offset(): number {
    return this.#offset;
  }

  /** Rows that the filter lets through, in all windows. */
  get total(): number {
    return this.#total;
  }

  get revision(): number {
    return this.#revision;
  }

  get facets(): Facet[] {
    return this.#facets;
  }

  /** Clusters that are not in the list, or only as they last were, each with why. */
  get missing(): readonly string[] {
    return this.#missing;
  }

  /** Why the query was refused. */
  get problem(): Problem | null {
    return this.#problem;
  }

  /** True from a query until its rows are here. */
  get loading(): boolean {
    return this.#loading;
  }

  /** When the last message came. */
  get receivedAt(): number {
    return this.#receivedAt;
  }

  /** When each row of the window last changed under the viewer's eyes; what was never seen changing is absent. */
  get changed(): ReadonlyMap<string, number> {
    return this.#changed;
  }

  /** When this version of a row came: its age grows from then on. */
  receivedOf(path: string): number {
    return this.#received.get(path) ?? this.#receivedAt;
  }

  /** Asks for other rows; the same query again is nothing. */
  query(query: ListQuery): void {
    const to = this.#topic(query);
    // Untracked, or an effect that asks would ask again when it is refused.
    const refused = untrack(() => this.#problem !== null);
    if (this.#handle && JSON.stringify(to) === JSON.stringify(this.#asked) && !refused) {
      return;
    }
    this.#asked = to;
    this.#loading = true;
    if (this.#handle) {
      this.#handle.change(to);
    } else {
      this.#handle = this.#source.subscribe(to, (message) => this.#receive(message));
    }
  }

  close(): void {
    this.#handle?.close();
    this.#handle = null;
    this.#asked = null;
  }

  #topic({ filter, sort, limit, offset, facets }: ListQuery): ListTopic {
    return {
      watch: this.#kind,
      ...(filter.trim() === '' ? {} : { filter }),
      ...(sort === '' ? {} : { sort }),
      limit,
      offset,
      ...(facets === undefined || facets === '' ? {} : { facets }),
    };
  }

  #receive(message: LiveMessage): void {
    if (message.event === 'snapshot') {
      this.#reset(message.data as Told<R>);
    } else if (message.event === 'delta') {
      this.#apply(message.data as Changed<R>);
    } else if (message.event === 'refused') {
      this.#refuse(refusal(message.data));
    }
  }

  #reset(snapshot: Told<R>): void {
    const before = new Map(this.#rows.map((row) => [row.path, row]));
    this.#view.reset({ ...snapshot, items: snapshot.items.map(this.#adapt) });
    this.#offset = this.#asked?.offset ?? 0;
    this.#loading = false;
    this.#problem = null;
    this.#facets = snapshot.facets ?? [];
    this.#missing = snapshot.missing ?? [];
    const now = this.#source.clock();
    this.#received = new Map(this.#view.rows.map((row) => [row.path, now]));
    // Scrolling brings what was unseen; only a row seen before can have changed.
    const changed = this.#view.rows.filter((row) => {
      const earlier = before.get(row.path);
      return earlier !== undefined && differs(earlier, row);
    });
    this.#show(changed, now);
  }

  #apply(delta: Changed<R>): void {
    if (!this.#view.apply(delta)) {
      this.#loading = true;
      if (this.#asked) {
        this.#handle?.change(this.#asked);
      }
      return;
    }
    const now = this.#source.clock();
    for (const path of delta.removed) {
      this.#received.delete(path);
    }
    for (const row of delta.changed) {
      this.#received.set(row.path, now);
    }
    this.#facets = delta.facets ?? this.#facets;
    this.#missing = delta.missing ?? this.#missing;
    this.#show(delta.changed, now);
  }

  #show(changedRows: readonly R[], now: number): void {
    const present = this.#view.rows;
    if (changedRows.length > 0 || this.#changed.size > 0) {
      const changed = new Map<string, number>();
      const fresh = new Set(changedRows.map((row) => row.path));
      for (const { path } of present) {
        const at = fresh.has(path) ? now : this.#changed.get(path);
        if (at !== undefined) {
          changed.set(path, at);
        }
      }
      this.#changed = changed;
    }
    this.#rows = present;
    this.#total = this.#view.total;
    this.#revision = this.#view.revision;
    this.#receivedAt = now;
  }

  #refuse(problem: Problem): void {
    this.#view.reset({ items: [], total: 0, revision: 0 });
    this.#received.clear();
    this.#problem = problem;
    this.#loading = false;
    this.#facets = [];
    this.#missing = [];
    this.#offset = this.#asked?.offset ?? 0;
    this.#show([], this.#source.clock());
  }
}

/** True when more than the age of two versions of a row is different. */
function differs(one: object, other: object): boolean {
  const ageless = (row: object): string => JSON.stringify({ ...row, age_ms: null });
  return ageless(one) !== ageless(other);
}

/** One value that stays true: each message replaces it whole. */
export class WatchValue<D> {
  #value = $state.raw<D | null>(null);
  #problem = $state.raw<Problem | null>(null);
  #receivedAt = $state.raw(0);
  readonly #handle: LiveHandle;

  constructor(to: SubscribeTo, source: Source = live) {
    this.#handle = source.subscribe(to, (message) => {
      if (message.event === 'refused') {
        this.#problem = refusal(message.data);
        this.#value = null;
      } else if (message.event === 'value' || message.event === 'snapshot') {
        this.#value = message.data as D;
        this.#problem = null;
      } else {
        return;
      }
      this.#receivedAt = source.clock();
    });
  }

  /** Null until the first one is here, and when it was refused. */
  get value(): D | null {
    return this.#value;
  }

  get problem(): Problem | null {
    return this.#problem;
  }

  /** When the value came. */
  get receivedAt(): number {
    return this.#receivedAt;
  }

  /** Looks at something else; the value stays until the next one is here. */
  change(to: SubscribeTo): void {
    this.#handle.change(to);
  }

  close(): void {
    this.#handle.close();
  }
}

/** Everything known of one server, application, service or task. */
export class WatchObject<D> extends WatchValue<D> {
  constructor(path: string, source: Source = live) {
    super({ watch: 'object', path }, source);
  }
}

// The reader's half of a watch: a window of rows that deltas keep true.
//
// The twin of the master's own (`watch` in the HTTP contract). A delta is applied in this order:
// removed rows leave, changed ones replace those of their path or are new, placed paths are taken out
// and inserted again by ascending index.
//
// Invariants
// - V-1: after a delta the rows are exactly the master's at its revision, or `apply` says false and
//   nothing changed; then only a new snapshot helps.

import type { Placement } from '../api/schema.ts';

/** What every row has. */
export interface Row {
  path: string;
}

/** A whole window. */
export interface Snapshot<R extends Row> {
  items: R[];
  total: number;
  revision: number;
}

/** What changed of a window. */
export interface Delta<R extends Row> {
  after: number;
  revision: number;
  total: number;
  changed: R[];
  removed: string[];
  placed: Placement[];
}

export class View<R extends Row> {
  #rows: R[] = [];
  #total = 0;
  #revision = 0;

  get rows(): readonly R[] {
    return this.#rows;
  }

  get total(): number {
    return this.#total;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Forgets what was before. Of two rows with one path the first counts. */
  reset(snapshot: Snapshot<R>): void {
    const rows = new Map<string, R>();
    for (const row of snapshot.items) {
      if (!rows.has(row.path)) {
        rows.set(row.path, row);
      }
    }
    this.#rows = [...rows.values()];
    this.#total = snapshot.total;
    this.#revision = snapshot.revision;
  }

  /** Takes in a delta; false when it does not fit what is here. Costs O(window). */
  apply(delta: Delta<R>): boolean {
    if (delta.after !== this.#revision) {
      return false;
    }
    const rows = new Map(this.#rows.map((row) => [row.path, row]));
    const order = this.#rows.map((row) => row.path);
    if (!delta.removed.every((path) => rows.delete(path))) {
      return false;
    }
    for (const row of delta.changed) {
      rows.set(row.path, row);
    }
    const next = reorder(order, delta.removed, delta.placed);
    if (next?.length !== rows.size) {
      return false;
    }
    const placed: R[] = [];
    for (const path of next) {
      const row = rows.get(path);
      if (row === undefined) {
        return false;
      }
      placed.push(row);
    }
    this.#rows = placed;
    this.#total = delta.total;
    this.#revision = delta.revision;
    return true;
  }
}

/** The order of paths after a delta; null when a place cannot be. */
function reorder(order: string[], removed: string[], placed: Placement[]): string[] | null {
  if (removed.length === 0 && placed.length === 0) {
    return order;
  }
  const gone = new Set(removed);
  for (const { path } of placed) {
    gone.add(path);
  }
  // A path named twice would stand twice.
  if (gone.size !== removed.length + placed.length) {
    return null;
  }
  const kept = order.filter((path) => !gone.has(path));
  const next: string[] = [];
  let used = 0;
  for (const { path, index } of placed) {
    if (index < next.length || index - next.length > kept.length - used) {
      return null;
    }
    while (next.length < index) {
      next.push(kept[used++] ?? '');
    }
    next.push(path);
  }
  return next.concat(kept.slice(used));
}

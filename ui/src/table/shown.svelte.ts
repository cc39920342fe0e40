// The rows that a table shows of what a watch tells: in their order, or in the order that is held.
//
// A table's order is held while somebody uses it: the pointer rests on its rows, or the keyboard is at
// one of them, so that nobody stops the wrong application because two rows changed places. Values go on
// changing. A hand that was still for HOLD_MS has let go, so that a forgotten pointer does not freeze a
// list for hours; so has one that scrolls on, filters or sorts: then all rows move anyway.
//
// Invariants
// - S-1: no path is shown twice.
// - S-2: while held, no row changes its place; one that left its window stays, marked as gone.
// - S-3: a filter that is refused takes no rows away; they are marked as not live until one is taken.

import { untrack } from 'svelte';
import type { WatchList } from '../live/watch.svelte.ts';
import { hold } from './hold.ts';

interface Row {
  path: string;
}

/** A hand that was still for so long has let go: longer than reading a row takes. */
const HOLD_MS = 15_000;
const NONE: ReadonlySet<string> = new Set();

export class ShownRows<R extends Row> {
  #rows = $state.raw<readonly R[]>([]);
  #offset = $state.raw(0);
  #total = $state.raw(0);
  #moved = $state.raw(0);
  #gone = $state.raw(NONE);
  #holding = $state.raw(false);
  #touchedAt = 0;
  /** True when the next rows answer another question than those shown. */
  #anew = true;

  get rows(): readonly R[] {
    return this.#rows;
  }

  get offset(): number {
    return this.#offset;
  }

  /** Rows in all windows. */
  get total(): number {
    return this.#total;
  }

  /** How many rows would change their place if the order were not held. */
  get moved(): number {
    return this.#holding ? this.#moved : 0;
  }

  /** Rows that left the window while the order was held; their values are the last seen. */
  get gone(): ReadonlySet<string> {
    return this.#gone;
  }

  /** The row at a place of the whole list, if it is here. */
  at(index: number): R | undefined {
    return this.#rows[index - this.#offset];
  }

  /** The place of a row in the whole list; -1 when it is not here. */
  indexOf(path: string): number {
    const index = this.#rows.findIndex((row) => row.path === path);
    return index < 0 ? -1 : index + this.#offset;
  }

  /** Something was asked anew: its answer is shown as it comes. */
  askedAnew(): void {
    this.#anew = true;
  }

  /** A hand is on the rows. */
  touch(): void {
    this.#touchedAt = performance.now();
    this.#holding = true;
  }

  /** The hand let go. */
  release(): void {
    this.#holding = false;
  }

  /** Lets go when the hand was still for long enough. */
  rest(): void {
    if (this.#holding && performance.now() - this.#touchedAt > HOLD_MS) {
      this.#holding = false;
    }
  }

  /**
   * Takes in what the watch has; called whenever that changes or the hold does.
   *
   * Returns true for the first rows of an answer to what was asked anew.
   */
  take(list: WatchList<R>): boolean {
    const { rows, offset, total, loading, problem } = list;
    const holding = this.#holding;
    if (problem !== null || (loading && this.#anew)) {
      return false; // S-3, and what is shown until the answer is here
    }
    const anew = this.#anew;
    if (holding && !anew) {
      const held = hold(
        untrack(() => this.#rows),
        rows,
      );
      this.#rows = held.rows;
      this.#moved = held.moved;
      this.#gone = held.gone;
    } else {
      this.#rows = rows;
      this.#moved = 0;
      this.#gone = NONE;
      this.#anew = false;
    }
    this.#offset = offset;
    this.#total = total;
    return anew;
  }
}

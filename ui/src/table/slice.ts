// Which rows to ask the master for, so that those in sight are there and a little scrolling asks nothing.

/** Rows of a list: `limit` of them from `offset` on. */
export interface Slice {
  readonly offset: number;
  readonly limit: number;
}

/** Most rows asked for at once: a screen of 4K in the compact density, and as much again to scroll into. */
export const LIMIT_MAX = 160;
/** Rows beyond each edge of what is first in sight: the first answer is small, so that it is soon there. */
const SPARE = 10;
/** An edge may come this near to the end of what was asked for before the next is asked. */
const NEAR = 4;

/**
 * The rows to ask for when those from `first` to `last` are in sight. Whoever scrolls gets more, and
 * most of them where the scrolling goes, for there they are wanted next; and the faster it goes, the
 * earlier.
 *
 * - `drift`: rows by which the view moves until an answer is here; negative for upwards.
 *
 * Returns `asked` itself while it still covers them.
 */
export function sliceFor(first: number, last: number, asked: Slice | null, drift = 0): Slice {
  const visible = Math.max(1, last - first + 1);
  const limit = asked ? LIMIT_MAX : Math.min(LIMIT_MAX, visible + 2 * SPARE);
  const spare = Math.max(0, limit - visible);
  let before = Math.floor(spare / 2);
  if (asked) {
    const end = asked.offset + asked.limit;
    // Two answers: nothing is asked for while one is on its way. A fresh slice must have as much.
    const lead = (rows: number): number => Math.min(NEAR + 2 * Math.max(0, rows), Math.floor(spare / 2));
    const coveredBefore = asked.offset === 0 || first - asked.offset >= lead(-drift);
    const coveredAfter = end - 1 - last >= lead(drift);
    if (coveredBefore && coveredAfter && first >= asked.offset) {
      return asked;
    }
    const downwards = drift === 0 ? coveredBefore : drift > 0;
    // Never so one-sided that the other edge is near at once.
    before = downwards ? Math.min(before, 2 * NEAR) : Math.max(before, spare - 2 * NEAR);
  }
  return { offset: Math.max(0, first - before), limit };
}

/** Older places say nothing of how fast the view moves now, in milliseconds. */
const RECENT_MS = 150;
/** Until an answer was timed: a master near by that has much to do. */
const ANSWER_MS = 100;
/** Part of the newest answer in the mean of their times. */
const WEIGHT = 0.3;

/** How far the view moves while an answer is on its way. Times are those of a clock that never jumps. */
export class Drift {
  #places: { first: number; at: number }[] = [];
  #askedAt: number | null = null;
  #answerMs = ANSWER_MS;

  /** The first row in sight is now this one. */
  moved(first: number, at: number): void {
    this.#places = [...this.#places.filter((place) => at - place.at <= RECENT_MS), { first, at }];
  }

  asked(at: number): void {
    this.#askedAt = at;
  }

  answered(at: number): void {
    if (this.#askedAt !== null) {
      this.#answerMs += WEIGHT * (at - this.#askedAt - this.#answerMs);
      this.#askedAt = null;
    }
  }

  /** Rows that pass while an answer comes; negative for upwards. */
  get rows(): number {
    const [oldest, newest] = [this.#places[0], this.#places.at(-1)];
    if (!oldest || !newest || newest.at === oldest.at) {
      return 0;
    }
    return Math.round(((newest.first - oldest.first) / (newest.at - oldest.at)) * this.#answerMs);
  }
}

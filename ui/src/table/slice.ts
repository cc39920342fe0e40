// Which rows to ask the master for, so that those in sight are there and a little scrolling asks nothing.

/** Rows of a list: `limit` of them from `offset` on. */
export interface Slice {
  readonly offset: number;
  readonly limit: number;
}

/** Most rows asked for at once: a screen of 4K in the compact density, with some to spare. */
export const LIMIT_MAX = 100;
/** Rows beyond each edge of what is first in sight: the first answer is small, so that it is soon there. */
const SPARE = 15;
/** An edge may come this near to the end of what was asked for before the next is asked. */
const NEAR = 4;

/**
 * The rows to ask for when those from `first` to `last` are in sight. Whoever scrolls gets more, and
 * most of them where the scrolling goes, for there they are wanted next.
 *
 * Returns `asked` itself while it still covers them.
 */
export function sliceFor(first: number, last: number, asked: Slice | null): Slice {
  const visible = Math.max(1, last - first + 1);
  const limit = asked ? LIMIT_MAX : Math.min(LIMIT_MAX, visible + 2 * SPARE);
  const spare = Math.max(0, limit - visible);
  let before = Math.floor(spare / 2);
  if (asked) {
    const end = asked.offset + asked.limit;
    const coveredBefore = asked.offset === 0 || first - asked.offset >= NEAR;
    const coveredAfter = end - 1 - last >= NEAR;
    if (coveredBefore && coveredAfter && first >= asked.offset) {
      return asked;
    }
    // Never so one-sided that the other edge is near at once.
    before = coveredBefore ? Math.min(before, 2 * NEAR) : Math.max(before, spare - 2 * NEAR);
  }
  return { offset: Math.max(0, first - before), limit };
}

// Marks that stand too close to be told apart become one.

import type { Tone } from '../parts/tone.ts';
import type { Extent } from './span.ts';
import type { Mark } from './paint.ts';

/** More than a chart of three hundred pixels can show one beside the other. */
const MARKS_MOST = 60;
const WORST_FIRST: readonly Tone[] = ['failed', 'degraded', 'unknown', 'idle', 'healthy'];

/**
 * The marks of a part of the time axis; when they are too many, one for each place that has any: the worst of
 * it, the earliest of those, and how many more there are.
 */
export function clustered(marks: readonly Mark[], { from, to }: Extent, most = MARKS_MOST): Mark[] {
  const shown = marks.filter(({ time }) => time >= from && time <= to);
  if (shown.length <= most) {
    return shown;
  }
  // Places stand still while the axis moves on, or marks would join and part as time passes.
  const width = Math.max(1, Math.ceil((to - from) / most));
  const places = new Map<number, Mark[]>();
  for (const mark of shown) {
    const place = Math.floor(mark.time / width);
    const others = places.get(place);
    if (others) {
      others.push(mark);
    } else {
      places.set(place, [mark]);
    }
  }
  return [...places.values()].map(oneOf);
}

function oneOf(marks: readonly Mark[]): Mark {
  const rank = ({ tone }: Mark): number => WORST_FIRST.indexOf(tone);
  const worst = marks.reduce((best, mark) =>
    rank(mark) < rank(best) || (rank(mark) === rank(best) && mark.time < best.time) ? mark : best,
  );
  return marks.length === 1
    ? worst
    : { ...worst, text: `${worst.text} (and ${marks.length - 1} more near it)` };
}

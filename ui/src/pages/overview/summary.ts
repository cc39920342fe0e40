// Counts by status, in the order in which somebody at night wants to read them.

import type { Counts, StatusCount } from '../../api/schema.ts';
import { toneOf } from '../../parts/tone.ts';
import type { Tone } from '../../parts/tone.ts';

const ORDER: readonly Tone[] = ['failed', 'degraded', 'unknown', 'healthy', 'idle'];

/** How many have each status, the worst first; nothing before anything is known. */
export function worstFirst(counts: Counts | undefined): StatusCount[] {
  return (counts?.statuses ?? []).toSorted(
    (one, other) => ORDER.indexOf(toneOf(one.status)) - ORDER.indexOf(toneOf(other.status)),
  );
}

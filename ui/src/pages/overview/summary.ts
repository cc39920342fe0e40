// Counts by status, in the order in which somebody at night wants to read them.

import type { Facet } from '../../api/schema.ts';
import { toneOf } from '../../parts/tone.ts';
import type { Tone } from '../../parts/tone.ts';

export interface StatusCount {
  status: string;
  number: number;
}

const ORDER: readonly Tone[] = ['failed', 'degraded', 'unknown', 'healthy', 'idle'];

/** The counts of the facet `status`, the worst first. */
export function statusCounts(facets: readonly Facet[]): StatusCount[] {
  const values = facets.find(({ field }) => field === 'status')?.values ?? [];
  return values
    .map(({ value, count }) => ({ status: value, number: count }))
    .sort((one, other) => ORDER.indexOf(toneOf(one.status)) - ORDER.indexOf(toneOf(other.status)));
}

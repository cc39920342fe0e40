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

/** Sums of services: null when none of them knows. */
export function totals(rows: readonly { tps?: number | null; error_pct?: number | null }[]): {
  tps: number | null;
  error_pct: number | null;
} {
  const known = rows.filter((row) => typeof row.tps === 'number');
  if (known.length === 0) {
    return { tps: null, error_pct: null };
  }
  const tps = known.reduce((sum, row) => sum + (row.tps ?? 0), 0);
  const errors = known.reduce((sum, row) => sum + ((row.tps ?? 0) * (row.error_pct ?? 0)) / 100, 0);
  return { tps, error_pct: tps > 0 ? (100 * errors) / tps : null };
}

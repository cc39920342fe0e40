// How much time charts show: the spans to choose from, and a part of the time axis that somebody zoomed to.
//
//   span=24h                                             the last day
//   span=2026-03-01T11:50:00Z/2026-03-01T12:10:00Z       twenty minutes of it
//
// Invariants
// - P-1: reading what was written gives back the same; nonsense is as if nothing were there.

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Least that is zoomed to, in milliseconds: below it there is nothing to see. */
const ZOOM_LEAST_MS = 10_000;
/** Most, in milliseconds: longer than any history. */
const ZOOM_MOST_MS = 100 * 366 * DAY_MS;

/** A part of the time axis, in milliseconds since the Unix epoch. */
export interface Extent {
  from: number;
  to: number;
}

/** What operators ask for, from a look to a season; `ms` is null for all that the master keeps. */
export const SPANS = [
  { id: '5m', ms: 5 * MINUTE_MS, words: '5 min', label: 'the last 5 minutes, live' },
  { id: '15m', ms: 15 * MINUTE_MS, words: '15 min', label: 'the last 15 minutes' },
  { id: '1h', ms: HOUR_MS, words: '1 h', label: 'the last hour' },
  { id: '6h', ms: 6 * HOUR_MS, words: '6 h', label: 'the last 6 hours' },
  { id: '24h', ms: DAY_MS, words: '24 h', label: 'the last 24 hours' },
  { id: '7d', ms: 7 * DAY_MS, words: '7 d', label: 'the last 7 days' },
  { id: '30d', ms: 30 * DAY_MS, words: '30 d', label: 'the last 30 days' },
  { id: 'all', ms: null, words: 'all', label: 'all that is kept' },
] as const;

export type Span = (typeof SPANS)[number];

/** The span of an id; undefined for none. */
export function spanOf(id: string | undefined): Span | undefined {
  return SPANS.find((span) => span.id === id);
}

/** At least ten seconds about the same middle, in whole seconds. */
export function zoomed({ from, to }: Extent): Extent {
  const middle = (from + to) / 2;
  const half = Math.max((to - from) / 2, ZOOM_LEAST_MS / 2);
  return {
    from: Math.floor((middle - half) / 1_000) * 1_000,
    to: Math.ceil((middle + half) / 1_000) * 1_000,
  };
}

/** A part of the time axis as an address has it. */
export function zoomText({ from, to }: Extent): string {
  return [from, to].map((at) => new Date(at).toISOString().replace('.000Z', 'Z')).join('/');
}

/** The part that an address names; null when it names none. */
export function zoomOf(text: string | undefined): Extent | null {
  const [from, to, ...more] = (text ?? '').split('/').map(Date.parse);
  if (from === undefined || to === undefined || more.length > 0) {
    return null;
  }
  // Not a number is no more and no less than anything.
  return to - from >= ZOOM_LEAST_MS && to - from <= ZOOM_MOST_MS ? { from, to } : null;
}

// A span of time to look back over, as pages of events and lines have it in their address.

const HOUR_MS = 3_600_000;

/** A span that ends now. */
export interface Span {
  id: string;
  label: string;
  hours: number;
}

/** What is chosen: a span's id, or `range` and its ends as `<input type=datetime-local>` gives them. */
export interface ChosenSpan {
  span: string;
  since: string;
  until: string;
}

/** Where it begins and ends, as the API takes it; null where it has no bound. */
export function momentsOf(
  { span, since, until }: ChosenSpan,
  spans: readonly Span[],
  now: number,
): { since: string | null; until: string | null } {
  if (span === 'range') return { since: momentOf(since), until: momentOf(until) };
  const found = spans.find(({ id }) => id === span);
  return { since: found ? new Date(now - found.hours * HOUR_MS).toISOString() : null, until: null };
}

function momentOf(local: string): string | null {
  const time = Date.parse(local);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

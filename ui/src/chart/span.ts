// How much time a chart shows: the choices that a master's history allows.

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** What operators ask for, from a look to a season. */
const SPANS_MS = [
  5 * MINUTE_MS,
  15 * MINUTE_MS,
  HOUR_MS,
  6 * HOUR_MS,
  DAY_MS,
  7 * DAY_MS,
  30 * DAY_MS,
  90 * DAY_MS,
] as const;

export interface SpanChoice {
  ms: number;
  words: string;
}

/** The shortest always, the others as far as the history goes, and last all of it. */
export function spanChoices(keptMs: number): SpanChoice[] {
  const [shortest] = SPANS_MS;
  const choices = SPANS_MS.filter((ms) => ms === shortest || ms < keptMs).map((ms) => ({
    ms,
    words: spanWords(ms),
  }));
  // A minute more is what passes while one looks, not more history.
  if (keptMs > shortest + MINUTE_MS) {
    choices.push({ ms: keptMs, words: 'everything' });
  }
  return choices;
}

export function spanWords(ms: number): string {
  const [count, unit] =
    ms < HOUR_MS ? [ms / MINUTE_MS, 'min'] : ms < 2 * DAY_MS ? [ms / HOUR_MS, 'h'] : [ms / DAY_MS, 'days'];
  return `${Math.round(count)} ${unit}`;
}

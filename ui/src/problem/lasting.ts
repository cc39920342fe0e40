// Spans of time as people write them: `90s`, `30m`, `4h`, `1h30m`, `2d`, `1w`.

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/** What is said of a text that is no span. */
export const SPAN_HINT = 'a span like 30m, 4h, 1h30m or 2d';

/** A span in seconds; null for what is none, or is nothing. */
export function seconds(text: string): number | null {
  if (!/^(?:\d{1,6}[smhdw])+$/.test(text)) {
    return null;
  }
  const parts = text.matchAll(/(\d+)([smhdw])/g);
  const sum = [...parts].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (UNITS[unit ?? ''] ?? 0),
    0,
  );
  return sum > 0 ? sum : null;
}

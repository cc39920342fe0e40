// A rule and what it would have made of the past, as the page shows it. Nothing here asks or draws.

import type { RuleTrial } from '../api/schema.ts';

/** How far back a rule is tried: words, and seconds. */
export const SPANS = [
  { words: '1 hour', seconds: 3_600 },
  { words: '24 hours', seconds: 86_400 },
  { words: '7 days', seconds: 604_800 },
  { words: '30 days', seconds: 2_592_000 },
] as const;

/** What a new rule begins as: an example that is a rule already. */
export const TEMPLATE = `[[rule]]
name = "filesystem-filling-here"
severity = "warning"
when.threshold = { query = "100 - 100 * host_filesystem_available_bytes / (host_filesystem_size_bytes > 0)", compare = ">", value = 80, clear = 75 }
for = "5m"
scope = "kind=server"
message = "{label.mount} of {name} is {value} % full"
advice = "What grew since yesterday?"
`;

/** The text of a rule with the rule switched on or off; one that is on does not say so. */
export function switched(text: string, on: boolean): string {
  const without = text.replace(/^enabled\s*=\s*(?:true|false)[^\S\n]*\n/m, '');
  return on ? without : without.replace(/^\[\[rule\]\][^\n]*\n/m, '$&enabled = false\n');
}

/** Times and values to draw: a row of times, then one of values for each series. */
export interface Lines {
  times: number[];
  columns: (number | null)[][];
}

/** The points of a trial's series; all have the same times. */
export function lines(trial: RuleTrial): Lines {
  const [series] = trial.series;
  if (series === undefined || trial.step_ms === null || trial.step_ms === undefined) {
    return { times: [], columns: [] };
  }
  const [first, step] = [Date.parse(series.first), trial.step_ms];
  return {
    times: series.values.map((_, index) => first + index * step),
    columns: trial.series.map(({ values }) => values.map((value) => value ?? null)),
  };
}

/** A time in which there would have been a problem. */
export interface Band {
  from: number;
  to: number;
}

/** When there would have been problems on what is drawn; on anything, of a rule without numbers. */
export function bands(trial: RuleTrial): Band[] {
  const drawn = new Set(trial.series.map(({ object, detail }) => `${object} ${detail}`));
  return trial.problems
    .filter(({ object, detail }) => drawn.size === 0 || drawn.has(`${object} ${detail}`))
    .map(({ opened, closed }) => ({ from: Date.parse(opened), to: Date.parse(closed ?? trial.until) }));
}

/** The ends of an axis for these values and a bound, with a little room on both sides. */
export function extent(
  lowest: number | null,
  highest: number | null,
  bound: number | null,
): [number, number] {
  const known = [lowest, highest, bound].filter((value): value is number => value !== null);
  const [low, high] = known.length === 0 ? [0, 1] : [Math.min(0, ...known), Math.max(...known)];
  const room = (high - low || 1) * 0.08;
  return [low < 0 ? low - room : 0, high + room];
}

/** What a series is called: its object's name, and what tells it from others there. */
export function called({ object, detail }: { object: string; detail: string }): string {
  const name = object.split('/').slice(2).join('/') || object;
  return detail === '' ? name : `${name} ${detail}`;
}

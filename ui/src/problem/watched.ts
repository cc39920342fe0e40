// The number that a problem's rule watches: what is asked for and what of the answer is drawn. Nothing here asks or draws.

import type { RuleTrial } from '../api/schema.ts';

/** Time shown before a problem began, and after it was over: what was usual. */
const AROUND_MS = 3_600_000;

/** Kinds of rules on numbers; others have nothing to draw. */
const NUMBERS = ['threshold', 'datapoints', 'absent'];

/** What a chart is about. */
export interface Watched {
  object: string;
  detail: string;
  since: string;
  opened_at: string;
  closed_at?: string | null | undefined;
}

export function isNumber({ kind }: { kind: string }): boolean {
  return NUMBERS.includes(kind);
}

/** What a trial of its rule is to look at: an hour before it began until now, or until an hour after its end. */
export function asked({ object, detail, since, closed_at }: Watched, text: string, now: number): object {
  const end = closed_at ? Math.min(Date.parse(closed_at) + AROUND_MS, now) : now;
  return {
    text,
    since: new Date(Date.parse(since) - AROUND_MS).toISOString(),
    until: new Date(end).toISOString(),
    on: `path=${object}`,
    detail,
    draw: 1,
  };
}

/** The trial as it is drawn: with the time of this problem alone, as it was, whatever the rule would say now. */
export function drawn(trial: RuleTrial, problem: Watched): RuleTrial | null {
  const { object, detail, since, opened_at, closed_at } = problem;
  const series = trial.series.filter((one) => one.object === object && one.detail === detail);
  if (!series.some(({ values }) => values.some((value) => value !== null))) return null;
  const own = {
    ...{ object, detail, since, opened: opened_at, closed: closed_at ?? null },
    ...{ message: '', flapping: false, notices: 0 },
  };
  return { ...trial, series, problems: [own] };
}

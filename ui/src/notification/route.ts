// A route as it is edited: what a form holds, what is wrong with it, and the text that is applied.
//
// Invariants
// - NR-1: the text of a draft that was made from a route, written as it is, means the same route.

import type { RouteRow } from '../api/schema.ts';
import { seconds, SPAN_HINT } from '../problem/lasting.ts';

export const SEVERITIES = ['info', 'warning', 'major', 'critical'] as const;
export const GROUPS = ['none', 'object', 'rule', 'route'] as const;

export interface TimeDraft {
  days: string[];
  at: string;
  lasts: string;
  zone: string;
}

export interface StepDraft {
  after: string;
  channels: string[];
}

export interface RouteDraft {
  name: string;
  order: number | null;
  within: string;
  filter: string;
  severity: string;
  channels: string[];
  schedule: TimeDraft[];
  groupBy: string;
  groupWait: string;
  repeat: string;
  perHour: number | null;
  escalation: StepDraft[];
  goesOn: boolean;
  enabled: boolean;
}

/** The time zone of whoever sits here, which is what they mean by 18:00. */
export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}

export function newTime(): TimeDraft {
  return { days: [], at: '18:00', lasts: '14h', zone: ownZone() };
}

export function newRoute(channels: readonly string[]): RouteDraft {
  return {
    name: '',
    order: 100,
    within: '',
    filter: '',
    severity: '',
    channels: channels.length === 1 ? [...channels] : [],
    schedule: [],
    groupBy: 'none',
    groupWait: '0s',
    repeat: '',
    perHour: 60,
    escalation: [],
    goesOn: false,
    enabled: true,
  };
}

/** The draft of a route; null when it says what the form cannot, as days of the month. */
export function draftOf(row: RouteRow): RouteDraft | null {
  const schedule: TimeDraft[] = [];
  for (const { weekdays, at, lasts, zone } of row.schedule) {
    if (!weekdays) return null;
    schedule.push({ days: [...weekdays], at, lasts, zone });
  }
  return {
    name: row.name,
    order: row.order,
    within: row.within ?? '',
    filter: row.filter,
    severity: row.severity ?? '',
    channels: [...row.channels],
    schedule,
    groupBy: row.group_by,
    groupWait: row.group_wait,
    repeat: row.repeat ?? '',
    perHour: row.per_hour,
    escalation: row.escalation.map(({ after, channels }) => ({ after, channels: [...channels] })),
    goesOn: row.goes_on,
    enabled: row.enabled,
  };
}

/** What is wrong with a draft, by field; null where it is good. The master checks the rest. */
export function routeProblems(draft: RouteDraft): Record<keyof RouteDraft, string | null> {
  const span = (text: string) => (seconds(text) === null ? `write ${SPAN_HINT}` : null);
  const whole = (value: number | null, least: number, most: number) =>
    value !== null && Number.isInteger(value) && value >= least && value <= most
      ? null
      : `give a whole number from ${least} to ${most}`;
  const first = (problems: (string | null)[]) => problems.find((problem) => problem !== null) ?? null;
  return {
    name: draft.name.trim() === '' ? 'a name is missing' : null,
    order: whole(draft.order, 0, 1_000_000),
    within: null,
    filter: null,
    severity: null,
    channels: draft.channels.length === 0 ? 'choose at least one channel' : null,
    schedule: first(
      draft.schedule.flatMap(({ at, lasts, zone }) => [
        /^\d{2}:\d{2}$/.test(at) ? null : 'write when it begins as 18:00',
        span(lasts) && `for how long: ${span(lasts)}`,
        zone.trim() === '' ? 'name a time zone, such as Europe/Zurich' : null,
      ]),
    ),
    groupBy: null,
    groupWait: draft.groupWait === '' || draft.groupWait === '0s' ? null : span(draft.groupWait),
    repeat: draft.repeat === '' ? null : span(draft.repeat),
    perHour: whole(draft.perHour, 1, 1_000),
    escalation: first(
      draft.escalation.flatMap(({ after, channels }) => [
        span(after) && `after how long: ${span(after)}`,
        channels.length === 0 ? 'choose whom each step tells' : null,
      ]),
    ),
    goesOn: null,
    enabled: null,
  };
}

/** The draft as a file has it. */
export function routeText(draft: RouteDraft): string {
  const lines = ['[[route]]', `name = ${quoted(draft.name.trim())}`, `order = ${draft.order ?? 100}`];
  const add = (name: string, value: string, present: boolean) => present && lines.push(`${name} = ${value}`);
  add('within', quoted(draft.within.trim()), draft.within.trim() !== '');
  add('filter', quoted(draft.filter.trim()), draft.filter.trim() !== '');
  add('severity', quoted(draft.severity), draft.severity !== '');
  const times = draft.schedule.map(({ days, at, lasts, zone }) => {
    const on = days.length === 0 ? '"daily"' : `{ weekly = ${list(days)} }`;
    return `{ on = ${on}, at = ${quoted(at)}, lasts = ${quoted(lasts)}, zone = ${quoted(zone.trim())} }`;
  });
  add('schedule', `[${times.join(', ')}]`, times.length > 0);
  lines.push(`channels = ${list(draft.channels)}`);
  const wait = draft.groupWait === '' ? '0s' : draft.groupWait;
  const grouped = draft.groupBy !== 'none' || wait !== '0s';
  add('group', `{ by = ${quoted(draft.groupBy)}, wait = ${quoted(wait)} }`, grouped);
  add('repeat', quoted(draft.repeat), draft.repeat !== '');
  lines.push(`per_hour = ${draft.perHour ?? 60}`);
  const steps = draft.escalation.map(
    ({ after, channels }) => `{ after = ${quoted(after)}, channels = ${list(channels)} }`,
  );
  add('escalation', `[${steps.join(', ')}]`, steps.length > 0);
  add('continue', 'true', draft.goesOn);
  add('enabled', 'false', !draft.enabled);
  return `${lines.join('\n')}\n`;
}

/** A string of TOML: what JSON escapes, TOML reads as well, but for the delete character. */
function quoted(text: string): string {
  return JSON.stringify(text.toWellFormed()).replaceAll('\u007f', '\\u007f');
}

function list(texts: readonly string[]): string {
  return `[${texts.map(quoted).join(', ')}]`;
}

/** When a route takes problems, in words. */
export function scheduleWords(row: Pick<RouteRow, 'schedule'>): string {
  if (row.schedule.length === 0) return 'always';
  return row.schedule
    .map(({ weekdays, at, lasts, zone }) => {
      const days = !weekdays ? 'some days' : weekdays.length === 0 ? 'daily' : weekdays.map(short).join(', ');
      return `${days} from ${at} for ${lasts} (${zone})`;
    })
    .join('; ');
}

function short(day: string): string {
  return day.charAt(0).toUpperCase() + day.slice(1, 3);
}

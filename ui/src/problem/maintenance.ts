// When a maintenance is in force: in words, and as a form asks for it.

import type { MaintenancePeriod, MaintenanceWindow } from '../api/schema.ts';
import { seconds, SPAN_HINT } from './lasting.ts';

type Words = (iso: string) => string;

export const WEEKDAYS = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const;

/** What a form asks for; texts as they were typed. */
export interface Draft {
  kind: 'once' | 'recurring' | 'flexible';
  /** A time; now when empty. */
  begins: string;
  /** Of `flexible`: until when a problem begins it. */
  ends: string;
  lasts: string;
  /** Of `recurring`. */
  on: 'daily' | 'weekly' | 'monthly';
  weekdays: string[];
  /** Days of the month, as `1, 15, -1`. */
  days: string;
  at: string;
  zone: string;
  /** A time; for ever when empty. */
  until: string;
}

export type DraftProblems = Partial<Record<keyof Draft, string>>;

/** The window of a draft; null while something in it is wrong, and then what. */
export function windowOf(
  draft: Draft,
  now: number,
): { window: MaintenanceWindow | null; wrong: DraftProblems } {
  const wrong: DraftProblems = {};
  const moment = (field: 'begins' | 'ends' | 'until', missing: number | null): number => {
    const text = draft[field].trim();
    const at = text === '' ? missing : Date.parse(text);
    if (at === null || !Number.isFinite(at)) {
      wrong[field] = 'write a time like 2026-11-29T22:00';
      return now;
    }
    return at;
  };
  const iso = (at: number): string => new Date(at).toISOString();
  const lasts = draft.lasts.trim();
  const length = seconds(lasts);
  if (length === null) {
    wrong.lasts = `write ${SPAN_HINT}`;
  }
  let window: MaintenanceWindow;
  switch (draft.kind) {
    case 'once': {
      const begins = moment('begins', now);
      window = { once: { starts_at: iso(begins), ends_at: iso(begins + (length ?? 0) * 1_000) } };
      break;
    }
    case 'flexible': {
      const [begins, ends] = [moment('begins', now), moment('ends', null)];
      if (wrong.ends === undefined && ends <= begins) {
        wrong.ends = 'ends before it begins';
      }
      window = { flexible: { starts_at: iso(begins), ends_at: iso(ends), lasts } };
      break;
    }
    case 'recurring': {
      const until = draft.until.trim() === '' ? null : iso(moment('until', null));
      if (!/^(?:[01]\d|2[0-3]):[0-5]\d$/.test(draft.at.trim())) {
        wrong.at = 'write a time of day like 02:30';
      }
      if (draft.zone.trim() === '') {
        wrong.zone = 'name a time zone, as Europe/Zurich';
      }
      const [at, zone, on] = [draft.at.trim(), draft.zone.trim(), daysOf(draft, wrong)];
      // A union of a word and objects: the schema knows it as an object alone.
      window = {
        recurring: { on: on as Record<string, never>, at, zone, lasts, ...(until ? { until } : {}) },
      };
      break;
    }
  }
  return { window: Object.keys(wrong).length === 0 ? window : null, wrong };
}

function daysOf(draft: Draft, wrong: DraftProblems): unknown {
  switch (draft.on) {
    case 'daily':
      return 'daily';
    case 'weekly':
      if (draft.weekdays.length === 0) {
        wrong.weekdays = 'choose at least one day';
      }
      return { weekly: WEEKDAYS.filter((day) => draft.weekdays.includes(day)) };
    case 'monthly': {
      const days = draft.days.split(/[\s,]+/).filter((day) => day !== '');
      const isDay = (day: string): boolean => /^(?:-1|[1-9]|[12]\d|3[01])$/.test(day);
      if (days.length === 0 || !days.every(isDay)) {
        wrong.days = 'write days of the month like 1, 15, or -1 for the last';
      }
      return { monthly: [...new Set(days.map(Number))] };
    }
  }
}

/** Its window: once, when a problem begins it, or again and again. */
export function windowWords(window: MaintenanceWindow, words: Words): string {
  if ('once' in window) {
    return `${words(window.once.starts_at)} to ${words(window.once.ends_at)}`;
  }
  if ('flexible' in window) {
    const { starts_at: from, ends_at: to, lasts } = window.flexible;
    return `for ${lasts} from the first problem on, between ${words(from)} and ${words(to)}`;
  }
  const { on, at, zone, lasts, until } = window.recurring;
  const end = until ? `, until ${words(until)}` : '';
  return `${daysWords(on)} at ${at} ${zone} for ${lasts}${end}`;
}

/** Days as the API has them: a word, or one word with what it is about. */
function daysWords(on: unknown): string {
  if (typeof on === 'string') {
    return on;
  }
  const {
    weekly,
    monthly,
    'monthly-on': nth,
  } = on as {
    weekly?: string[];
    monthly?: number[];
    'monthly-on'?: { nth: number; day: string };
  };
  if (weekly) {
    return weekly.join(', ');
  }
  if (monthly) {
    const days = monthly.map((day) => (day === -1 ? 'the last day' : `day ${day}`));
    return `${days.join(', ')} of the month`;
  }
  if (nth) {
    return `the ${nth.nth === -1 ? 'last' : ordinal(nth.nth)} ${nth.day} of the month`;
  }
  return JSON.stringify(on);
}

function ordinal(number: number): string {
  return `${number}${['th', 'st', 'nd', 'rd'][number] ?? 'th'}`;
}

/** When it is next in force. */
export function nextOf(row: { periods: MaintenancePeriod[] }, now: number, words: Words): string {
  const next = row.periods.map(({ from }) => from).filter((from) => Date.parse(from) > now);
  const first = next.sort((one, other) => Date.parse(one) - Date.parse(other))[0];
  return first === undefined ? 'not in force' : `next ${words(first)}`;
}

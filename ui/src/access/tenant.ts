// A tenant while it is changed: what it is called, may use, and how long its samples are kept.
//
// The master replaces all of it at once: a draft has everything, so that what is not touched stays.

import type { TenantPart, TenantRequest, TenantRow } from '../api/schema.ts';
import { counted } from '../state/format.ts';

/** The master's bound of titles and reasons, in bytes. */
const TEXT_BYTES_MAX = 200;
/** Names that are told of a part; the command line tells as many. */
const NAMES_SHOWN = 5;

export type Bound = Exclude<keyof TenantRequest, 'title'>;

/** What a tenant may use, in the order of the form. */
export const QUOTAS: readonly { bound: Bound; label: string; hint: string }[] = [
  {
    bound: 'series',
    label: 'Series',
    hint: 'that its servers, and what programs send, have in the history at one time',
  },
  { bound: 'samples_per_s', label: 'Samples a second', hint: 'that its servers bring into the history' },
  { bound: 'requests_per_s', label: 'Requests a second', hint: 'of its users, tokens and access keys' },
];

/** How long what it has is kept, the finest first. */
export const KEPT: readonly { bound: Bound; label: string; what: string }[] = [
  { bound: 'raw_days', label: 'Samples', what: 'samples' },
  { bound: 'minute_days', label: 'Their minutes', what: 'minutes' },
  { bound: 'hour_days', label: 'Their hours', what: 'hours' },
];

/** An empty field is null: no bound of its own. */
export type TenantDraft = { title: string } & Record<Bound, number | null>;

export function toDraft(row: TenantRow): TenantDraft {
  return {
    title: row.title,
    series: row.series.quota ?? null,
    samples_per_s: row.samples.quota ?? null,
    requests_per_s: row.requests.quota ?? null,
    raw_days: row.raw_days ?? null,
    minute_days: row.minute_days ?? null,
    hour_days: row.hour_days ?? null,
  };
}

/** What is wrong with a bound; null when it is good. */
export function boundProblem(value: number | null): string | null {
  if (value === null || (Number.isSafeInteger(value) && value >= 1)) return null;
  return 'give a whole number from 1 on, or nothing for no bound';
}

/** What is wrong with a title or a reason; null when it is good. */
export function textProblem(text: string, missing: string): string | null {
  if (text.trim() === '') return missing;
  if (new TextEncoder().encode(text).length > TEXT_BYTES_MAX) return `write at most ${TEXT_BYTES_MAX} bytes`;
  return null;
}

/** How long what a tenant has is kept: `3 d of samples, 400 d of hours`; as for all when nothing is said. */
export function keptWords(row: TenantRow): string {
  const said = KEPT.flatMap(({ bound, what }) => {
    const days = toDraft(row)[bound];
    return days === null ? [] : [`${what} ${counted(days, 'day')}`];
  });
  return said.join(', ') || 'as for all';
}

/** What a draft keeps for less long than before: what is older is not shown any more once it is saved. */
export function shortened(row: TenantRow, draft: TenantDraft): string[] {
  const before = toDraft(row);
  return KEPT.flatMap(({ bound, what }) => {
    const [was, days] = [before[bound], draft[bound]];
    if (days === null || boundProblem(days) !== null || (was !== null && days >= was)) return [];
    return [`${what} older than ${counted(days, 'day')}`];
  });
}

/** Which things a part has: `web-1, web-2 and 3 more`. */
export function partNames({ names, count }: TenantPart): string {
  const more = count - Math.min(names.length, NAMES_SHOWN);
  const shown = names.slice(0, NAMES_SHOWN).join(', ');
  return shown !== '' && more > 0 ? `${shown} and ${more} more` : shown;
}

// A tenant while it is changed: what it is called, may use, and how long its samples are kept.
//
// The master replaces all of it at once: a draft has everything, so that what is not touched stays.

import type { TenantPart, TenantRequest, TenantRow } from '../api/schema.ts';
import { bytes, count, counted } from '../state/format.ts';

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

/** How many MiB of files it takes, the newest; the first bound that is reached counts. */
export const TAKES: readonly { bound: Bound; label: string; what: string; used: Used }[] = [
  { bound: 'raw_mib', label: 'MiB of samples', what: 'samples', used: 'raw_bytes' },
  { bound: 'minute_mib', label: 'MiB of minutes', what: 'minutes', used: 'minute_bytes' },
  { bound: 'hour_mib', label: 'MiB of hours', what: 'hours', used: 'hour_bytes' },
];

type Used = 'raw_bytes' | 'minute_bytes' | 'hour_bytes';

const MIB = 1_048_576;

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
    raw_mib: row.raw_mib ?? null,
    minute_mib: row.minute_mib ?? null,
    hour_mib: row.hour_mib ?? null,
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

/** How long what a tenant has is kept: `samples 3 days or 100 MiB, hours 400 days`; as for all when nothing is said. */
export function keptWords(row: TenantRow): string {
  const draft = toDraft(row);
  const said = KEPT.flatMap(({ bound, what }, place) => {
    const takes = TAKES[place];
    const [days, mib] = [draft[bound], takes ? draft[takes.bound] : null];
    const bounds = [
      ...(days === null ? [] : [counted(days, 'day')]),
      ...(mib === null ? [] : [`${count(mib)} MiB`]),
    ];
    return bounds.length === 0 ? [] : [`${what} ${bounds.join(' or ')}`];
  });
  return said.join(', ') || 'as for all';
}

/** What the history has of a tenant, all together; a dash while it is counted. */
export function historyWords(row: TenantRow): string {
  const parts = TAKES.map(({ used }) => row[used] ?? null);
  return bytes(parts.includes(null) ? null : parts.reduce<number>((sum, part) => sum + (part ?? 0), 0));
}

/** What a draft keeps for less long, or less of, than before: the rest is not shown any more once it is saved. */
export function shortened(row: TenantRow, draft: TenantDraft): string[] {
  const before = toDraft(row);
  const isLess = (bound: Bound): boolean => {
    const [was, now] = [before[bound], draft[bound]];
    return now !== null && boundProblem(now) === null && (was === null || now < was);
  };
  return [
    ...KEPT.flatMap(({ bound, what }) =>
      isLess(bound) ? [`${what} older than ${counted(draft[bound] ?? 0, 'day')}`] : [],
    ),
    ...TAKES.flatMap(({ bound, what, used }) => {
      const most = draft[bound] ?? 0;
      // What is not counted yet may be more.
      const mayBeMore = (row[used] ?? Number.POSITIVE_INFINITY) > most * MIB;
      return isLess(bound) && mayBeMore ? [`the oldest ${what}, beyond ${count(most)} MiB`] : [];
    }),
  ];
}

/** Which things a part has: `web-1, web-2 and 3 more`. */
export function partNames({ names, count }: TenantPart): string {
  const more = count - Math.min(names.length, NAMES_SHOWN);
  const shown = names.slice(0, NAMES_SHOWN).join(', ');
  return shown !== '' && more > 0 ? `${shown} and ${more} more` : shown;
}

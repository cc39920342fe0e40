// When a maintenance is in force, in words.

import type { MaintenanceRow } from '../api/schema.ts';

type Words = (iso: string) => string;

/** Its window: once, when a problem begins it, or again and again. */
export function windowWords(window: MaintenanceRow['window'], words: Words): string {
  if ('once' in window) {
    return `${words(window.once.starts_at)} to ${words(window.once.ends_at)}`;
  }
  if ('flexible' in window) {
    const { starts_at: from, ends_at: to, lasts } = window.flexible;
    return `for ${lasts} from the first problem on, between ${words(from)} and ${words(to)}`;
  }
  const { on, at, zone, lasts } = window.recurring;
  return `${daysWords(on)} at ${at} ${zone} for ${lasts}`;
}

/** Days as the API has them: a word, or one word with what it is about. */
function daysWords(on: unknown): string {
  if (typeof on === 'string') {
    return on;
  }
  return Object.values(on as Record<string, unknown>)
    .flatMap((days) => (Array.isArray(days) ? days.map(String) : [JSON.stringify(days)]))
    .join(', ');
}

/** When it is next in force. */
export function nextOf(row: MaintenanceRow, now: number, words: Words): string {
  const next = row.periods.map(({ from }) => from).filter((from) => Date.parse(from) > now);
  const first = next.sort((one, other) => Date.parse(one) - Date.parse(other))[0];
  return first === undefined ? 'not in force' : `next ${words(first)}`;
}

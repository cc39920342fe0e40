// What the object watch sends: the details of a server, application, service or task, told apart by their fields.

import type { ApplicationDetails, ServerDetails, ServiceDetails, TaskRow } from '../api/schema.ts';
import type { Latest } from '../chart/feed.svelte.ts';
import type { Values } from '../chart/series.ts';

export type Details = ServerDetails | ApplicationDetails | ServiceDetails | TaskRow;

export function isServer(details: Details): details is ServerDetails {
  return 'instance' in details;
}

export function isApplication(details: Details): details is ApplicationDetails {
  return 'services' in details;
}

export function isTask(details: Details): details is TaskRow {
  return 'schedule' in details;
}

export function isService(details: Details): details is ServiceDetails {
  return 'codes' in details;
}

/** The word for what a path addresses, before the object itself is here. */
export function kindWords(path: string): string {
  const words = ['tenant', 'cluster', 'server', 'application', 'service or task'];
  return words[Math.min(path.split('/').length, words.length) - 1] ?? 'object';
}

/** What a row says now for the figures of a chart, which have the names of its fields. */
export function latestOf(
  row: { stale: boolean; age_ms?: number | null },
  figures: readonly string[],
  receivedAt: number,
): Latest {
  const fields = new Map<string, unknown>(Object.entries(row));
  const values: Record<string, number | null> = {};
  for (const name of figures) {
    const value = fields.get(name);
    values[name] = typeof value === 'number' ? value : null;
  }
  return { values: values satisfies Values, stale: row.stale, heardAt: receivedAt - (row.age_ms ?? 0) };
}

// How availability is said: percentages that are never rounded up, budgets, and what a part of the time was.

import type { Availability, AvailabilityRow, AvailabilityTime, OutageRow } from '../api/schema.ts';
import { span, UNKNOWN } from '../state/format.ts';
import { csv } from '../table/csv.ts';

/** Periods to choose from, with what they are called. */
export const PERIODS: readonly { id: string; label: string }[] = [
  { id: 'today', label: 'Today' },
  { id: '7d', label: '7 days' },
  { id: '30d', label: '30 days' },
  { id: '90d', label: '90 days' },
];

/** The month of a moment and those before it, newest first, as `2026-11`. */
export function months(now: number, count = 12): string[] {
  const at = new Date(now);
  return Array.from({ length: count }, (_, back) =>
    new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() - back, 1)).toISOString().slice(0, 7),
  );
}

/** `99.95%`: cut, not rounded, for 99.999 is no 100. */
export function available(percent: number | null | undefined): string {
  if (percent === null || percent === undefined) return UNKNOWN;
  const places = percent >= 99 ? 3 : 2;
  const cut = Math.floor(percent * 10 ** places + 1e-6) / 10 ** places;
  return `${cut === 100 ? '100' : cut.toFixed(places)}%`;
}

/** `12m left of 43m`, or by how much it is overdrawn; null without an objective. */
export function budgetWords(time: AvailabilityTime): string | null {
  const { budget_ms: budget, budget_left_ms: left } = time;
  if (budget === null || budget === undefined || left === null || left === undefined) return null;
  const [of, amount] = [span(budget / 1_000), span(Math.abs(left) / 1_000)];
  return left < 0 ? `overdrawn by ${amount} of ${of}` : `${amount} left of ${of}`;
}

/** The part of the budget that is left, 0 to 1. */
export function budgetLeft(time: AvailabilityTime): number {
  const { budget_ms: budget, budget_left_ms: left } = time;
  if (!budget || left === null || left === undefined) return (left ?? 0) < 0 ? 0 : 1;
  return Math.min(1, Math.max(0, left / budget));
}

export type Standing = 'up' | 'short' | 'down' | 'unknown';

/** How a part of the time was: kept its objective, or not; without one, any outage is `short`. */
export function standing(time: AvailabilityTime, objective: number | null | undefined): Standing {
  if (time.percent === null || time.percent === undefined) return 'unknown';
  if (time.down_ms === 0) return 'up';
  return objective !== null && objective !== undefined && time.percent < objective ? 'down' : 'short';
}

/** What a part of the time was, in words. */
export function partWords(time: AvailabilityTime): string {
  const { percent, down_ms: down, unknown_ms: unknown, maintenance_ms: maintenance } = time;
  if (down + unknown + maintenance + time.up_ms === 0) return 'nothing was there';
  const isKnown = percent !== null && percent !== undefined;
  const said = [
    isKnown ? `${available(percent)} available` : '',
    down > 0 ? `${span(down / 1_000)} down` : '',
    unknown > 0 ? (isKnown ? `${span(unknown / 1_000)} not known` : 'not known') : '',
    maintenance > 0 ? `${span(maintenance / 1_000)} of maintenance` : '',
  ];
  return said.filter((words) => words !== '').join(', ');
}

/** What things of a kind are called. */
export function kindWords(kind: AvailabilityRow['kind'], count: number): string {
  const word = { service: 'service', application: 'application', server: 'server' }[kind];
  return count === 1 ? word : `${word}s`;
}

/** The rows as a file. */
export function rowsCsv(found: Availability): string {
  const fields = ['up_ms', 'down_ms', 'unknown_ms', 'maintenance_ms', 'budget_ms', 'budget_left_ms'] as const;
  return csv(
    [
      'from',
      'until',
      'kind',
      'cluster',
      'name',
      'now',
      'percent',
      'objective',
      ...fields,
      'outages',
      'instances',
    ],
    found.rows.map((row) => [
      found.from,
      found.until,
      row.kind,
      row.cluster,
      row.name,
      row.now,
      row.percent ?? null,
      row.objective ?? null,
      ...fields.map((field) => row[field] ?? null),
      row.outages,
      row.instances,
    ]),
  );
}

/** The outages as a file. */
export function outagesCsv(outages: readonly OutageRow[]): string {
  return csv(
    ['from', 'until', 'down_ms', 'kind', 'cluster', 'name', 'status', 'cause'],
    outages.map((row) => [
      row.from,
      row.until ?? null,
      row.down_ms,
      row.kind,
      row.cluster,
      row.name,
      row.status,
      row.cause,
    ]),
  );
}

// Targets in several clusters: each cluster has an action of its own, one after the other.

import { get } from '../api/client.ts';
import { joinOf } from '../api/join.ts';
import type { PageApplicationRow, PageClusterRow } from '../api/schema.ts';

/** As many as one list may have. */
const FOUND_MAX = 10_000;

/** Targets of the first cluster, and those of all others; the own cluster comes first. */
export function firstCluster(targets: readonly string[]): { first: string[]; rest: string[] } {
  const own = targets.some((path) => joinOf(path) === null);
  const join = own ? null : joinOf(targets[0] ?? '');
  return {
    first: targets.filter((path) => joinOf(path) === join),
    rest: targets.filter((path) => joinOf(path) !== join),
  };
}

/** The names of the clusters that targets are in, the own one as its path. */
export function clustersOf(targets: readonly string[]): string[] {
  return [...new Set(targets.map((path) => path.split('/').slice(0, 2).join('/')))];
}

/**
 * What a filter lets through in all clusters; null where only the own one is looked at, whose master finds them by
 * itself.
 */
export async function foundInAll(filter: string): Promise<string[] | null> {
  const clusters = await get<PageClusterRow>('/api/v1/clusters').catch(() => null);
  if (clusters === null || clusters.items.every((row) => row.is_own)) return null;
  const found = await get<PageApplicationRow>('/api/v1/applications', { filter, limit: FOUND_MAX });
  return found.items.map(({ path }) => path);
}

// The overview in words, and in the order in which somebody at night wants to read it.

import { counted } from '../../acting/words.ts';
import type { BusinessService, ClusterSummary, Counts, Health, StatusCount } from '../../api/schema.ts';
import { toneOf } from '../../parts/tone.ts';
import type { Tone } from '../../parts/tone.ts';
import { count } from '../../state/format.ts';
import { quote } from '../../table/filter.ts';

const ORDER: readonly Tone[] = ['failed', 'degraded', 'unknown', 'healthy', 'idle'];
/** What is worse comes first; as the master rolls up. */
const HEALTHS: readonly Health[] = ['failed', 'unknown', 'degraded', 'healthy'];

/** How many have each status, the worst first; nothing before anything is known. */
export function worstFirst(counts: Pick<Counts, 'statuses'> | undefined): StatusCount[] {
  return (counts?.statuses ?? []).toSorted(
    (one, other) => ORDER.indexOf(toneOf(one.status)) - ORDER.indexOf(toneOf(other.status)),
  );
}

/** The status that a business service is shown with: the worst of its instances, STALE when the worst is only late. */
export function statusOf(service: Pick<BusinessService, 'health' | 'statuses'>): string {
  const worst = worstFirst(service)[0]?.status ?? 'UNKNOWN';
  const late = service.health === 'degraded' && toneOf(worst) !== 'degraded';
  return late ? 'STALE' : worst;
}

/** How many instances are bad of how many, or how many there are. */
export function instanceWords({ bad, instances }: Pick<BusinessService, 'bad' | 'instances'>): string {
  return bad > 0 ? `${count(bad)} of ${count(instances)} bad` : counted(instances, 'instance');
}

/** The instances of a business service, as a filter of services. */
export function instanceFilter({ cluster, application, name }: BusinessService): string {
  return `${clusterFilter(cluster)} application=${quote(application)} service=${quote(name)}`;
}

/** What is in a cluster, as a filter. */
export function clusterFilter(path: string): string {
  const [tenant = '', cluster = ''] = path.split('/');
  return `tenant=${quote(tenant)} cluster=${quote(cluster)}`;
}

/** Clusters, the worst first, then by name. */
export function worstClusters(clusters: readonly ClusterSummary[]): ClusterSummary[] {
  return clusters.toSorted(
    (one, other) =>
      HEALTHS.indexOf(one.health) - HEALTHS.indexOf(other.health) || one.path.localeCompare(other.path),
  );
}

/** How much of a cluster is bad, or what is in it when all is well. */
export function clusterWords(cluster: ClusterSummary): string {
  const kinds = [
    [cluster.servers_bad, cluster.servers, 'server'],
    [cluster.applications_bad, cluster.applications, 'application'],
    [cluster.services_bad, cluster.services, 'service'],
    [cluster.tasks_bad, cluster.tasks, 'task'],
  ] as const;
  const bad = kinds.filter(([bad]) => bad > 0);
  if (bad.length > 0) {
    return `${bad.map(([bad, all, noun]) => `${bad} of ${counted(all, noun)}`).join(', ')} not healthy`;
  }
  return kinds
    .filter(([, all]) => all > 0)
    .map(([, all, noun]) => counted(all, noun))
    .join(', ');
}

import { describe, expect, it } from 'vitest';
import type { ClusterSummary } from '../../api/schema.ts';
import {
  clusterWords,
  instanceFilter,
  instanceWords,
  statusOf,
  worstClusters,
  worstFirst,
} from './summary.ts';

const statuses = [
  { status: 'STARTED', count: 40 },
  { status: 'STOPPED', count: 1 },
  { status: 'MALFUNCTION', count: 2 },
];

const cluster: ClusterSummary = {
  path: 'acme/main',
  name: 'main',
  health: 'healthy',
  servers: 1,
  servers_bad: 0,
  applications: 2,
  applications_bad: 0,
  services: 1_200,
  services_bad: 0,
  tasks: 0,
  tasks_bad: 0,
};

describe('worstFirst', () => {
  it('puts the worst first', () => {
    expect(worstFirst({ statuses }).map(({ status }) => status)).toEqual([
      'MALFUNCTION',
      'STARTED',
      'STOPPED',
    ]);
    expect(worstFirst(undefined)).toEqual([]);
  });
});

describe('business service', () => {
  it('has the worst status of its instances, and is STALE when it is only late', () => {
    expect(statusOf({ health: 'failed', statuses })).toBe('MALFUNCTION');
    const started = [{ status: 'STARTED', count: 2 }];
    expect(statusOf({ health: 'healthy', statuses: started })).toBe('STARTED');
    expect(statusOf({ health: 'degraded', statuses: started })).toBe('STALE');
  });

  it('says how many are bad of how many, or how many there are', () => {
    expect(instanceWords({ bad: 3, instances: 1_200 })).toBe('3 of 1,200 bad');
    expect(instanceWords({ bad: 0, instances: 1 })).toBe('1 instance');
  });

  it('is found among the services, whatever its name', () => {
    const service = { application: 'pay switch', name: 'A"B', cluster: 'acme/main', instances: 1, bad: 0 };
    expect(instanceFilter({ ...service, health: 'healthy', statuses: [], codes: [] })).toBe(
      'tenant=acme cluster=main application="pay switch" service="A\\"B"',
    );
  });
});

describe('clusters', () => {
  it('come the worst first, then by name', () => {
    const healths = { a: 'healthy', b: 'degraded', c: 'failed', d: 'unknown', e: 'failed' } as const;
    const clusters = Object.entries(healths).map(([path, health]) => ({ ...cluster, path, health }));
    expect(worstClusters(clusters.toReversed()).map(({ path }) => path)).toEqual(['c', 'e', 'd', 'b', 'a']);
  });

  it('say what is bad in them, or what they have', () => {
    expect(clusterWords(cluster)).toBe('1 server, 2 applications, 1,200 services');
    expect(clusterWords({ ...cluster, servers_bad: 1, services_bad: 30 })).toBe(
      '1 of 1 server, 30 of 1,200 services not healthy',
    );
  });
});

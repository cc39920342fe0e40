import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Counts, Overview as Fleet, Unhealthy } from '../api/schema.ts';
import { live } from '../live/connection.svelte.ts';
import type { LiveMessage, SubscribeTo } from '../live/connection.svelte.ts';
import Overview from './overview.svelte';

const counts = (total: number, failed: number): Counts => ({
  total,
  failed,
  healthy: total - failed,
  degraded: 0,
  unknown: 0,
  statuses: [],
});

const down = (path: string, onIt: number): Unhealthy => ({
  path,
  kind: 'server',
  status: 'DOWN',
  health: 'failed',
  cause: 'no data for 15.0 s',
  on_it: onIt,
  since: '2026-03-01T12:00:00Z',
});

// Without clusters, so that no chart is drawn: there is no canvas here.
const fleet: Fleet = {
  servers: counts(40, 1),
  applications: counts(40, 0),
  services: counts(80, 0),
  tasks: counts(0, 0),
  problems: [],
  clusters: [],
  business_services: [
    {
      application: 'switch',
      name: 'HSM',
      cluster: 'acme/main',
      health: 'failed',
      cause: '1 of 40 MALFUNCTION, 1 of 40 UNKNOWN',
      statuses: [
        { status: 'STARTED', count: 38 },
        { status: 'MALFUNCTION', count: 1 },
        { status: 'UNKNOWN', count: 1 },
      ],
      instances: 40,
      bad: 2,
      tps: 1_200.5,
      error_pct: 0.4,
      codes: ['HSM07'],
    },
  ],
  unhealthy: [down('acme/main/db', 30)],
  unhealthy_total: 1,
};

describe('overview', () => {
  const listeners: { to: SubscribeTo; on: (message: LiveMessage) => void }[] = [];
  let page: Record<string, unknown>;

  beforeEach(() => {
    listeners.length = 0;
    vi.spyOn(live, 'subscribe').mockImplementation((to, on) => {
      listeners.push({ to, on });
      return { change: () => undefined, close: () => undefined };
    });
    page = mount(Overview, { target: document.body });
  });

  afterEach(async () => {
    await unmount(page);
    vi.restoreAllMocks();
  });

  function tell(data: Fleet): string {
    listeners.find(({ to }) => to.watch === 'overview')?.on({ event: 'value', data });
    flushSync();
    return document.body.textContent.replace(/\s+/g, ' ');
  }

  it('lives on one topic; only joined clusters, the last actions and problems are others', () => {
    tell(fleet);
    expect(listeners.map(({ to }) => to.watch)).toEqual(['overview', 'clusters', 'actions', 'problems']);
  });

  it('has one line for a lost server and what is on it', () => {
    const text = tell(fleet);
    expect(text).toContain('Not healthy now 1');
    expect(text).toContain('db and 30 on it');
    expect(text).toContain('no data for 15.0 s');
  });

  it('says how a business service is, how much of it is bad and how much it does', () => {
    const text = tell(fleet);
    for (const words of ['HSM', 'MALFUNCTION', '2 of 40 bad', '1,200.5', '0.4%', 'HSM07']) {
      expect(text).toContain(words);
    }
  });

  it('counts the lines that it does not show', () => {
    const unhealthy = Array.from({ length: 50 }, (_, number) => down(`acme/main/db${number}`, 0));
    expect(tell({ ...fleet, unhealthy, unhealthy_total: 112 })).toContain('+100 more');
  });

  it('tells how to add the first server only when there is nothing to see', () => {
    const none = {
      ...fleet,
      servers: counts(0, 0),
      business_services: [],
      unhealthy: [],
      unhealthy_total: 0,
    };
    expect(tell(none)).not.toContain('No servers yet');
    const empty = { ...none, applications: counts(0, 0), services: counts(0, 0) };
    expect(tell(empty)).toContain('No servers yet');
    // What cannot be seen is not nothing.
    const text = tell({ ...empty, missing: ['east: it is not heard from'] });
    expect(text).not.toContain('No servers yet');
    expect(text).toContain('What is in east is not known: it is not heard from.');
  });

  it('says which clusters are missing, some of them by name', () => {
    const missing = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}: it is not heard from: refused`);
    const text = tell({ ...fleet, missing });
    expect(text).toContain('What is in c is not known: it is not heard from: refused.');
    expect(text).not.toContain('What is in d');
    expect(text).toContain('Nor what is in 2 other clusters.');
  });
});

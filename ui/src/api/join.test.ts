import { describe, expect, it } from 'vitest';
import { SeveralClusters, here, joinOf, listOf, sent } from './join.ts';

const ACTION = '01890a5d-ac96-774b-bcce-b302099a8057';

describe('join', () => {
  it('knows the cluster of a path and of an id', () => {
    for (const [text, join] of [
      ['default/main@east', 'east'],
      ['default/main@east/web-1/switch/MC@x', 'east'],
      ['default/ma@in@east/web-1', 'east'],
      ['default/main/web@east', null],
      ['default/main', null],
      ['12@east', 'east'],
      [`${ACTION}@east`, 'east'],
      ['12', null],
    ] as const) {
      expect(joinOf(text), text).toBe(join);
    }
  });

  it('sends what is about a joined cluster there, in its own words', () => {
    const path = 'default%2Fmain%40east%2Fweb-1';
    expect(sent('/api/v1/charts/default/main%40east/web-1/switch?figures=cpu')).toEqual({
      join: 'east',
      path: '/api/v1/clusters/east/charts/default/main/web-1/switch?figures=cpu',
      body: undefined,
    });
    expect(sent(`/api/v1/events?object=${path}&limit=5`).path).toBe(
      '/api/v1/clusters/east/events?object=default%2Fmain%2Fweb-1&limit=5',
    );
    expect(sent(`/api/v1/actions/${ACTION}@east`).path).toBe(`/api/v1/clusters/east/actions/${ACTION}`);
    expect(sent('/api/v1/problems/12@east').path).toBe('/api/v1/clusters/east/problems/12');
    expect(
      sent('/api/v1/actions', {
        targets: ['default/main@east/web-1/switch'],
        reason: 'admin/bob@corp asked for it',
      }),
    ).toEqual({
      join: 'east',
      path: '/api/v1/clusters/east/actions',
      body: { targets: ['default/main/web-1/switch'], reason: 'admin/bob@corp asked for it' },
    });
    expect(sent('/api/v1/problems/close', { problems: ['12@east', '13@east'] }).body).toEqual({
      problems: [12, 13],
    });
    expect(
      sent('/api/v1/actions', { filter: 'path=default/main@east/web-1,default/main@east/web-1/*' }).body,
    ).toEqual({ filter: 'path=default/main/web-1,default/main/web-1/*' });
  });

  it('sends a filter to the cluster that it names', () => {
    const ordered = (filter: string) => sent('/api/v1/actions', { filter });
    expect(ordered('cluster=*@east name=switch')).toEqual({
      join: 'east',
      path: '/api/v1/clusters/east/actions',
      body: { filter: 'cluster=* name=switch' },
    });
    expect(ordered('name=a cluster=main@east,prod@east').body).toEqual({
      filter: 'name=a cluster=main,prod',
    });
    for (const filter of ['cluster=main name=a@b', 'subcluster=main@east']) {
      expect(ordered(filter).join, filter).toBeNull();
    }
    expect(() => ordered('cluster=main@east,main')).toThrow('the own one, east');
    expect(() => ordered('cluster=*@east,*@west')).toThrow('east, west');
  });

  it('leaves what the master merges to the master', () => {
    for (const path of ['/api/v1/logs/tail?filter=cluster%3D*%40east', '/api/v1/servers?filter=a']) {
      expect(sent(path)).toEqual({ join: null, path, body: undefined });
    }
    const body = { filter: 'path=default/main@east/web-1/switch' };
    expect(sent('/api/v1/logs/search', body)).toEqual({ join: null, path: '/api/v1/logs/search', body });
  });

  it('asks a cluster for a list of what it has', () => {
    expect(sent(listOf('/api/v1/packages', 'east')).path).toBe('/api/v1/clusters/east/packages');
    expect(listOf('/api/v1/packages', null)).toBe('/api/v1/packages');
  });

  it('leaves alone what the own cluster is asked, and what the master merges', () => {
    for (const path of [
      '/api/v1/charts/default/main/web-1',
      '/api/v1/servers?filter=cluster%3Dmain%40east',
      '/api/v1/problems?filter=path%3Ddefault%2Fmain%40east',
      '/api/v1/users/bob%40corp',
    ]) {
      expect(sent(path), path).toEqual({ join: null, path, body: undefined });
    }
  });

  it('refuses what concerns several clusters', () => {
    const targets = ['default/main@east/web-1/a', 'default/main@west/web-1/a'];
    expect(() => sent('/api/v1/actions', { targets })).toThrow(SeveralClusters);
    expect(() => sent('/api/v1/actions', { targets: [targets[0], 'default/main/web-1/a'] })).toThrow(
      'the own one, east',
    );
  });

  it('marks where a line of a log is from, and leaves what it says', () => {
    const line = { application: 'default/main/web-1/switch', source: 'log', text: 'lost default/main/web-2' };
    expect(here({ event: 'line', data: line }, 'east')).toEqual({
      event: 'line',
      data: { ...line, application: 'default/main@east/web-1/switch' },
    });
    expect(here({ event: 'begun', data: { servers: ['default/main/web-1'] } }, 'east')).toEqual({
      event: 'begun',
      data: { servers: ['default/main@east/web-1'] },
    });
  });

  it('says an answer in the words of this console', () => {
    const answer = {
      id: ACTION,
      operation: 'restart',
      targets: [{ path: 'default/main/web-1/switch', message: 'default/main/web-1 said so' }],
    };
    expect(here(answer, 'east')).toEqual({
      id: `${ACTION}@east`,
      operation: 'restart',
      targets: [{ path: 'default/main@east/web-1/switch', message: 'default/main/web-1 said so' }],
    });
    expect(here([{ server: 'web-1', last_action: { id: ACTION, operation: 'stop' } }], 'east')).toEqual([
      { server: 'web-1', last_action: { id: `${ACTION}@east`, operation: 'stop' } },
    ]);
  });
});

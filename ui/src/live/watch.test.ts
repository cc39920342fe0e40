import { describe, expect, it } from 'vitest';
import type { Link, LiveMessage, SubscribeTo } from './connection.svelte.ts';
import { View } from './view.ts';
import type { Delta } from './view.ts';
import { WatchList, WatchObject } from './watch.svelte.ts';

interface Sample {
  path: string;
  tps: number;
  age_ms: number;
}

/** Random numbers that a seed repeats (mulberry32). */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function windowOf(random: (below: number) => number): Sample[] {
  const rows: Sample[] = [];
  for (let number = 0; number < 24; number += 1) {
    if (random(3) > 0) {
      rows.splice(random(rows.length + 1), 0, { path: `a/b/s${number}`, tps: random(3), age_ms: 0 });
    }
  }
  return rows;
}

/** The delta between two windows, made in the most naive way: all rows move that do not stay by luck. */
function deltaOf(
  before: Sample[],
  after: Sample[],
  revision: number,
  random: (below: number) => number,
): Delta<Sample> {
  const old = new Map(before.map((row) => [row.path, row]));
  const wanted = new Set(after.map((row) => row.path));
  let last = -1;
  const placed = after.flatMap(({ path }, index) => {
    const place = before.findIndex((row) => row.path === path);
    // A greedy ascending run stays; a row of it may be told to move all the same.
    if (place > last && random(4) > 0) {
      last = place;
      return [];
    }
    return [{ path, index }];
  });
  return {
    after: revision - 1,
    revision,
    total: after.length,
    changed: after.filter((row) => old.get(row.path)?.tps !== row.tps),
    removed: before.map((row) => row.path).filter((path) => !wanted.has(path)),
    placed,
  };
}

describe('View', () => {
  it('equals the list after any history of deltas', () => {
    // V-1
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = randomOf(seed);
      const view = new View<Sample>();
      let rows = windowOf(random);
      view.reset({ items: rows, total: rows.length, revision: 1 });
      for (let revision = 2; revision < 12; revision += 1) {
        const next = windowOf(random);
        const delta = deltaOf(rows, next, revision, random);
        expect(view.apply(delta), `seed ${seed}, revision ${revision}`).toBe(true);
        expect(view.rows, `seed ${seed}, revision ${revision}`).toEqual(next);
        expect([view.total, view.revision]).toEqual([next.length, revision]);
        rows = next;
      }
    }
  });

  it('refuses any delta that does not fit, and is then as before', () => {
    for (let seed = 1; seed <= 500; seed += 1) {
      const random = randomOf(seed);
      const rows = windowOf(random);
      const view = new View<Sample>();
      view.reset({ items: rows, total: rows.length, revision: 1 });
      const paths = Array.from({ length: random(6) }, () => `a/b/s${random(26)}`);
      const delta: Delta<Sample> = {
        after: random(8) === 0 ? 2 : 1,
        revision: 3,
        total: 0,
        changed: windowOf(random).slice(0, random(3)),
        removed: paths.slice(0, random(3)),
        placed: paths.map((path) => ({ path, index: random(30) })),
      };
      if (view.apply(delta)) {
        expect(delta.after).toBe(1);
        expect(new Set(view.rows.map((row) => row.path)).size, `seed ${seed}`).toBe(view.rows.length);
        expect(view.rows, `seed ${seed}`).not.toContain(undefined);
      } else {
        expect(view.rows, `seed ${seed}`).toEqual(rows);
        expect(view.revision).toBe(1);
      }
    }
  });

  it('takes the first of two rows with one path', () => {
    const view = new View<Sample>();
    const row = { path: 'a/b/c', tps: 1, age_ms: 0 };
    view.reset({ items: [row, { ...row, tps: 2 }], total: 1, revision: 1 });
    expect(view.rows).toEqual([row]);
  });
});

/** A connection whose master is the test. */
class Master implements Pick<Link, 'subscribe' | 'clock'> {
  asked: SubscribeTo[] = [];
  closed = false;
  time = 1_000;
  #on: (message: LiveMessage) => void = () => undefined;

  subscribe(
    to: SubscribeTo,
    on: (message: LiveMessage) => void,
  ): { change(to: SubscribeTo): void; close(): void } {
    this.asked.push(to);
    this.#on = on;
    return { change: (next) => this.asked.push(next), close: () => (this.closed = true) };
  }

  clock(): number {
    return this.time;
  }

  say(event: LiveMessage['event'], data: unknown): void {
    this.#on({ event, data });
  }
}

const everything = { filter: '', sort: '', limit: 10, offset: 0 };
const sample = (name: string, tps = 0, age_ms = 0): Sample => ({ path: `a/b/${name}`, tps, age_ms });

describe('WatchList', () => {
  it('asks once for the same query and again for another', () => {
    const master = new Master();
    const list = new WatchList<Sample>('servers', master);
    list.query(everything);
    list.query({ ...everything });
    list.query({ ...everything, filter: 'x', sort: '-tps', facets: 'os' });
    expect(master.asked).toEqual([
      { watch: 'servers', limit: 10, offset: 0 },
      { watch: 'servers', filter: 'x', sort: '-tps', limit: 10, offset: 0, facets: 'os' },
    ]);
  });

  it('shows the rows that it has, at their place, until those of the new window are here', () => {
    // W-1
    const master = new Master();
    const list = new WatchList<Sample>('servers', master);
    list.query(everything);
    master.say('snapshot', { items: [sample('x')], total: 90, revision: 1 });
    list.query({ ...everything, offset: 40 });
    expect([list.rows, list.offset, list.loading]).toEqual([[sample('x')], 0, true]);
    master.say('snapshot', { items: [sample('y')], total: 90, revision: 1 });
    expect([list.rows, list.offset, list.loading]).toEqual([[sample('y')], 40, false]);
  });

  it('says which clusters are missing, for as long as they are', () => {
    const master = new Master();
    const list = new WatchList<Sample>('servers', master);
    list.query(everything);
    const missing = ['east: it is not heard from'];
    master.say('snapshot', { items: [sample('x')], total: 1, revision: 1, missing });
    expect(list.missing).toEqual(missing);
    const delta = { total: 1, changed: [], removed: [], placed: [] };
    master.say('delta', { ...delta, after: 1, revision: 2 });
    expect(list.missing).toEqual(missing);
    master.say('delta', { ...delta, after: 2, revision: 3, missing: [] });
    expect(list.missing).toEqual([]);
    master.say('delta', { ...delta, after: 3, revision: 4, missing });
    master.say('snapshot', { items: [sample('x')], total: 1, revision: 5 });
    expect(list.missing).toEqual([]);
  });

  it('asks anew when a delta is out of step', () => {
    const master = new Master();
    const list = new WatchList<Sample>('servers', master);
    list.query(everything);
    master.say('snapshot', { items: [sample('x')], total: 1, revision: 5 });
    master.say('delta', { after: 6, revision: 7, total: 1, changed: [], removed: [], placed: [] });
    expect(master.asked).toHaveLength(2);
    expect([list.loading, list.revision]).toEqual([true, 5]);
  });

  it('tells which rows changed, and when each was received', () => {
    const master = new Master();
    const list = new WatchList<Sample>('servers', master);
    list.query(everything);
    master.say('snapshot', { items: [sample('x'), sample('y')], total: 2, revision: 1 });
    expect(list.changed.size).toBe(0);
    master.time = 2_000;
    master.say('delta', {
      after: 1,
      revision: 2,
      total: 2,
      changed: [sample('y', 1)],
      removed: [],
      placed: [],
    });
    expect([...list.changed]).toEqual([['a/b/y', 2_000]]);
    expect([list.receivedOf('a/b/x'), list.receivedOf('a/b/y')]).toEqual([1_000, 2_000]);
    // A new snapshot of what is shown already flashes only what is different, and an age is not.
    master.time = 3_000;
    master.say('snapshot', {
      items: [sample('x', 0, 9), sample('y', 2), sample('z')],
      total: 3,
      revision: 9,
    });
    expect([...list.changed]).toEqual([['a/b/y', 3_000]]);
  });

  it('shows no rows for a refused query, and tries it again when asked', () => {
    // W-2
    const master = new Master();
    const list = new WatchList<Sample>('servers', master);
    list.query(everything);
    master.say('snapshot', { items: [sample('x')], total: 1, revision: 1 });
    list.query({ ...everything, filter: 'cpuu>3' });
    const problem = {
      type: 'about:blank',
      title: 'Invalid filter',
      status: 400,
      detail: 'no',
      code: 'invalid_filter',
    };
    master.say('refused', problem);
    expect([list.rows, list.total, list.problem, list.loading]).toEqual([[], 0, problem, false]);
    list.query({ ...everything, filter: 'cpuu>3' });
    expect(master.asked).toHaveLength(3);
  });
});

describe('WatchObject', () => {
  it('holds the latest value, and none once the object is gone', () => {
    const master = new Master();
    const watched = new WatchObject<Sample>('a/b/x', master);
    expect([master.asked, watched.value]).toEqual([[{ watch: 'object', path: 'a/b/x' }], null]);
    master.say('value', sample('x', 3));
    expect([watched.value, watched.receivedAt]).toEqual([sample('x', 3), 1_000]);
    master.say('refused', 'nonsense');
    expect(watched.value).toBeNull();
    expect(watched.problem?.detail).toBe('the master ended this without saying why');
    watched.close();
    expect(master.closed).toBe(true);
  });
});

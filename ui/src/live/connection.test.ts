import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Link } from './connection.svelte.ts';
import type { LiveMessage } from './connection.svelte.ts';

/** A socket whose master is the test. */
class Socket extends EventTarget {
  sent: unknown[] = [];
  closed = false;

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.closed = true;
    this.dispatchEvent(new Event('close'));
  }

  say(message: unknown): void {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(message) }));
  }

  hello(): void {
    const time = new Date(Date.now() - SKEW).toISOString();
    this.say({ event: 'hello', data: { version: '1', cluster: 'default/main', time, heartbeat_ms: 1_000 } });
  }

  beat(): void {
    this.say({ event: 'heartbeat', data: { time: new Date(Date.now() - SKEW).toISOString() } });
  }
}

/** The viewer's clock is ten minutes ahead. */
const SKEW = 600_000;

let sockets: Socket[];
let checks: number;
let check: Promise<void>;
let link: Link;

const present = (): Socket => {
  const socket = sockets.at(-1);
  if (!socket) {
    throw new Error('no socket was opened');
  }
  return socket;
};

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  checks = 0;
  check = Promise.resolve();
  link = new Link({
    open: () => {
      const socket = new Socket();
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
    checkSession: () => {
      checks += 1;
      return check;
    },
    clock: () => performance.now(),
    random: () => 0.5,
  });
});

afterEach(() => {
  link.stop();
  vi.useRealTimers();
});

describe('Link', () => {
  it('subscribes after the hello, and hears what is meant for the subscription', () => {
    const heard: LiveMessage[] = [];
    link.subscribe({ watch: 'servers' }, (message) => heard.push(message));
    link.start();
    expect([link.state, present().sent]).toEqual(['connecting', []]);
    present().hello();
    expect(link.state).toBe('live');
    expect(present().sent).toEqual([{ subscribe: { id: 1, to: { watch: 'servers' } } }]);
    present().say({ id: 1, event: 'snapshot', data: 7 });
    present().say({ id: 2, event: 'snapshot', data: 8 });
    expect(heard).toEqual([{ event: 'snapshot', data: 7 }]);
  });

  it('asks anew for what has a past when another moment is looked at, and its clock stands still', () => {
    const heard: unknown[] = [];
    link.subscribe({ watch: 'servers' }, (message) => heard.push(message.data));
    link.subscribe({ watch: 'events' }, () => undefined);
    link.subscribe({ watch: 'clusters' }, () => undefined);
    link.start();
    present().hello();
    const at = Date.parse('2026-03-01T12:00:00Z');
    link.lookAt(at);
    link.lookAt(at);
    expect(present().sent.slice(3)).toEqual([
      { unsubscribe: { id: 1 } },
      { subscribe: { id: 4, to: { watch: 'servers', at: '2026-03-01T12:00:00.000Z' } } },
    ]);
    present().say({ id: 1, event: 'snapshot', data: 'now' });
    present().say({ id: 4, event: 'snapshot', data: 'then' });
    expect([link.now, link.clock(), link.at]).toEqual([at, at, at]);
    link.lookAt(null);
    expect(present().sent.slice(5)).toEqual([
      { unsubscribe: { id: 4 } },
      { subscribe: { id: 5, to: { watch: 'servers' } } },
    ]);
    expect(link.clock()).toBe(link.present);
    expect(heard).toEqual(['then']);
  });

  it('tells of each object how it is heard: a joined cluster can be lost alone', async () => {
    const console = new Socket();
    const east = new Socket();
    const open = (socket: Socket) => () => socket as unknown as WebSocket;
    link = new Link({
      open: open(console),
      checkSession: () => check,
      clock: () => performance.now(),
      random: () => 0.5,
      elsewhere: (to) => ({ join: 'east', to, open: open(east), here: (data) => data }),
    });
    const states = (): string[] => ['a/b@east/web', 'a/b/web', '12@east'].map((of) => link.stateOf(of));
    link.subscribe({ watch: 'object', path: 'a/b@east/web' }, () => undefined);
    link.start();
    console.hello();
    east.hello();
    expect(states()).toEqual(['live', 'live', 'live']);
    for (let second = 0; second < 5; second++) {
      await pass(1_000);
      console.beat();
    }
    expect(states()).toEqual(['lost', 'live', 'lost']);
    link.pause();
    expect(states()).toEqual(['paused', 'paused', 'paused']);
  });

  it('is not disturbed by messages that are none', () => {
    link.start();
    present().hello();
    for (const nonsense of [null, 7, [], {}, { event: 3 }, { id: 1, event: 'weather', data: 1 }]) {
      present().say(nonsense);
    }
    present().dispatchEvent(new MessageEvent('message', { data: '{' }));
    expect(link.state).toBe('live');
  });

  it('never gives a changed subscription what the one before would have got', () => {
    // C-1
    const heard: unknown[] = [];
    const handle = link.subscribe({ watch: 'servers' }, (message) => heard.push(message.data));
    link.start();
    present().hello();
    handle.change({ watch: 'servers', filter: 'x' });
    present().say({ id: 1, event: 'snapshot', data: 'late' });
    present().say({ id: 2, event: 'snapshot', data: 'new' });
    handle.close();
    present().say({ id: 2, event: 'delta', data: 'too late' });
    expect(heard).toEqual(['new']);
    expect(present().sent.slice(1)).toEqual([
      { unsubscribe: { id: 1 } },
      { subscribe: { id: 2, to: { watch: 'servers', filter: 'x' } } },
      { unsubscribe: { id: 2 } },
    ]);
    handle.change({ watch: 'tasks' });
    expect(present().sent).toHaveLength(4);
  });

  it('is lost after three silent heartbeats, and says since when on the clock of the master', async () => {
    link.start();
    present().hello();
    const heard = Date.now() - SKEW;
    await pass(2_000);
    present().beat();
    await pass(2_900);
    expect(link.state).toBe('live');
    await pass(2_000);
    expect(link.state).toBe('lost');
    expect(link.lostSince).toBe(heard + 2_000);
    expect(link.now - heard).toBeGreaterThanOrEqual(4_000);
  });

  it('connects again by itself and goes on after the last event', async () => {
    // C-2
    const seqs: number[] = [];
    link.subscribe({ watch: 'events', after: 4, object: 'a/b' }, (message) => {
      seqs.push((message.data as { seq: number }).seq);
    });
    link.start();
    present().hello();
    present().say({ id: 1, event: 'event', data: { seq: 5 } });
    present().say({ id: 1, event: 'event', data: { seq: 9 } });
    const old = present();
    old.close();
    expect([link.state, checks]).toEqual(['lost', 1]);
    await pass(10_000);
    expect(sockets.length).toBeGreaterThan(1);
    old.say({ id: 1, event: 'event', data: { seq: 10 } });
    present().hello();
    expect([link.state, link.lostSince]).toEqual(['live', null]);
    expect(present().sent).toEqual([
      { subscribe: { id: 1, to: { watch: 'events', after: 9, object: 'a/b' } } },
    ]);
    expect(seqs).toEqual([5, 9]);
  });

  it('waits longer after each try that failed, and tries at once when told to hurry', async () => {
    link.start();
    const waits: number[] = [];
    for (let tries = 0; tries < 6; tries += 1) {
      const began = performance.now();
      const opened = sockets.length;
      present().close();
      while (sockets.length === opened) {
        await pass(50);
      }
      waits.push(performance.now() - began);
    }
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 4_000]);
    present().close();
    await pass(0);
    const opened = sockets.length;
    link.hurry();
    expect(sockets.length).toBe(opened + 1);
  });

  it('does not try again before somebody has logged in', async () => {
    let loggedIn: () => void = () => undefined;
    check = new Promise((resolve) => (loggedIn = resolve));
    link.start();
    present().hello();
    present().say({ event: 'refused', data: { status: 401 } });
    expect([link.state, present().closed]).toEqual(['lost', true]);
    await pass(60_000);
    expect(sockets).toHaveLength(1);
    loggedIn();
    await pass(1_000);
    expect(sockets).toHaveLength(2);
  });

  it('gives up on a socket that never says hello', async () => {
    link.start();
    const first = present();
    await pass(5_000);
    expect(first.closed).toBe(true);
    expect(link.state).toBe('lost');
    expect(sockets.length).toBeGreaterThan(1);
  });

  it('stands still while paused, but shows what is opened meanwhile once', () => {
    const heard: unknown[] = [];
    const listen = (message: LiveMessage): number => heard.push(message.data);
    link.subscribe({ watch: 'servers' }, listen);
    link.subscribe({ watch: 'action', action: 'x' }, listen);
    link.start();
    present().hello();
    present().say({ id: 1, event: 'snapshot', data: 'first' });
    present().say({ id: 2, event: 'snapshot', data: 'action' });
    link.pause();
    expect(link.state).toBe('paused');
    expect(present().sent.at(-1)).toEqual({ unsubscribe: { id: 1 } });
    present().say({ id: 1, event: 'delta', data: 'under way' });
    present().say({ id: 2, event: 'progress', data: 'goes on' });
    link.subscribe({ watch: 'tasks' }, listen);
    present().say({ id: 3, event: 'snapshot', data: 'once' });
    expect(present().sent.at(-1)).toEqual({ unsubscribe: { id: 3 } });
    expect(heard).toEqual(['first', 'action', 'goes on', 'once']);
    link.resume();
    expect(link.state).toBe('live');
    expect(present().sent.slice(-2)).toEqual([
      { subscribe: { id: 1, to: { watch: 'servers' } } },
      { subscribe: { id: 3, to: { watch: 'tasks' } } },
    ]);
  });

  it('is lost, not paused, when the connection breaks in a pause', async () => {
    link.subscribe({ watch: 'servers' }, () => undefined);
    link.start();
    present().hello();
    present().say({ id: 1, event: 'snapshot', data: 1 });
    link.pause();
    present().close();
    expect(link.state).toBe('lost');
    await pass(1_000);
    present().hello();
    expect([link.state, present().sent]).toEqual(['paused', []]);
  });

  it('comes again with a subscription that was refused only when it changes or the connection does', () => {
    const heard: string[] = [];
    const handle = link.subscribe({ watch: 'servers', filter: '(' }, (message) => heard.push(message.event));
    link.start();
    present().hello();
    present().say({ id: 1, event: 'refused', data: null });
    link.resume();
    expect(present().sent).toHaveLength(1);
    handle.change({ watch: 'servers' });
    expect(present().sent.at(-1)).toEqual({ subscribe: { id: 2, to: { watch: 'servers' } } });
    expect(heard).toEqual(['refused']);
  });

  it('keeps the time of the master whatever the clock of the viewer does', async () => {
    // C-3
    link.start();
    present().hello();
    expect(link.skewMs).toBe(SKEW);
    const before = link.clock();
    vi.setSystemTime(Date.now() + 3_600_000);
    await pass(1_000);
    expect(link.clock() - before).toBe(1_000);
    expect(link.now - before).toBe(1_000);
  });
});

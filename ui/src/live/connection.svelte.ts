// The live connection: one WebSocket for everything that this tab looks at.
//
// What is subscribed stays subscribed: after a break the connection is made again by itself, lists
// come anew and events go on after the last one seen. While the state is not `live` nothing shown
// is known to be true, and nothing may look healthy.
//
// Invariants
// - C-1: once a handle was changed or closed, no message of what it was before reaches its listener.
// - C-2: events are neither lost nor repeated across breaks and pauses.
// - C-3: `now` is the master's clock; the viewer's own may be wrong and may jump.
//
// Elsewhere: what the messages mean (watch.svelte.ts); the protocol (`live` in the HTTP contract).

import { untrack } from 'svelte';
import { get, isProblem, localProblem } from '../api/client.ts';
import type { Problem } from '../api/client.ts';
import { here, joinOf, there } from '../api/join.ts';

/**
 * connecting: nothing was ever heard; live: what is shown is true; lost: nothing was heard for three
 * heartbeats; paused: the viewer wants the page to stand still.
 */
export type LinkState = 'connecting' | 'live' | 'lost' | 'paused';

/** A list: its rows, and then what changes of them. */
export interface ListTopic {
  watch: 'servers' | 'applications' | 'services' | 'tasks' | 'problems';
  filter?: string;
  sort?: string;
  limit?: number;
  offset?: number;
  facets?: string;
}

/** What a subscription looks at. */
export type SubscribeTo =
  | ListTopic
  | { watch: 'object'; path: string }
  | { watch: 'events'; after?: number; object?: string; filter?: string; kind?: string; action?: string }
  | { watch: 'actions'; filter?: string; object?: string; status?: string; limit?: number; offset?: number }
  | { watch: 'action'; action: string }
  | { watch: 'overview' }
  | { watch: 'clusters' };

/** One message about a subscription; what `data` is follows from the event and the subscription. */
export interface LiveMessage {
  event: 'snapshot' | 'delta' | 'value' | 'event' | 'progress' | 'refused';
  data: unknown;
}

/** One subscription. */
export interface LiveHandle {
  /** Looks at something else from now on. */
  change(to: SubscribeTo): void;
  close(): void;
}

/** What the master says first. */
export interface Hello {
  version: string;
  /** `tenant/cluster` */
  cluster: string;
  time: string;
  heartbeat_ms: number;
  /** Name of the time zone that the master runs in, e.g. `Europe/Berlin`. */
  zone?: string;
}

/** What the connection needs of the world, so that tests can stand in for it. */
export interface LinkOptions {
  open(): WebSocket;
  /** Asked after each try that failed; waits for the login when the session is what is missing. */
  checkSession(): Promise<void>;
  /** Milliseconds of a clock that never jumps. */
  clock(): number;
  random(): number;
  /** Where a subscription is answered that this master does not answer; none for a joined cluster's own link. */
  elsewhere?(to: SubscribeTo): Elsewhere | null;
}

/** A joined cluster by which a subscription is answered, and in whose words. */
export interface Elsewhere {
  join: string;
  to: SubscribeTo;
  open(): WebSocket;
  here(data: unknown): unknown;
}

/** Silence, in heartbeats, after which the connection counts as lost. */
const SILENT_BEATS = 3;
/** Waits before the next try, in milliseconds; the last one repeats. Each is spread by half, so that a
 *  restarted master is not asked by all tabs in the same instant. */
const BACK_OFF_MS = [250, 500, 1_000, 2_000, 4_000] as const;
/** How often silence is looked for, in milliseconds, and `now` moves: ages are shown in whole seconds. */
const TICK_MS = 1_000;
/** Until the master says otherwise. */
const HEARTBEAT_MS = 1_000;
/** Clock differences to choose the smallest of: what is above it is the network's delay. */
const SKEWS = 10;

interface Subscription {
  id: number;
  to: SubscribeTo;
  on: (message: LiveMessage) => void;
  /** True when the master has been asked for it on the present socket. */
  sent: boolean;
  /** True when the master ended it; it comes again with the next connection or change. */
  refused: boolean;
  /** True when something came of it; until then it is asked for even while paused. */
  answered: boolean;
}

/**
 * True for what the master can show as of a moment: events and actions are the past already, and how clusters are
 * heard is of now.
 */
function hasPast({ watch }: SubscribeTo): boolean {
  return !['events', 'actions', 'action', 'clusters'].includes(watch);
}

export class Link {
  #state = $state.raw<LinkState>('connecting');
  #lostSince = $state.raw<number | null>(null);
  #skewMs = $state.raw(0);
  #hello = $state.raw<Hello | null>(null);
  #now = $state.raw(Date.now());
  #paused = $state.raw(false);
  #at = $state.raw<number | null>(null);

  #wanted = false;
  readonly #options: LinkOptions;
  readonly #subscriptions = new Map<number, Subscription>();
  #socket: WebSocket | null = null;
  #open = false;
  #nextId = 1;
  #tries = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #tick: ReturnType<typeof setInterval> | undefined;
  /** The master's time when it last spoke, and when that was on our steady clock. */
  #heard: { time: number; at: number } | null = null;
  #tried = 0;
  #skews: number[] = [];
  /** Of joined clusters that something was looked at of. */
  readonly #joined = new Map<string, Link>();

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  get state(): LinkState {
    return this.#state;
  }

  /**
   * How what is told of an object or action is heard, by its path or id: that of a joined cluster comes over a
   * connection of its own, which can be lost while this one lives.
   */
  stateOf(pathOrId: string): LinkState {
    const join = joinOf(pathOrId);
    const joined = join === null ? undefined : this.#joined.get(join);
    return this.state === 'live' ? (joined?.state ?? 'live') : this.state;
  }

  /** The master's time when it was last heard, in Unix milliseconds; null while nothing is lost. */
  get lostSince(): number | null {
    return this.#lostSince;
  }

  /** How far the viewer's clock is ahead of the master's, in milliseconds. */
  get skewMs(): number {
    return this.#skewMs;
  }

  get hello(): Hello | null {
    return this.#hello;
  }

  /** The master's clock, in Unix milliseconds; moves once a second. In the past it stands still. */
  get now(): number {
    return this.#at ?? this.#now;
  }

  /** The master's clock also while the past is looked at. */
  get present(): number {
    return this.#now;
  }

  /** The moment that is looked at, in Unix milliseconds; null for the present. */
  get at(): number | null {
    return this.#at;
  }

  /** True when the viewer paused, even while the connection is lost as well. */
  get paused(): boolean {
    return this.#paused;
  }

  /** The master's clock this instant, in Unix milliseconds. Not reactive. In the past it stands still. */
  clock(): number {
    const at = untrack(() => this.#at);
    return at ?? this.#clock();
  }

  #clock(): number {
    return this.#heard ? this.#heard.time + this.#options.clock() - this.#heard.at : Date.now();
  }

  /** True while something that was asked for has not come. Not reactive. */
  get awaits(): boolean {
    return [...this.#subscriptions.values()].some(({ answered, refused }) => !answered && !refused);
  }

  /** Connects, and stays connected until `stop`. */
  start(): void {
    if (this.#wanted) {
      return;
    }
    this.#wanted = true;
    this.#tick = setInterval(() => this.#look(), TICK_MS);
    this.#connect();
    this.#each((link) => link.start());
  }

  #each(what: (link: Link) => void): void {
    for (const link of this.#joined.values()) what(link);
  }

  /** Ends the connection and forgets what was heard; subscriptions stay for the next start. */
  stop(): void {
    this.#wanted = false;
    this.#each((link) => link.stop());
    clearInterval(this.#tick);
    clearTimeout(this.#retry);
    this.#drop();
    this.#tries = 0;
    this.#heard = null;
    this.#hello = null;
    this.#paused = false;
    this.#lostSince = null;
    this.#state = 'connecting';
  }

  /** Lets the page stand still. What is opened meanwhile comes once; a followed action goes on. */
  pause(): void {
    this.#paused = true;
    this.#each((link) => link.pause());
    for (const subscription of this.#subscriptions.values()) {
      if (this.#rests(subscription)) {
        this.#unsubscribe(subscription);
      }
    }
    this.#settle();
  }

  resume(): void {
    this.#paused = false;
    this.#each((link) => link.resume());
    this.#subscribeAll();
    this.#settle();
  }

  /** Looks at the fleet as of a moment, in Unix milliseconds; null for the present. */
  lookAt(at: number | null): void {
    if (untrack(() => this.#at) === at) {
      return;
    }
    this.#at = at;
    this.#each((link) => link.lookAt(at));
    // A copy, for each one gets a new place.
    for (const subscription of [...this.#subscriptions.values()]) {
      if (hasPast(subscription.to)) {
        this.#unsubscribe(subscription);
        // A new id, so that what is still under way of another time cannot be mistaken (C-1).
        this.#subscriptions.delete(subscription.id);
        subscription.id = this.#nextId++;
        subscription.refused = false;
        subscription.answered = false;
        this.#subscriptions.set(subscription.id, subscription);
        this.#ask(subscription);
      }
    }
  }

  /** Tries now instead of after the rest of the wait: the network came back, or the tab is looked at. */
  hurry(): void {
    this.#each((link) => link.hurry());
    if (this.#wanted && this.#socket === null && this.#retry !== undefined) {
      clearTimeout(this.#retry);
      this.#connect();
    }
  }

  subscribe(to: SubscribeTo, on: (message: LiveMessage) => void): LiveHandle {
    const begin = (what: SubscribeTo): [LiveHandle, Elsewhere | null] => {
      const there = this.#options.elsewhere?.(what) ?? null;
      if (there === null) return [this.#begin(what, on), null];
      const handle = this.#linkTo(there).subscribe(there.to, ({ event, data }) =>
        on({ event, data: event === 'refused' ? data : there.here(data) }),
      );
      return [handle, there];
    };
    let [handle, there] = begin(to);
    return {
      change: (next) => {
        if (there === null && !this.#options.elsewhere?.(next)) {
          handle.change(next);
          return;
        }
        handle.close();
        [handle, there] = begin(next);
      },
      close: () => handle.close(),
    };
  }

  /** The link of a joined cluster; it stays, for who looks at one object of it looks at the next. */
  #linkTo({ join, open }: Elsewhere): Link {
    const known = this.#joined.get(join);
    if (known) return known;
    const { clock, random, checkSession } = this.#options;
    const link = new Link({ open, clock, random, checkSession });
    this.#joined.set(join, link);
    if (untrack(() => this.#paused)) link.pause();
    link.lookAt(untrack(() => this.#at));
    if (this.#wanted) link.start();
    return link;
  }

  #begin(to: SubscribeTo, on: (message: LiveMessage) => void): LiveHandle {
    const subscription: Subscription = {
      id: this.#nextId++,
      to,
      on,
      sent: false,
      refused: false,
      answered: to.watch === 'events',
    };
    this.#subscriptions.set(subscription.id, subscription);
    this.#ask(subscription);
    return {
      change: (next) => {
        if (!this.#subscriptions.delete(subscription.id)) {
          return;
        }
        this.#unsubscribe(subscription);
        // A new id, so that what is still under way for the old one cannot be mistaken (C-1).
        subscription.id = this.#nextId++;
        subscription.to = next;
        subscription.refused = false;
        subscription.answered = next.watch === 'events';
        this.#subscriptions.set(subscription.id, subscription);
        this.#ask(subscription);
      },
      close: () => {
        if (this.#subscriptions.delete(subscription.id)) {
          this.#unsubscribe(subscription);
        }
      },
    };
  }

  #ask(subscription: Subscription): void {
    if (this.#open && !subscription.sent && !subscription.refused && !this.#rests(subscription)) {
      subscription.sent = true;
      this.#write({ subscribe: { id: subscription.id, to: this.#asOf(subscription.to) } });
    }
  }

  /** What is asked for, as of the moment that is looked at. */
  #asOf(to: SubscribeTo): SubscribeTo & { at?: string } {
    const at = untrack(() => this.#at);
    return at === null || !hasPast(to) ? to : { ...to, at: new Date(at).toISOString() };
  }

  /** True when the pause is for this one. What the viewer started goes on under the viewer's hands. */
  #rests(subscription: Subscription): boolean {
    // Untracked, or an effect that subscribes would subscribe again at each pause.
    return untrack(() => this.#paused) && subscription.answered && subscription.to.watch !== 'action';
  }

  #unsubscribe(subscription: Subscription): void {
    if (subscription.sent) {
      subscription.sent = false;
      this.#write({ unsubscribe: { id: subscription.id } });
    }
  }

  #subscribeAll(): void {
    for (const subscription of this.#subscriptions.values()) {
      this.#ask(subscription);
    }
  }

  #write(request: unknown): void {
    if (this.#socket && this.#open) {
      this.#socket.send(JSON.stringify(request));
    }
  }

  #connect(): void {
    this.#retry = undefined;
    this.#tried = this.#options.clock();
    const socket = this.#options.open();
    this.#socket = socket;
    const present = (): boolean => this.#socket === socket;
    socket.addEventListener('message', (event: MessageEvent<unknown>) => {
      if (present()) {
        this.#receive(event.data);
      }
    });
    socket.addEventListener('close', () => {
      if (present()) {
        this.#lose();
      }
    });
  }

  /** Forgets the socket; whatever it still says is not heard. */
  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#open = false;
    for (const subscription of this.#subscriptions.values()) {
      subscription.sent = false;
      subscription.refused = false;
    }
    socket?.close();
  }

  #lose(): void {
    this.#drop();
    this.#settle();
    const wait = BACK_OFF_MS[Math.min(this.#tries, BACK_OFF_MS.length - 1)] ?? 0;
    this.#tries += 1;
    const spread = wait * (0.5 + this.#options.random());
    void this.#options.checkSession().then(() => {
      if (this.#wanted && this.#socket === null && this.#retry === undefined) {
        this.#retry = setTimeout(() => this.#connect(), spread);
      }
    });
  }

  #receive(text: unknown): void {
    const message = parse(text);
    if (message === null) {
      return;
    }
    if (message.id === undefined) {
      this.#receiveOwn(message.event, message.data);
      return;
    }
    const subscription = this.#subscriptions.get(message.id);
    if (!subscription?.sent || !isSubscriptionEvent(message.event)) {
      return;
    }
    this.#remember(subscription, message.event, message.data);
    subscription.answered = true;
    subscription.on({ event: message.event, data: message.data });
    if (this.#rests(subscription)) {
      this.#unsubscribe(subscription);
    }
  }

  /** Keeps what the next subscribe needs. */
  #remember(subscription: Subscription, event: LiveMessage['event'], data: unknown): void {
    if (event === 'refused') {
      subscription.sent = false;
      subscription.refused = true;
    } else if (event === 'event' && subscription.to.watch === 'events') {
      const seq = numberIn(data, 'seq');
      if (seq !== undefined) {
        subscription.to = { ...subscription.to, after: seq }; // C-2
      }
    }
  }

  /** A message about the connection itself. */
  #receiveOwn(event: string, data: unknown): void {
    if (event === 'hello') {
      this.#hello = data as Hello;
      this.#open = true;
      this.#tries = 0;
      this.#hear(data);
      this.#subscribeAll();
    } else if (event === 'heartbeat') {
      this.#hear(data);
    } else if (event === 'refused') {
      this.#socket?.close();
    }
    this.#settle();
  }

  #hear(data: unknown): void {
    const time = Date.parse(textIn(data, 'time') ?? '');
    if (Number.isNaN(time)) {
      return;
    }
    this.#heard = { time, at: this.#options.clock() };
    this.#skews = [...this.#skews.slice(1 - SKEWS), Date.now() - time];
    this.#skewMs = Math.min(...this.#skews);
    this.#now = time;
  }

  /** Each second: time passes, and silence is noticed. */
  #look(): void {
    this.#now = this.#clock();
    const spoke = Math.max(this.#open && this.#heard ? this.#heard.at : 0, this.#tried);
    if (this.#socket && this.#options.clock() - spoke > this.#patience()) {
      this.#lose();
    }
    this.#settle();
  }

  #patience(): number {
    return SILENT_BEATS * (this.#hello?.heartbeat_ms ?? HEARTBEAT_MS);
  }

  #settle(): void {
    if (this.#open) {
      this.#lostSince = null;
      this.#state = this.#paused ? 'paused' : 'live';
    } else if (this.#heard || this.#tries > 0) {
      this.#lostSince ??= this.#heard?.time ?? Date.now();
      this.#state = 'lost';
    } else {
      this.#state = 'connecting';
    }
  }
}

const SUBSCRIPTION_EVENTS: ReadonlySet<string> = new Set<LiveMessage['event']>([
  'snapshot',
  'delta',
  'value',
  'event',
  'progress',
  'refused',
]);

function isSubscriptionEvent(event: string): event is LiveMessage['event'] {
  return SUBSCRIPTION_EVENTS.has(event);
}

/** Reads a message of the master; null for what is none. */
function parse(text: unknown): { id?: number; event: string; data: unknown } | null {
  if (typeof text !== 'string') {
    return null;
  }
  try {
    const value: unknown = JSON.parse(text);
    const event = textIn(value, 'event');
    const id = numberIn(value, 'id');
    if (event === undefined) {
      return null;
    }
    const data = (value as { data?: unknown }).data;
    return id === undefined ? { event, data } : { id, event, data };
  } catch {
    return null;
  }
}

function textIn(value: unknown, field: string): string | undefined {
  const found = (value as Record<string, unknown> | null | undefined)?.[field];
  return typeof found === 'string' ? found : undefined;
}

function numberIn(value: unknown, field: string): number | undefined {
  const found = (value as Record<string, unknown> | null | undefined)?.[field];
  return typeof found === 'number' ? found : undefined;
}

/** The problem that a refused subscription came with. */
export function refusal(data: unknown): Problem {
  return isProblem(data) ? data : localProblem('Refused', 'the master ended this without saying why');
}

const nothing = (): void => undefined;

function socket(path: string): WebSocket {
  return new WebSocket(`${location.protocol === 'https:' ? 'wss:' : 'ws:'}//${location.host}${path}`);
}

/** Lists are merged by this master; what is about one object of a joined cluster is told by that one. */
function elsewhere(to: SubscribeTo): Elsewhere | null {
  if (!['object', 'action', 'actions', 'events'].includes(to.watch)) return null;
  const joins = new Set<string>();
  const asked = there(to, '', joins) as SubscribeTo;
  // One that names the own cluster as well is answered here.
  const [join] = [...joins].sort();
  if (!join) return null;
  const path = `/api/v1/clusters/${encodeURIComponent(join)}/live`;
  return { join, to: asked, open: () => socket(path), here: (data) => here(data, join) };
}

/** The connection of this tab. */
export const live = new Link({
  open: () => socket('/api/v1/live'),
  elsewhere,
  // A browser does not say why a WebSocket was refused. This request does, and waits for the login.
  checkSession: () => get('/api/v1/sessions/current').then(nothing, nothing),
  clock: () => performance.now(),
  random: () => Math.random(),
});

// One reading of logs: a tail or a search, as it comes.
//
// Lines of a tail are kept up to a bound, the newest; while it is paused they are counted and wait. Lines of a search are
// put in order of their times once more come, with what belongs together in one place.
//
// Invariants
// - LR-1: no more than LINES_MAX lines are kept, however long it goes on.
// - LR-2: one reading at a time; what an earlier one still tells is passed over.

import { openMessages, problemOf, type Problem, type Query } from '../api/client.ts';
import type { LogCluster, LogMessage, LogRow, LogServer } from '../api/schema.ts';

/** Lines that are kept. */
export const LINES_MAX = 50_000;
/** Lines that wait while a tail is paused. */
const WAITING_MAX = 10_000;
/** What came within this is drawn together, in milliseconds. */
const DRAW_MS = 50;

/** A line with a number of its own, for its place in the page. */
export interface Line extends LogRow {
  id: number;
}

/** A server with the time when it was last heard of. */
export interface Server extends LogServer {
  heardAt: number;
}

export type Phase = 'idle' | 'reading' | 'following' | 'ended' | 'broken';

export class Reading {
  lines = $state.raw<readonly Line[]>([]);
  servers = $state.raw<ReadonlyMap<string, Server>>(new Map());
  /** Joined clusters, and the own one when it is missing. */
  clusters = $state.raw<ReadonlyMap<string, LogCluster>>(new Map());
  notes = $state.raw<readonly string[]>([]);
  phase = $state<Phase>('idle');
  problem = $state.raw<Problem | null>(null);
  paused = $state(false);
  /** Lines that came while it was paused. */
  waiting = $state(0);
  /** Lines that made room for newer ones. */
  dropped = $state(0);
  bytes = $state(0);

  #abort: AbortController | null = null;
  #next = 0;
  #come: Line[] = [];
  #held: Line[] = [];
  #isTail = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Follows; the lines before go. */
  tail(query: Query): void {
    this.#isTail = true;
    void this.#read('GET', '/api/v1/logs/tail', query);
  }

  /** Searches; the lines before go. */
  search(query: Query): void {
    this.#isTail = false;
    void this.#read('POST', '/api/v1/logs/search', query);
  }

  /** Ends it; what was read stays. */
  stop(): void {
    this.#abort?.abort();
    this.#abort = null;
    if (this.phase === 'reading' || this.phase === 'following') this.phase = 'ended';
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.waiting = 0;
    this.#come.push(...this.#held.splice(0));
    this.#draw();
  }

  clear(): void {
    this.lines = [];
    this.dropped = 0;
  }

  async #read(method: 'GET' | 'POST', path: string, query: Query): Promise<void> {
    this.stop();
    const abort = new AbortController();
    this.#abort = abort;
    this.#come = [];
    this.#held = [];
    this.lines = [];
    this.servers = new Map();
    this.clusters = new Map();
    this.notes = [];
    this.problem = null;
    this.paused = false;
    this.waiting = this.dropped = this.bytes = 0;
    this.phase = 'reading';
    try {
      for await (const messages of openMessages<LogMessage>(method, path, query, abort.signal)) {
        if (this.#abort !== abort) return; // LR-2
        messages.forEach((message) => this.#take(message));
      }
      if (this.#abort !== abort) return;
      this.#draw();
      // A tail ends when the master does, or the session.
      this.phase = this.#isTail ? 'broken' : 'ended';
    } catch (error) {
      if (this.#abort !== abort) return;
      this.#draw();
      this.problem = problemOf(error);
      this.phase = 'broken';
    }
  }

  #take(message: LogMessage): void {
    const now = Date.now();
    switch (message.event) {
      case 'begun': {
        const state = 'reading' as const;
        const fresh = message.data.servers.map(
          (server) => [server, { server, state, bytes: 0, matches: 0, files: 0, heardAt: now }] as const,
        );
        // Each cluster begins for itself.
        this.servers = new Map<string, Server>([...this.servers, ...fresh]);
        if (this.#isTail) this.phase = 'following';
        break;
      }
      case 'line':
        this.#add({ ...message.data, id: this.#next++ });
        break;
      case 'note':
        this.notes = [
          ...this.notes,
          `${message.data.application} ${message.data.source}: ${message.data.text}`,
        ].slice(-100);
        break;
      case 'server': {
        this.servers = new Map(this.servers).set(message.data.server, { ...message.data, heardAt: now });
        this.bytes = [...this.servers.values()].reduce((sum, { bytes }) => sum + bytes, 0);
        break;
      }
      case 'cluster':
        this.clusters = new Map(this.clusters).set(message.data.name, message.data);
        break;
      case 'heartbeat':
      case 'ended':
        break;
    }
  }

  #add(line: Line): void {
    if (this.paused) {
      this.#held.push(line);
      if (this.#held.length > WAITING_MAX) {
        this.#held.shift();
        this.dropped += 1;
      }
      this.waiting = this.#held.length;
      return;
    }
    this.#come.push(line);
    this.#timer ??= setTimeout(() => this.#draw(), DRAW_MS);
  }

  #draw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#come.length === 0) return;
    const all = [...this.lines, ...this.#come];
    this.#come = [];
    const lines = this.#isTail ? all : inOrder(all);
    const over = Math.max(0, lines.length - LINES_MAX);
    this.dropped += over;
    // LR-1: of both the oldest go.
    this.lines = over === 0 ? lines : lines.slice(over);
  }
}

/** Lines in order of their times; a match and what stands around it stay together. */
export function inOrder(lines: readonly Line[]): Line[] {
  const groups: Line[][] = [];
  // Lines of other sources may come between.
  const latest = new Map<string, Line[]>();
  const byId = [...lines].sort((one, other) => one.id - other.id);
  for (const line of byId) {
    const source = `${line.application} ${line.source}`;
    const group = latest.get(source);
    const last = group?.at(-1);
    const goesOn =
      last !== undefined && line.is_apart !== true && (last.is_context === true || line.is_context === true);
    if (goesOn && group) {
      group.push(line);
    } else {
      const begun = [line];
      latest.set(source, begun);
      groups.push(begun);
    }
  }
  const timeOf = (group: Line[]) => Date.parse(group[0]?.time ?? '');
  // Newer ones of one server came first: the same time turns them round.
  return groups
    .map((group) => ({ group, time: timeOf(group) }))
    .sort((one, other) => one.time - other.time || (other.group[0]?.id ?? 0) - (one.group[0]?.id ?? 0))
    .flatMap(({ group }) => group);
}

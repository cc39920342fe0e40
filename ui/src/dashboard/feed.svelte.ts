// The data of one widget: asked for when it is seen, and again every few seconds while it is.
//
// Invariants
// - DF-1: at most four widgets of a tab ask at one time, each with one request.
// - DF-2: what is shown is never younger than it says: `at` is the master's clock when it was worked out.

import { get, problemOf } from '../api/client.ts';
import type { WidgetData } from '../api/schema.ts';
import { live } from '../live/connection.svelte.ts';

/** Time between two looks: metrics are by the minute at most, states of alarms change every ten seconds. */
const EVERY_MS = 10_000;
/** Requests at one time. */
const AT_ONCE = 4;
/** Data older than three looks is late. */
const LATE_MS = 3 * EVERY_MS;

let running = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) await new Promise<void>((turn) => waiting.push(turn));
  running += 1;
  try {
    return await work();
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}

export class WidgetFeed {
  #data = $state.raw<WidgetData | null>(null);
  #fault = $state.raw<string | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #path: string;
  #minutes: number | null;
  #ends = new AbortController();

  /** `minutes`: how far it reaches back; null for as the widget says. */
  constructor(path: string, minutes: number | null) {
    this.#path = path;
    this.#minutes = minutes;
    void this.#look();
  }

  /** Null until it is here. */
  get data(): WidgetData | null {
    return this.#data;
  }

  /** Why there is nothing new. */
  get fault(): string | null {
    return this.#fault;
  }

  /** How old the data is, in milliseconds. */
  get age(): number | null {
    return this.#data === null ? null : Math.max(0, live.now - this.#data.at);
  }

  get late(): boolean {
    return (this.age ?? 0) > LATE_MS;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#ends.abort();
  }

  async #look(): Promise<void> {
    const { signal } = this.#ends;
    try {
      if (live.state !== 'paused' || this.#data === null) {
        const query = { minutes: this.#minutes ?? undefined };
        const data = await inTurn(() => get<WidgetData>(this.#path, query, signal));
        if (signal.aborted) return;
        [this.#data, this.#fault] = [data, null];
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#fault = problemOf(error).detail;
    }
    this.#timer = setTimeout(() => void this.#look(), EVERY_MS);
  }
}

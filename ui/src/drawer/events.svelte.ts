// The events of one object: the newest ones at first, then each as it happens, older ones when asked for.
//
// Bounded: what is pushed out at the old end can be read again. Close it when done.

import { get, problemOf, type Problem } from '../api/client.ts';
import type { Event, EventPage } from '../api/schema.ts';
import { live, type LiveHandle } from '../live/connection.svelte.ts';

/** Events of one request: a screen and a half. */
const PAGE = 40;
/** Most events kept: a day of a restless application; more is what the audit is for. */
const KEPT = 400;

export class ObjectEvents {
  /** Newest first. */
  #items = $state.raw<readonly Event[]>([]);
  #problem = $state.raw<Problem | null>(null);
  #loading = $state(true);
  #older = $state.raw<number | null>(null);

  readonly #path: string;
  #handle: LiveHandle | null = null;
  readonly #aborter = new AbortController();

  constructor(path: string) {
    this.#path = path;
    void this.#begin();
  }

  get items(): readonly Event[] {
    return this.#items;
  }

  get problem(): Problem | null {
    return this.#problem;
  }

  get loading(): boolean {
    return this.#loading;
  }

  /** True when there are older ones to ask for. */
  get more(): boolean {
    return this.#older !== null && this.#items.length < KEPT;
  }

  async loadOlder(): Promise<void> {
    if (this.#older !== null && !this.#loading) {
      await this.#read(this.#older);
    }
  }

  close(): void {
    this.#aborter.abort();
    this.#handle?.close();
  }

  async #begin(): Promise<void> {
    const head = await this.#read();
    if (head === null || this.#aborter.signal.aborted) {
      return;
    }
    this.#handle = live.subscribe({ watch: 'events', object: this.#path, after: head }, (message) => {
      if (message.event === 'event') {
        this.#items = [message.data as Event, ...this.#items].slice(0, KEPT);
      }
    });
  }

  /** Reads a page, the newest or the one before a position; the journal's head, or null when it failed. */
  async #read(before?: number): Promise<number | null> {
    const { signal } = this.#aborter;
    this.#loading = true;
    try {
      const query = { object: this.#path, order: 'desc', limit: PAGE, before };
      const page = await get<EventPage>('/api/v1/events', query, signal);
      this.#items = before === undefined ? page.items : [...this.#items, ...page.items].slice(0, KEPT);
      this.#older = page.next ?? null;
      this.#problem = null;
      return page.head_seq;
    } catch (error) {
      if (!signal.aborted) {
        this.#problem = problemOf(error);
      }
      return null;
    } finally {
      this.#loading = false;
    }
  }
}

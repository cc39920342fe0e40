// The journal as the audit page reads it: pages from the newest backwards, and what happens meanwhile on top.
//
// Invariants
// - Events are newest first and each is there once; older pages begin where the list ends.
// - What comes live is held back while the reader is further down, so that nothing moves under the eyes.
// - At most KEPT events are kept; what falls off the old end can be read again.

import { get, problemOf } from '../api/client.ts';
import type { Event, EventPage, Problem } from '../api/schema.ts';
import { live, refusal } from '../live/connection.svelte.ts';
import type { LiveHandle } from '../live/connection.svelte.ts';
import type { JournalQuery } from './query.ts';

/** Events of one request: two screens. */
const PAGE = 100;
/** Most events kept, so that a page left open all day does not grow. */
export const KEPT = 2_000;
/** Requests made for one page when matches are rare: each looks through some 20,000 records. */
const LOOKS_MAX = 10;

export class Journal {
  #items = $state.raw<readonly Event[]>([]);
  #waiting = $state.raw<readonly Event[]>([]);
  #problem = $state.raw<Problem | null>(null);
  #loading = $state.raw(true);
  #next = $state.raw<number | null>(null);
  /** True while new events may move the list. */
  #follows = true;
  #query: JournalQuery = {};
  #handle: LiveHandle | null = null;
  #aborter = new AbortController();

  get items(): readonly Event[] {
    return this.#items;
  }

  /** New events that are held back. */
  get waiting(): number {
    return this.#waiting.length;
  }

  get problem(): Problem | null {
    return this.#problem;
  }

  get loading(): boolean {
    return this.#loading;
  }

  /** True when there may be older events. */
  get more(): boolean {
    return this.#next !== null;
  }

  /** Reads anew. */
  async query(query: JournalQuery): Promise<void> {
    this.close();
    this.#aborter = new AbortController();
    this.#query = query;
    this.#items = [];
    this.#waiting = [];
    const head = await this.#read(undefined);
    if (head === null || query.until !== undefined) return;
    const { filter, kind, object, action } = query;
    const to = { watch: 'events' as const, after: head, ...defined({ filter, kind, object, action }) };
    this.#handle = live.subscribe(to, ({ event, data }) => {
      if (event === 'event') this.#receive(data as Event);
      else if (event === 'refused') this.#problem = refusal(data);
    });
  }

  /** Reads the page before the oldest event. */
  async older(): Promise<void> {
    if (this.#next !== null && !this.#loading) await this.#read(this.#next);
  }

  /** Says whether the reader is at the top, where new events are shown as they come. */
  follow(follows: boolean): void {
    this.#follows = follows;
    if (follows) this.showWaiting();
  }

  showWaiting(): void {
    if (this.#waiting.length === 0) return;
    this.#put([...this.#waiting, ...this.#items]);
    this.#waiting = [];
  }

  close(): void {
    this.#aborter.abort();
    this.#handle?.close();
    this.#handle = null;
  }

  #receive(event: Event): void {
    if (this.#follows) this.#put([event, ...this.#items]);
    else this.#waiting = [event, ...this.#waiting].slice(0, KEPT);
  }

  #put(items: readonly Event[]): void {
    this.#items = items.slice(0, KEPT);
    if (items.length > KEPT) this.#next = this.#items.at(-1)?.seq ?? null;
  }

  /** Reads one page; the journal's head, or null when it failed or another query began. */
  async #read(before: number | undefined): Promise<number | null> {
    const { signal } = this.#aborter;
    this.#loading = true;
    let cursor = before;
    let head: number | null = null;
    try {
      for (let looks = 0, missing = PAGE; looks < LOOKS_MAX && missing > 0; looks++) {
        const asked = { ...this.#query, order: 'desc', limit: missing, before: cursor };
        const page = await get<EventPage>('/api/v1/events', asked, signal);
        if (signal.aborted) return null;
        head ??= page.head_seq;
        missing -= page.items.length;
        // Older pages are kept whole: the reader is at the old end and wants them.
        this.#items = [...this.#items, ...page.items];
        cursor = page.next ?? undefined;
        if (cursor === undefined) break;
      }
      this.#next = cursor ?? null;
      this.#problem = null;
      return head;
    } catch (error) {
      if (!signal.aborted) this.#problem = problemOf(error);
      return null;
    } finally {
      if (!signal.aborted) this.#loading = false;
    }
  }
}

function defined(fields: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

// What was told, the newest first: read by a filter, and again whenever something is told.

import { get, problemOf } from '../api/client.ts';
import type { NotificationRow, PageNotificationRow, Problem } from '../api/schema.ts';
import { live, type LiveHandle } from '../live/connection.svelte.ts';

/** Rows that are shown; there are more by asking for less. */
export const SHOWN = 200;
/** Wait after an event, in milliseconds, so that a storm is one look a second. */
const SETTLE_MS = 1_000;

export class Ledger {
  #page = $state.raw<PageNotificationRow | null>(null);
  #problem = $state.raw<Problem | null>(null);
  readonly #handle: LiveHandle;
  #filter: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #reads = 0;

  constructor(filter: string) {
    this.#filter = filter;
    this.#handle = live.subscribe({ watch: 'events', filter: 'kind=Notification*' }, ({ event }) => {
      if (event !== 'event' || this.#timer !== undefined) return;
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        void this.read();
      }, SETTLE_MS);
    });
    void this.read();
  }

  /** Null until they are here. */
  get rows(): readonly NotificationRow[] | null {
    return this.#page?.items ?? null;
  }

  /** How many there are, shown or not. */
  get total(): number {
    return this.#page?.total ?? 0;
  }

  get problem(): Problem | null {
    return this.#problem;
  }

  /** Asks for others. */
  ask(filter: string): void {
    if (filter === this.#filter) return;
    this.#filter = filter;
    void this.read();
  }

  async read(): Promise<void> {
    const number = ++this.#reads;
    const filter = this.#filter === '' ? undefined : this.#filter;
    try {
      const page = await get<PageNotificationRow>('/api/v1/notifications', { filter, limit: SHOWN });
      if (number !== this.#reads) return;
      this.#page = page;
      this.#problem = null;
    } catch (error) {
      if (number === this.#reads) this.#problem = problemOf(error);
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#reads += 1;
    this.#handle.close();
  }
}

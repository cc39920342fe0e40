// A list of the access page: read once, and again whenever the journal says that it changed.
//
// Who may not read those events still sees its own changes: the page reads again after each.

import { get, problemOf } from '../api/client.ts';
import type { Problem } from '../api/schema.ts';
import { live } from '../live/connection.svelte.ts';
import type { LiveHandle } from '../live/connection.svelte.ts';

/** Wait after an event, in milliseconds, so that a hundred users made by a script are one look. */
const SETTLE_MS = 200;

export class Listing<R> {
  #rows = $state.raw<readonly R[] | null>(null);
  #problem = $state.raw<Problem | null>(null);
  readonly #path: string;
  readonly #handle: LiveHandle;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #reads = 0;

  /** `kinds`: the kinds of event that change the list. */
  constructor(path: string, kinds: readonly string[]) {
    this.#path = path;
    this.#handle = live.subscribe({ watch: 'events', filter: `kind=${kinds.join(',')}` }, ({ event }) => {
      if (event !== 'event') return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.read(), SETTLE_MS);
    });
    void this.read();
  }

  /** Null until they are here. */
  get rows(): readonly R[] | null {
    return this.#rows;
  }

  get problem(): Problem | null {
    return this.#problem;
  }

  async read(): Promise<void> {
    const number = ++this.#reads;
    try {
      const page = await get<{ items: R[] }>(this.#path);
      if (number !== this.#reads) return;
      this.#rows = page.items;
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

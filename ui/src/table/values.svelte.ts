// The values that a field has in the fleet, for completion: the most frequent ones that contain what was
// typed. Asked for once when they are first wanted, and kept; a list of suggestions need not be live.

import { get } from '../api/client.ts';
import type { Facet } from '../live/watch.svelte.ts';
import { quote } from './filter.ts';

/** Typing faster than this asks nothing between, in milliseconds. */
const PAUSE_MS = 150;
/** Answers kept; the oldest goes first. */
const KEPT_MAX = 200;

export class KnownValues {
  #answers = $state.raw<ReadonlyMap<string, readonly string[]>>(new Map());
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #kind: string;

  /** @param kind `servers`, … */
  constructor(kind: string) {
    this.#kind = kind;
  }

  /** The values known now; those of a shorter prefix until the right ones are here. */
  of(field: string, prefix: string): readonly string[] {
    for (let length = prefix.length; length >= 0; length -= 1) {
      const known = this.#answers.get(key(field, prefix.slice(0, length)));
      if (known) {
        return known;
      }
    }
    return [];
  }

  /** Asks for values, unless they are known. */
  ask(field: string, prefix: string): void {
    clearTimeout(this.#timer);
    if (!this.#answers.has(key(field, prefix))) {
      this.#timer = setTimeout(() => void this.#fetch(field, prefix), prefix === '' ? 0 : PAUSE_MS);
    }
  }

  async #fetch(field: string, prefix: string): Promise<void> {
    const filter = prefix === '' ? undefined : `${field}~${quote(prefix)}`;
    try {
      const page = await get<{ facets?: Facet[] | null }>(`/api/v1/${this.#kind}`, {
        facets: field,
        limit: 1,
        filter,
      });
      const values = page.facets?.[0]?.values.map(({ value }) => value) ?? [];
      const kept = [...this.#answers].slice(1 - KEPT_MAX);
      this.#answers = new Map([...kept, [key(field, prefix), values]]);
    } catch {
      // Completion is a help, not an answer: without it one types on.
    }
  }
}

function key(field: string, prefix: string): string {
  return `${field} ${prefix.toLowerCase()}`;
}

// A rule that is being written, tried on the past as one types: the last text asked for is the one that is shown.

import { problemOf, send } from '../api/client.ts';
import type { Problem, RuleTrial } from '../api/schema.ts';

/** Wait after the last change, in milliseconds: nobody wants each letter tried. */
const PAUSE_MS = 500;
/** Series that are drawn: as many as there are colours. */
const DRAWN = 5;

/** What is tried. */
export interface Wanted {
  text: string;
  /** Seconds back from now. */
  seconds: number;
  /** Only on objects that this filter lets through; on all when empty. */
  on: string;
}

export class Preview {
  #trial = $state.raw<RuleTrial | null>(null);
  #problem = $state.raw<Problem | null>(null);
  #busy = $state.raw(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;

  /** Of the last text that could be tried; null before the first. */
  get trial(): RuleTrial | null {
    return this.#trial;
  }

  /** Why the present text could not be. */
  get problem(): Problem | null {
    return this.#problem;
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** Tries it soon, unless something else is asked for before. */
  want(wanted: Wanted, now: number): void {
    clearTimeout(this.#timer);
    const number = ++this.#asked;
    this.#busy = true;
    this.#timer = setTimeout(() => void this.#ask(number, wanted, now), PAUSE_MS);
  }

  async #ask(number: number, { text, seconds, on }: Wanted, now: number): Promise<void> {
    const since = new Date(now - seconds * 1_000).toISOString();
    const body = { text, since, draw: DRAWN, ...(on.trim() === '' ? {} : { on: on.trim() }) };
    try {
      const trial = await send<RuleTrial>('POST', '/api/v1/rules/test', body);
      if (number !== this.#asked) return;
      [this.#trial, this.#problem] = [trial, null];
    } catch (error) {
      if (number !== this.#asked) return;
      [this.#trial, this.#problem] = [null, problemOf(error)];
    }
    this.#busy = false;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#asked += 1;
  }
}

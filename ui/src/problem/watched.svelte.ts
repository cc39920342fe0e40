// The number that a problem's rule watches, kept true while one looks: a trial of the rule as it is now, on this one
// series. Made while a component starts; it ends with that component. Elsewhere: what is drawn of it (watched.ts).

import { untrack } from 'svelte';
import { get, problemOf, send, type Problem } from '../api/client.ts';
import type { PageRuleRow, RuleTrial } from '../api/schema.ts';
import { live } from '../live/connection.svelte.ts';
import { asked, drawn, isNumber, type Watched } from './watched.ts';

/** Between two questions: an hour and more has no pixel for less, and each goes over all that the rule looks at. */
const AGAIN_MS = 30_000;

export class WatchNumber {
  /** The text of its rule; null while it is read, undefined of a rule that is not on numbers or is no more. */
  #rule = $state.raw<string | null | undefined>(null);
  #trial = $state.raw<RuleTrial | null>(null);
  #problem = $state.raw<Problem | null>(null);
  #loading = $state(true);
  #round = $state(0);

  /** `rule` never changes; `watched` must be reactive. */
  constructor(rule: string, watched: () => Watched) {
    $effect(() => {
      const aborter = new AbortController();
      void this.#read(rule, aborter.signal);
      return () => aborter.abort();
    });
    $effect(() => {
      const text = this.#rule;
      if (typeof text !== 'string') return;
      void this.#round;
      const aborter = new AbortController();
      void this.#ask(text, watched(), aborter.signal);
      // What is over does not change any more, and of a lost connection nothing new is known.
      const goes = live.state === 'live' && !watched().closed_at;
      const timer = goes ? setTimeout(() => (this.#round += 1), AGAIN_MS) : undefined;
      return () => {
        clearTimeout(timer);
        aborter.abort();
      };
    });
  }

  /** False once it is known that there is nothing to draw. */
  get isNumber(): boolean {
    return this.#rule !== undefined && this.#rule !== null;
  }

  /** Null before the first answer, and when nothing of the number is kept. */
  get trial(): RuleTrial | null {
    return this.#trial;
  }

  get problem(): Problem | null {
    return this.#problem;
  }

  get loading(): boolean {
    return this.#loading;
  }

  async #read(rule: string, signal: AbortSignal): Promise<void> {
    try {
      const { items } = await get<PageRuleRow>('/api/v1/rules', {}, signal);
      this.#rule = items.find((row) => row.name === rule && isNumber(row))?.text;
    } catch {
      // The panel itself says that the master does not answer.
      if (!signal.aborted) this.#rule = undefined;
    }
  }

  async #ask(text: string, watched: Watched, signal: AbortSignal): Promise<void> {
    try {
      const body = asked(
        watched,
        text,
        untrack(() => live.clock()),
      );
      const trial = await send<RuleTrial>('POST', '/api/v1/rules/test', body, signal);
      if (signal.aborted) return;
      [this.#trial, this.#problem] = [drawn(trial, watched), null];
    } catch (error) {
      if (signal.aborted) return;
      this.#problem = problemOf(error);
    }
    this.#loading = false;
  }
}

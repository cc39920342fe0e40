// One action, followed until its end: over the live connection, or read from the journal when it is an old one.

import { get, problemOf } from '../api/client.ts';
import type { Action, ActionProgress, Problem } from '../api/schema.ts';
import { live, refusal } from '../live/connection.svelte.ts';
import type { Link, LiveHandle } from '../live/connection.svelte.ts';
import { applyProgress, isFinal } from './progress.ts';

/** What following needs of the connection. */
type Source = Pick<Link, 'subscribe'>;

export class FollowedAction {
  #action = $state.raw<Action | null>(null);
  #problem = $state.raw<Problem | null>(null);
  readonly id: string;
  readonly #handle: LiveHandle;
  readonly #onEnd: ((action: Action) => void) | undefined;

  /** `first` is what is known already; `onEnd` is told once, with the final state. */
  constructor(
    id: string,
    first: Action | null = null,
    onEnd?: (action: Action) => void,
    source: Source = live,
  ) {
    this.id = id;
    this.#action = first;
    this.#onEnd = onEnd;
    this.#handle = source.subscribe({ watch: 'action', action: id }, ({ event, data }) => {
      if (event === 'snapshot') this.#show(data as Action);
      else if (event === 'progress' && this.#action)
        this.#show(applyProgress(this.#action, data as ActionProgress));
      else if (event === 'refused') void this.#read(refusal(data));
    });
  }

  get action(): Action | null {
    return this.#action;
  }

  /** Why it cannot be shown. */
  get problem(): Problem | null {
    return this.#problem;
  }

  close(): void {
    this.#handle.close();
  }

  #show(action: Action): void {
    const wasFinal = this.#action !== null && isFinal(this.#action.status);
    this.#action = action;
    this.#problem = null;
    if (isFinal(action.status) && !wasFinal) this.#onEnd?.(action);
  }

  /** The master follows only the latest actions; the journal has them all. */
  async #read(refused: Problem): Promise<void> {
    try {
      this.#show(await get<Action>(`/api/v1/actions/${encodeURIComponent(this.id)}`));
    } catch (error) {
      this.#problem = refused.status === 404 ? problemOf(error) : refused;
    }
  }
}

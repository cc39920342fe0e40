// A form while it is sent: busy, refused with a problem at a field, or done.

import { problemOf } from '../api/client.ts';
import type { Problem } from '../api/schema.ts';

export class Submission {
  #busy = $state.raw(false);
  #problem = $state.raw<Problem | null>(null);
  /** True once the form was sent or tried: from then on, what is missing is said as well. */
  #tried = $state.raw(false);

  get busy(): boolean {
    return this.#busy;
  }

  /** The refusal, when it is about no field of `fields`. */
  other(fields: readonly string[]): Problem | null {
    return this.#problem && fields.includes(this.#problem.field ?? '') ? null : this.#problem;
  }

  /** What to say at a field: what the form finds wrong once it was tried, else what the master said of it. */
  at(fields: readonly string[], own: string | null): string | null {
    if (own !== null) return this.#tried ? own : null;
    return this.#problem && fields.includes(this.#problem.field ?? '') ? this.#problem.detail : null;
  }

  /** Does it, unless the form is wrong or being sent; true when it was done. */
  async run(isRight: boolean, work: () => Promise<unknown>): Promise<boolean> {
    this.#tried = true;
    if (!isRight || this.#busy) return false;
    this.#busy = true;
    this.#problem = null;
    try {
      await work();
      this.#tried = false;
      return true;
    } catch (error) {
      this.#problem = problemOf(error);
      return false;
    } finally {
      this.#busy = false;
    }
  }
}

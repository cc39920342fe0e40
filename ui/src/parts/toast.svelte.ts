// Short notes about what was just done. They go by themselves; problems stay until they are closed.

import type { Problem } from '../api/client.ts';

export interface Toast {
  id: number;
  kind: 'info' | 'warn' | 'problem';
  text: string;
  /** Something to do about it. */
  offer?: Offer;
}

export interface Offer {
  /** What its button says. */
  label: string;
  run: () => void;
}

/** Time to read two lines. */
const SHOWN_MS = 6_000;
/** More than these nobody reads: the oldest go. */
const TOASTS_MAX = 5;

class Toasts {
  #all = $state.raw<readonly Toast[]>([]);
  #nextId = 1;

  get all(): readonly Toast[] {
    return this.#all;
  }

  /** Something was done. */
  info(text: string, offer?: Offer): void {
    this.#add('info', text, offer);
  }

  /** Something was done in part, or otherwise than asked. */
  warn(text: string, offer?: Offer): void {
    this.#add('warn', text, offer);
  }

  /** Something was not done. */
  problem(problem: Problem): void {
    this.#add('problem', `${problem.title}: ${problem.detail}`);
  }

  close(id: number): void {
    this.#all = this.#all.filter((toast) => toast.id !== id);
  }

  #add(kind: Toast['kind'], text: string, offer?: Offer): void {
    const id = this.#nextId++;
    this.#all = [...this.#all, { id, kind, text, ...(offer ? { offer } : {}) }].slice(-TOASTS_MAX);
    if (kind === 'info') {
      setTimeout(() => this.close(id), SHOWN_MS);
    }
  }
}

export const toast = new Toasts();

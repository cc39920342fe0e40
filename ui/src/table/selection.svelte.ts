// The rows that were chosen: some by their paths, or all that a filter lets through but some.
//
// "All" means the filter of the moment when it was said: whoever changes the filter chooses anew, so that
// nobody acts on rows that came to match something else. Rows ticked one by one stay ticked.

import { SvelteSet } from 'svelte/reactivity';
import { joined, quote } from './filter.ts';

/** Most rows that can be taken out of "all": a filter has at most 64 terms. */
export const EXCEPT_MAX = 40;

export class Selection {
  /** The rows ticked; while `all` is true the rows taken out. */
  readonly paths = new SvelteSet<string>();
  all = $state(false);
  /** What "all" lets through. */
  filter = $state('');
  /** How many rows that filter lets through now. */
  total = $state(0);

  /** How many rows are chosen. */
  get count(): number {
    return this.all ? Math.max(0, this.total - this.paths.size) : this.paths.size;
  }

  has(path: string): boolean {
    return this.all !== this.paths.has(path);
  }

  toggle(path: string): void {
    this.set([path], !this.has(path));
  }

  /** Chooses rows, or takes them out. */
  set(paths: Iterable<string>, chosen: boolean): void {
    for (const path of paths) {
      if (chosen === this.all) {
        this.paths.delete(path);
      } else if (!this.all || this.paths.size < EXCEPT_MAX) {
        this.paths.add(path);
      }
    }
  }

  /** Chooses everything that a filter lets through, seen or not. */
  chooseAll(filter: string, total: number): void {
    this.all = true;
    this.filter = filter;
    this.total = total;
    this.paths.clear();
  }

  /** Follows the table: another filter ends "all". */
  follow(filter: string, total: number): void {
    if (this.all && filter !== this.filter) {
      this.clear();
    } else if (this.all) {
      this.total = total;
    }
  }

  clear(): void {
    this.all = false;
    this.filter = '';
    this.paths.clear();
  }

  /** The filter that lets through exactly what is chosen, while `all` is true. */
  get allFilter(): string {
    const except = [...this.paths].map(quote).join(',');
    return except === '' ? this.filter : joined(this.filter, `path!=${except}`);
  }
}

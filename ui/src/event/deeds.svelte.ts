// What people did, with the result of each deed: pages of the audit's search, the newest first.

import { get, problemOf } from '../api/client.ts';
import type { AuditEntry, AuditPage, Problem } from '../api/schema.ts';
import type { DeedQuery } from './query.ts';

/** Deeds of one request: two screens. */
const PAGE = 100;

export class Deeds {
  #items = $state.raw<readonly AuditEntry[]>([]);
  #problem = $state.raw<Problem | null>(null);
  #loading = $state.raw(false);
  #next = $state.raw<number | null>(null);
  #query: DeedQuery = {};
  #aborter = new AbortController();

  get items(): readonly AuditEntry[] {
    return this.#items;
  }

  get problem(): Problem | null {
    return this.#problem;
  }

  get loading(): boolean {
    return this.#loading;
  }

  /** True when there may be older ones. */
  get more(): boolean {
    return this.#next !== null;
  }

  /** Reads anew. */
  async query(query: DeedQuery): Promise<void> {
    this.close();
    this.#aborter = new AbortController();
    this.#query = query;
    this.#items = [];
    await this.#read(undefined);
  }

  async older(): Promise<void> {
    if (this.#next !== null && !this.#loading) await this.#read(this.#next);
  }

  close(): void {
    this.#aborter.abort();
  }

  async #read(before: number | undefined): Promise<void> {
    const { signal } = this.#aborter;
    this.#loading = true;
    try {
      const page = await get<AuditPage>('/api/v1/audit', { ...this.#query, before, limit: PAGE }, signal);
      if (signal.aborted) return;
      this.#items = [...this.#items, ...page.items];
      this.#next = page.next ?? null;
      this.#problem = null;
    } catch (error) {
      if (!signal.aborted) this.#problem = problemOf(error);
    } finally {
      if (!signal.aborted) this.#loading = false;
    }
  }
}

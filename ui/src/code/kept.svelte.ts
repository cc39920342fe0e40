// What is kept as code, and so is not changed by hand: names by kind, as the master has them.

import { Listing } from '../access/listing.svelte.ts';
import type { CodeKind, CodeRow } from '../api/schema.ts';

export class KeptAsCode {
  readonly #listing = new Listing<CodeRow>('/api/v1/code', ['CodeChanged']);
  readonly #names = $derived(new Set(this.#listing.rows?.map(({ kind, name }) => `${kind} ${name}`)));

  has(kind: CodeKind, name: string): boolean {
    return this.#names.has(`${kind} ${name}`);
  }

  async read(): Promise<void> {
    await this.#listing.read();
  }

  close(): void {
    this.#listing.close();
  }
}

// Parts of the console that are not in its first file: pages, dialogs, details, charts.
//
// ```text
// the address ─► chunk.load() ─► drawn as soon as it is here
// nothing to do, page complete ─► loadAll(), one after the other ─► a later click waits for nothing
// ```
//
// Invariants
// - K-1: a part that was loaded stays, whatever becomes of the master.
// - K-2: a part that could not be loaded is tried again by `load` and by `loadAll`, never by itself.
//
// Elsewhere: what stands in its place until then, and when it does not come (Chunk.svelte).

import type { Component } from 'svelte';

/** What `import()` of a component gives. */
interface Imported<P extends object> {
  default: Component<P>;
}

/** What `loadAll` needs of each part. */
type Loadable = Pick<Chunk<never>, 'load' | 'component'>;

/** Every part there is, in the order in which they are declared. */
const all: Loadable[] = [];

/** One component and all that only it needs. */
export class Chunk<P extends object = Record<string, never>> {
  #component = $state.raw<Component<P> | null>(null);
  #failed = $state.raw(false);
  #loading: Promise<boolean> | null = null;
  readonly #import: () => Promise<Imported<P>>;

  /** @param load an `import()` written out, for the builder makes a file of it */
  constructor(load: () => Promise<Imported<P>>) {
    this.#import = load;
    all.push(this);
  }

  /** Null until it is loaded. */
  get component(): Component<P> | null {
    return this.#component;
  }

  /** True when the last try was in vain. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Loads it, unless it is here or on its way. Says whether it is here; never rejects. */
  load(): Promise<boolean> {
    this.#loading ??= this.#import().then(
      (imported) => {
        this.#component = imported.default;
        this.#failed = false;
        return true;
      },
      () => {
        this.#failed = true;
        this.#loading = null;
        return false;
      },
    );
    return this.#loading;
  }
}

/** Longest wait for an idle moment before the next part is loaded all the same, in milliseconds. */
const IDLE_WITHIN_MS = 2_000;
/** How often it is looked whether what the page waits for has come, in milliseconds. */
const LOOK_AGAIN_MS = 100;

/** Until the browser has nothing to do. */
function idle(): Promise<void> {
  return new Promise((resolve) => {
    // Safari has no such call; there the frames that are due come first.
    if ('requestIdleCallback' in window) {
      requestIdleCallback(() => resolve(), { timeout: IDLE_WITHIN_MS });
    } else {
      setTimeout(resolve, LOOK_AGAIN_MS);
    }
  });
}

/**
 * Loads every part that is not here yet, one after the other in idle moments.
 *
 * - `busy`: true while the page waits for something of its own, which comes first.
 *
 * Gives up at the first that does not come: then the master is away, or another one, and the rest
 * would not come either.
 */
export async function loadAll(busy: () => boolean, rest: () => Promise<void> = idle): Promise<void> {
  for (const chunk of all) {
    if (chunk.component === null) {
      while (busy()) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
      }
      // What has come is drawn first.
      await rest();
      if (!(await chunk.load())) {
        return;
      }
    }
  }
}

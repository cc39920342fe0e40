// What somebody does about problems: which of them, and how. One dialog at a time.

import { get, send } from '../api/client.ts';
import { joinOf } from '../api/join.ts';
import type { PageProblemRow } from '../api/schema.ts';
import { toast } from '../parts/toast.svelte.ts';
import { counted } from '../state/format.ts';
import type { Selection } from '../table/selection.svelte.ts';
import { lineOf } from './line.ts';

const PROBLEMS = '/api/v1/problems';
/** As many as one request may name, and one list may have. */
export const NAMED_MAX = 10_000;
/** Objects muted at once: each is a mute of its own, to be ended by itself. */
export const MUTED_MAX = 50;

export type Deed = 'acknowledge' | 'unacknowledge' | 'mute' | 'comment' | 'close';

export const DEEDS: readonly { deed: Deed; label: string; hint: string }[] = [
  { deed: 'acknowledge', label: 'Acknowledge', hint: 'Take them in hand: nobody else is told meanwhile' },
  { deed: 'unacknowledge', label: 'Unacknowledge', hint: 'Give them out of hand' },
  { deed: 'mute', label: 'Mute', hint: 'Tell nobody of problems on their objects for a time' },
  { deed: 'comment', label: 'Comment', hint: 'Write something about them' },
  { deed: 'close', label: 'Close', hint: 'Only those whose condition is not known to be so any more' },
];

/** Which problems, by their ids, or all that a filter lets through but some. */
export type Which = { ids: readonly string[] } | { filter: string; except: readonly string[]; count: number };

/** What is chosen in a table; the row that the keyboard is at when nothing is. */
export function whichOf(selection: Selection, active: string | null): Which {
  const ids = [...selection.paths];
  if (selection.all) {
    return { filter: selection.filter, except: ids, count: selection.count };
  }
  return { ids: ids.length > 0 || active === null ? ids : [active] };
}

export function countOf(which: Which): number {
  return 'ids' in which ? which.ids.length : which.count;
}

/** The problems of a filter are those that it lets through when it is done. */
export async function idsOf(which: Which): Promise<string[]> {
  if ('ids' in which) {
    return [...which.ids];
  }
  const page = await get<PageProblemRow>(PROBLEMS, { filter: which.filter, limit: NAMED_MAX });
  const except = new Set(which.except);
  return page.items.map((row) => lineOf(row).path).filter((id) => !except.has(id));
}

/** The objects that problems are on, and the rules that see them; each once. */
export async function objectsOf(which: Which): Promise<{ objects: string[]; rules: string[] }> {
  const ids = new Set(await idsOf(which));
  const filter = 'ids' in which ? undefined : which.filter;
  const page = await get<PageProblemRow>(PROBLEMS, { filter, limit: NAMED_MAX });
  const rows = page.items.filter((row) => ids.has(lineOf(row).path));
  const unique = (all: string[]): string[] => [...new Set(all)].sort();
  return { objects: unique(rows.map(({ object }) => object)), rules: unique(rows.map(({ rule }) => rule)) };
}

class Handling {
  #open = $state.raw<{ deed: Deed; which: Which; done: () => void } | null>(null);

  get open(): { deed: Deed; which: Which; done: () => void } | null {
    return this.#open;
  }

  /** Begins to do something; nothing when there is nothing to do it to. */
  begin(deed: Deed, which: Which, done: () => void = () => undefined): void {
    if (countOf(which) > 0) {
      this.#open = { deed, which, done };
    }
  }

  end(): void {
    this.#open = null;
  }
}

export const handling = new Handling();

/** Does it, in each cluster for itself. Throws ProblemError. */
export async function perform(deed: Exclude<Deed, 'mute'>, which: Which, terms: object): Promise<void> {
  const ids = await idsOf(which);
  for (const join of new Set(ids.map(joinOf))) {
    const some = ids.filter((id) => joinOf(id) === join);
    const problems = join === null ? some.map(Number) : some;
    await send('POST', `${PROBLEMS}/${deed}`, { problems, ...terms });
  }
  const done = {
    acknowledge: 'acknowledged',
    unacknowledge: 'no longer acknowledged',
    comment: 'commented',
    close: 'closed',
  }[deed];
  toast.info(`${counted(ids.length, 'problem')} ${done}`);
}

// Saved views of a tab: the queries of its address, by name.

import type { SavedView } from '../state/preferences.svelte.ts';

/** What of an address a view keeps: what is open at the moment is nobody's view. */
const KEPT = ['filter', 'sort', 'columns'] as const;

/** The view of an address's values. */
export function queryOf(params: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams();
  for (const name of KEPT) {
    const value = params[name];
    if (value !== undefined && value !== '') {
      query.set(name, value);
    }
  }
  return query.toString();
}

/** The values that a view sets; those that it does not have are taken away. */
export function paramsOf(view: Pick<SavedView, 'query'>): Record<string, string | null> {
  const query = new URLSearchParams(view.query);
  return Object.fromEntries(KEPT.map((name) => [name, query.get(name)]));
}

/** The views of a tab, by name. */
export function viewsOf(views: readonly SavedView[], tab: string): SavedView[] {
  return views
    .filter((view) => view.tab === tab)
    .sort((left, right) => left.name.localeCompare(right.name, 'en'));
}

// The order of a table as its text in the address: `-cpu_pct,name`, the first key first.

export interface SortKey {
  readonly field: string;
  readonly descending: boolean;
}

/** Most keys, as the master allows. */
const KEYS_MAX = 8;

export function parseSort(text: string): SortKey[] {
  return text
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '' && key !== '-')
    .map((key) =>
      key.startsWith('-') ? { field: key.slice(1), descending: true } : { field: key, descending: false },
    );
}

export function formatSort(keys: readonly SortKey[]): string {
  return keys.map((key) => (key.descending ? `-${key.field}` : key.field)).join(',');
}

/**
 * The order after a click on a column's title: its first direction, then the other, then none.
 *
 * - `descendingFirst`: for amounts, whose largest are looked for.
 * - `add`: keep the other keys and let this one decide between their equals.
 */
export function clickSort(text: string, field: string, descendingFirst: boolean, add: boolean): string {
  const keys = parseSort(text);
  const present = keys.find((key) => key.field === field);
  const others = add ? keys.filter((key) => key.field !== field) : [];
  if (!present) {
    return formatSort([...others, { field, descending: descendingFirst }].slice(-KEYS_MAX));
  }
  if (present.descending !== descendingFirst) {
    return formatSort(others);
  }
  const turned = { field, descending: !present.descending };
  return formatSort(add ? keys.map((key) => (key.field === field ? turned : key)) : [turned]);
}

// Columns as most of them are: named, sorted and exported by the field of the row that they show.

import { ago, text } from '../state/format.ts';
import type { Column } from './columns.ts';

/** The fields of a row that hold something of one type. */
type Fields<R, T> = { [K in keyof R & string]-?: R[K] extends T ? K : never }[keyof R & string];

type Words = string | null | undefined;
type Amount = number | null | undefined;

/** What a column may have beside what its kind says. */
type More<R> = Partial<Omit<Column<R>, 'id' | 'label' | 'width' | 'text' | 'value'>>;

/** A column of words; `–` where there are none. */
export function word<R>(id: Fields<R, Words>, label: string, width: number, more: More<R> = {}): Column<R> {
  const of = (row: R): Words => row[id] as Words;
  return {
    id,
    label,
    field: id,
    width,
    text: (row) => text(of(row)),
    value: (row) => of(row) ?? null,
    ...more,
  };
}

/** A column of an amount, written by `words`; whoever sorts by it looks for the largest first. */
export function amount<R>(
  id: Fields<R, Amount>,
  label: string,
  width: number,
  words: (amount: Amount) => string,
  more: More<R> = {},
): Column<R> {
  const of = (row: R): Amount => row[id] as Amount;
  return {
    id,
    label,
    field: id,
    width,
    align: 'end',
    descending: true,
    text: (row) => words(of(row)),
    value: (row) => of(row) ?? null,
    ...more,
  };
}

/** How long a row has been in its status. */
export const inStatusFor: Column<{ since: string }> = {
  id: 'since',
  label: 'In status for',
  field: 'since',
  width: 100,
  align: 'end',
  flashes: false,
  optional: true,
  text: (row, now) => ago(row.since, now),
  value: (row) => row.since,
};

// What a column of a table is, and which columns are shown: `columns=status,name` in the address.

import type { Snippet } from 'svelte';

/** What an exported cell holds; null is empty. */
export type Exported = string | number | boolean | null;

/** What a cell knows of its row beside the row itself. */
export interface Cell {
  /** True when the row's data is late, or nothing is heard of any. */
  readonly stale: boolean;
  /** True in the row that the keyboard is at: only its buttons are in the order of Tab. */
  readonly active: boolean;
  /** When this version of the row came, on the master's clock in ms. */
  readonly receivedAt: number;
}

/** One column of a table of rows. */
export interface Column<R> {
  /** Its name in the address: that of the row's field, where it shows one. */
  readonly id: string;
  /** Its title. */
  readonly label: string;
  /** What it means, where the title does not say it all. */
  readonly hint?: string;
  /** The field that it sorts by; without one it cannot. */
  readonly field?: string;
  /** Least width in pixels; what is left over is shared by `grow`. */
  readonly width: number;
  readonly grow?: number;
  readonly align?: 'start' | 'end';
  /** True for an amount, whose largest one looks for first. */
  readonly descending?: boolean;
  /** The edge at which it stays in sight when the table scrolls sideways. */
  readonly pinned?: 'start' | 'end';
  /** Shown only when chosen. */
  readonly optional?: boolean;
  /** False for what changes by itself, such as an age: it never flashes. */
  readonly flashes?: boolean;
  /** The cell's text; whoever hovers it reads it whole. `now` is the master's clock in ms. */
  readonly text: (row: R, now: number) => string;
  /** Draws the cell where text alone is not enough. */
  readonly render?: Snippet<[row: R, cell: Cell]>;
  /** The raw value for exports. */
  readonly value: (row: R) => Exported;
}

/** The columns shown when the address does not say. */
export function defaultColumns<C extends Column<never>>(all: readonly C[]): C[] {
  return all.filter((column) => !column.optional);
}

/** The columns that an address names, in its order; what it names wrongly is left out. */
export function parseColumns<C extends Column<never>>(text: string, all: readonly C[]): C[] {
  const ids = [...new Set(text.split(',').map((id) => id.trim()))];
  const named = ids.flatMap((id) => all.filter((column) => column.id === id));
  return named.length > 0 ? named : defaultColumns(all);
}

/** The columns for the address: nothing for the usual ones. */
export function formatColumns<C extends Column<never>>(shown: readonly C[], all: readonly C[]): string {
  const text = shown.map((column) => column.id).join(',');
  const usual = defaultColumns(all)
    .map((column) => column.id)
    .join(',');
  return text === usual ? '' : text;
}

/** Puts the item at one place to another. */
export function move<T>(items: readonly T[], from: number, to: number): T[] {
  const moved = items[from];
  if (moved === undefined || to < 0 || to >= items.length) {
    return [...items];
  }
  const others = items.filter((_, index) => index !== from);
  return [...others.slice(0, to), moved, ...others.slice(to)];
}

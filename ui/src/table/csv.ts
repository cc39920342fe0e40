// Comma-separated values (RFC 4180), safe to open in a spreadsheet.

import type { Exported } from './columns.ts';

/** What makes a spreadsheet take a text for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/** One cell. A text that a spreadsheet would run gets an apostrophe before it; a number is a number. */
export function csvCell(value: Exported): string {
  if (value === null || (typeof value === 'number' && !Number.isFinite(value))) {
    return '';
  }
  if (typeof value !== 'string') {
    return String(value);
  }
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) || text.trim() !== text ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A table with its titles. */
export function csv(titles: readonly string[], rows: readonly (readonly Exported[])[]): string {
  return [titles, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

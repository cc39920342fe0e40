// A whole table as a file: every row that the filter lets through, with the columns as shown.

import { get } from '../api/client.ts';
import type { Column, Exported } from './columns.ts';
import { csv } from './csv.ts';

/** Rows of one request, as many as the master allows. */
const PAGE = 10_000;
/** Most rows of a file: all services of the largest fleet that one master serves. */
export const ROWS_MAX = 100_000;

export type Form = 'csv' | 'json';

export interface ExportQuery {
  /** `servers`, … */
  kind: string;
  filter: string;
  sort: string;
}

/** A file and what to say about it. */
export interface ExportFile {
  name: string;
  type: string;
  content: string;
  rows: number;
  /** Rows that the filter lets through; more than `rows` when the file was cut. */
  total: number;
  /** True when the rows are in the order of their paths. */
  byPath: boolean;
}

/**
 * Reads all rows and writes the file.
 *
 * More than one page is read in the order of paths: in any other, rows that move while the pages are
 * read would be there twice or not at all.
 *
 * Throws ProblemError when a page is refused.
 */
export async function exportTable<R extends { path: string }>(
  query: ExportQuery,
  columns: readonly Column<R>[],
  form: Form,
  now: number,
  adapt: (row: R) => R = (row) => row,
): Promise<ExportFile> {
  const { kind, filter, sort } = query;
  const page = async (offset: number, order: string): Promise<{ items: R[]; total: number }> => {
    const found = await get<{ items: R[]; total: number }>(`/api/v1/${kind}`, {
      filter: filter || undefined,
      sort: order || undefined,
      limit: PAGE,
      offset,
    });
    return { items: found.items.map(adapt), total: found.total };
  };
  let { items, total } = await page(0, sort);
  const byPath = total > PAGE && sort !== '' && sort !== 'path';
  if (byPath) {
    ({ items, total } = await page(0, 'path'));
  }
  const rows = new Map(items.map((row) => [row.path, row]));
  for (let offset = PAGE; offset < Math.min(total, ROWS_MAX); offset += PAGE) {
    const next = await page(offset, byPath ? 'path' : sort);
    total = next.total;
    for (const row of next.items) {
      rows.set(row.path, row);
    }
  }
  const kept = [...rows.values()].slice(0, ROWS_MAX);
  const content = form === 'csv' ? asCsv(kept, columns) : asJson(kept, columns);
  return {
    name: fileName(kind, form, now),
    type: form === 'csv' ? 'text/csv;charset=utf-8' : 'application/json',
    content,
    rows: kept.length,
    total,
    byPath,
  };
}

function asCsv<R>(rows: readonly R[], columns: readonly Column<R>[]): string {
  return csv(
    ['path', ...columns.map((column) => column.id)],
    rows.map((row) => [pathOf(row), ...columns.map((column) => column.value(row))]),
  );
}

function asJson<R>(rows: readonly R[], columns: readonly Column<R>[]): string {
  const objects = rows.map((row): Record<string, Exported> => {
    const values = columns.map((column) => [column.id, column.value(row)] as const);
    return { path: pathOf(row), ...Object.fromEntries(values) };
  });
  return `${JSON.stringify(objects, null, 1)}\n`;
}

function pathOf(row: unknown): string {
  return (row as { path: string }).path;
}

/** `topmast-servers-20261123T101500Z.csv` */
export function fileName(kind: string, form: Form, now: number): string {
  const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
  return `topmast-${kind}-${time}.${form}`;
}

/** Hands a file to the browser. */
export function download(file: Pick<ExportFile, 'name' | 'type' | 'content'>): void {
  const url = URL.createObjectURL(new Blob([file.content], { type: file.type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = file.name;
  link.click();
  // The browser has taken it by the next turn of the loop.
  setTimeout(() => URL.revokeObjectURL(url));
}

import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Column } from './columns.ts';
import { exportTable, fileName, ROWS_MAX } from './export.ts';

interface Row {
  path: string;
  message: string | null;
  tps: number | null;
}

const columns: readonly Column<Row>[] = [
  { id: 'message', label: 'Message', width: 1, text: () => '', value: (row) => row.message },
  { id: 'tps', label: 'TPS', width: 1, text: () => '', value: (row) => row.tps },
];

/** A master with so many rows; returns the queries that it was asked. */
function master(total: number): URLSearchParams[] {
  const asked: URLSearchParams[] = [];
  vi.stubGlobal('fetch', (address: string) => {
    const query = new URL(address, 'http://master').searchParams;
    asked.push(query);
    const from = Number(query.get('offset'));
    const length = Math.max(0, Math.min(Number(query.get('limit')), total - from));
    const items = Array.from({ length }, (_, index) => ({
      path: `t/c/s/a/${from + index}`,
      message: from + index === 0 ? '=1+1' : '<b>"x", y',
      tps: from + index === 0 ? null : 1.5,
    }));
    return Promise.resolve(new Response(JSON.stringify({ items, total, revision: 1 })));
  });
  return asked;
}

const query = { kind: 'services', filter: 'tps>1', sort: '-tps' };

afterEach(() => vi.unstubAllGlobals());

describe('exportTable', () => {
  it('writes the rows of the filter in the order of the table', async () => {
    const asked = master(2);
    const file = await exportTable(query, columns, 'csv', 0);
    expect(file.content).toBe('path,message,tps\r\nt/c/s/a/0,\'=1+1,\r\nt/c/s/a/1,"<b>""x"", y",1.5\r\n');
    expect([file.rows, file.total, file.byPath]).toEqual([2, 2, false]);
    expect(asked.map((one) => [one.get('filter'), one.get('sort')])).toEqual([['tps>1', '-tps']]);
    const json = await exportTable(query, columns, 'json', 0);
    expect(JSON.parse(json.content)).toEqual([
      { path: 't/c/s/a/0', message: '=1+1', tps: null },
      { path: 't/c/s/a/1', message: '<b>"x", y', tps: 1.5 },
    ]);
  });

  it('reads several pages in the order of paths, each row once', async () => {
    const asked = master(25_000);
    const file = await exportTable(query, columns, 'csv', 0);
    expect([file.rows, file.byPath]).toEqual([25_000, true]);
    expect(asked.slice(1).map((one) => [one.get('sort'), one.get('offset')])).toEqual([
      ['path', '0'],
      ['path', '10000'],
      ['path', '20000'],
    ]);
  });

  it('says when it was cut', async () => {
    master(ROWS_MAX + 5);
    const file = await exportTable({ ...query, sort: '' }, columns, 'csv', 0);
    expect([file.rows, file.total]).toEqual([ROWS_MAX, ROWS_MAX + 5]);
  });
});

it('names the file by what it holds and when', () => {
  expect(fileName('services', 'csv', Date.UTC(2026, 10, 23, 10, 15))).toBe(
    'topmast-services-20261123T101500Z.csv',
  );
});

import { expect, test } from 'vitest';
import type { AvailabilityTime, OutageRow } from '../api/schema.ts';
import { available, budgetLeft, budgetWords, months, outagesCsv, partWords, standing } from './words.ts';

function time(values: Partial<AvailabilityTime>): AvailabilityTime {
  return { up_ms: 0, down_ms: 0, unknown_ms: 0, maintenance_ms: 0, ...values };
}

test('a percentage is cut and never rounded up to what was not reached', () => {
  for (const [percent, words] of [
    [99.9999, '99.999%'],
    [100, '100%'],
    [99.9, '99.900%'],
    [87.456, '87.45%'],
    [null, '–'],
  ] as const) {
    expect(available(percent)).toBe(words);
  }
});

test('a budget says what is left of it, or by how much it is overdrawn', () => {
  const left = time({ budget_ms: 2_592_000, budget_left_ms: 720_000 });
  expect(budgetWords(left)).toBe('12m left of 43m12s');
  expect(budgetLeft(left)).toBeCloseTo(0.2777, 3);
  const over = time({ budget_ms: 60_000, budget_left_ms: -30_000 });
  expect(budgetWords(over)).toBe('overdrawn by 30s of 1m');
  expect(budgetLeft(over)).toBe(0);
  expect(budgetWords(time({}))).toBe(null);
  expect(budgetLeft(time({ budget_ms: 0, budget_left_ms: 0 }))).toBe(1);
});

test('a part of the time says what it was, and unknown is not up', () => {
  const short = time({ percent: 99.95, up_ms: 9_995, down_ms: 43_000, unknown_ms: 60_000 });
  expect(partWords(short)).toBe('99.950% available, 43s down, 1m not known');
  expect(partWords(time({}))).toBe('nothing was there');
  expect(standing(short, 99.9)).toBe('short');
  expect(standing(short, 99.99)).toBe('down');
  expect(standing(time({ percent: 100, up_ms: 1 }), 99.9)).toBe('up');
  expect(standing(time({ unknown_ms: 5 }), 99.9)).toBe('unknown');
  expect(partWords(time({ unknown_ms: 5_000, maintenance_ms: 60_000 }))).toBe('not known, 1m of maintenance');
});

test('months go back over a year', () => {
  expect(months(Date.UTC(2026, 1, 28), 3)).toEqual(['2026-02', '2026-01', '2025-12']);
});

test('outages are a file that a spreadsheet does not run', () => {
  const outage: OutageRow = {
    kind: 'service',
    cluster: 'acme/main',
    name: 'shop/pay',
    object: 'acme/main/db/shop/pay',
    from: '2026-11-01T00:00:00.000Z',
    down_ms: 5,
    status: 'MALFUNCTION',
    cause: '=1+1',
  };
  expect(outagesCsv([outage]).split('\r\n')[1]).toBe(
    "2026-11-01T00:00:00.000Z,,5,service,acme/main,shop/pay,MALFUNCTION,'=1+1",
  );
});

import { describe, expect, it } from 'vitest';
import { fit } from './fit.ts';

const LEAST = { width: 10, height: 4 };

describe('fit', () => {
  it('makes few tiles large', () => {
    expect(fit(1, { width: 60, height: 24 }, LEAST)).toEqual({ columns: 1, rows: 1, shown: 1 });
    expect(fit(4, { width: 60, height: 24 }, LEAST)).toEqual({ columns: 2, rows: 2, shown: 4 });
  });

  it('shows every tile for which there is a place', () => {
    for (let count = 1; count <= 36; count += 1) {
      const { columns, rows, shown } = fit(count, { width: 60, height: 24 }, LEAST);
      expect(shown).toBe(count);
      expect(columns * rows).toBeGreaterThanOrEqual(count);
      expect([columns <= 6, rows <= 6]).toEqual([true, true]);
    }
  });

  it('keeps one place to say how many more there are', () => {
    expect(fit(37, { width: 60, height: 24 }, LEAST)).toEqual({ columns: 6, rows: 6, shown: 35 });
    expect(fit(9, { width: 3, height: 1 }, LEAST)).toEqual({ columns: 1, rows: 1, shown: 0 });
  });
});

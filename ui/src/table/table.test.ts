import { describe, expect, it } from 'vitest';
import { formatColumns, move, parseColumns, type Column } from './columns.ts';
import { csv, csvCell } from './csv.ts';
import { hold } from './hold.ts';
import { Drift, LIMIT_MAX, sliceFor } from './slice.ts';
import { clickSort } from './sort.ts';

describe('clickSort', () => {
  it('goes through both directions to none', () => {
    expect(clickSort('', 'name', false, false)).toBe('name');
    expect(clickSort('name', 'name', false, false)).toBe('-name');
    expect(clickSort('-name', 'name', false, false)).toBe('');
    expect(clickSort('name', 'cpu_pct', true, false)).toBe('-cpu_pct');
    expect(clickSort('-cpu_pct', 'cpu_pct', true, false)).toBe('cpu_pct');
  });

  it('adds a key and turns it in its place', () => {
    expect(clickSort('status', 'name', false, true)).toBe('status,name');
    expect(clickSort('status,name', 'status', false, true)).toBe('-status,name');
    expect(clickSort('-status,name', 'status', false, true)).toBe('name');
    expect(clickSort('a,b,c,d,e,f,g,h', 'i', false, true).split(',')).toHaveLength(8);
  });
});

describe('columns in the address', () => {
  const column = (id: string, optional = false): Column<never> => ({
    id,
    label: id,
    width: 1,
    optional,
    text: () => id,
    value: () => id,
  });
  const all = [column('a'), column('b'), column('c', true)];
  const ids = (columns: readonly Column<never>[]): string => columns.map(({ id }) => id).join('');

  it('says nothing for the usual ones', () => {
    expect(ids(parseColumns('', all))).toBe('ab');
    expect(formatColumns(parseColumns('', all), all)).toBe('');
    expect(formatColumns(parseColumns('b,a', all), all)).toBe('b,a');
  });

  it('survives nonsense', () => {
    expect(ids(parseColumns('c,zz,c,a', all))).toBe('ca');
    expect(ids(parseColumns('constructor,', all))).toBe('ab');
  });

  it('moves one', () => {
    expect(move(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b']);
    expect(move(['a', 'b'], 1, 2)).toEqual(['a', 'b']);
  });
});

describe('csv', () => {
  it('never lets a spreadsheet run a cell', () => {
    expect(csvCell('=HYPERLINK("http://x")')).toBe('"\'=HYPERLINK(""http://x"")"');
    expect(['+1', '-1', '@x', '\tx'].map(csvCell)).toEqual(["'+1", "'-1", "'@x", "'\tx"]);
    expect(csvCell(-1.5)).toBe('-1.5');
  });

  it('is empty for what is not there', () => {
    expect(
      csv(
        ['a', 'b'],
        [
          [null, NaN],
          ['x,y', ' z'],
        ],
      ),
    ).toBe('a,b\r\n,\r\n"x,y"," z"\r\n');
  });
});

describe('hold', () => {
  const row = (path: string, value = 0) => ({ path, value });

  it('keeps places and takes values', () => {
    const held = hold([row('a'), row('b')], [row('b', 2), row('a', 1)]);
    expect(held.rows).toEqual([row('a', 1), row('b', 2)]);
    expect(held.moved).toBe(2);
  });

  it('keeps a row that left, and says so', () => {
    const held = hold([row('a', 9), row('b')], [row('c'), row('b', 2)]);
    expect(held.rows).toEqual([row('a', 9), row('b', 2)]);
    expect([...held.gone]).toEqual(['a']);
    expect(held.moved).toBe(1);
  });

  it('lets the list grow at its end', () => {
    const held = hold([row('a')], [row('a'), row('b')]);
    expect(held.rows).toEqual([row('a'), row('b')]);
    expect(held.moved).toBe(0);
  });
});

describe('sliceFor', () => {
  it('asks for what is in sight and some beyond', () => {
    expect(sliceFor(0, 29, null)).toEqual({ offset: 0, limit: 50 });
    expect(sliceFor(1_000, 1_029, null)).toEqual({ offset: 990, limit: 50 });
  });

  it('asks nothing new for a little scrolling, and anew at the edge', () => {
    const asked = sliceFor(100, 129, null);
    expect(sliceFor(105, 134, asked)).toBe(asked);
    expect(sliceFor(95, 124, asked)).toBe(asked);
    expect(sliceFor(115, 144, asked)).not.toBe(asked);
    const first = sliceFor(0, 29, null);
    expect(sliceFor(0, 29, first)).toBe(first);
  });

  it('asks for more where the scrolling goes', () => {
    const asked = sliceFor(100, 129, null);
    expect(sliceFor(120, 149, asked)).toEqual({ offset: 112, limit: LIMIT_MAX });
    const far = { offset: 1_000, limit: LIMIT_MAX };
    expect(sliceFor(990, 1_019, far)).toEqual({ offset: 990 - (LIMIT_MAX - 30 - 8), limit: LIMIT_MAX });
  });

  it('asks the earlier the faster it goes, and a fresh slice is enough for any speed', () => {
    const asked = { offset: 100, limit: LIMIT_MAX };
    expect(sliceFor(180, 209, asked, 0)).toBe(asked);
    expect(sliceFor(180, 209, asked, -10)).toBe(asked);
    expect(sliceFor(180, 209, asked, 30)).toEqual({ offset: 172, limit: LIMIT_MAX });
    const far = { offset: 1_000, limit: LIMIT_MAX };
    expect(sliceFor(1_050, 1_079, far, -30).offset).toBe(1_050 - (LIMIT_MAX - 30 - 8));
    for (const drift of [-5_000, -40, 40, 5_000]) {
      const fresh = sliceFor(1_000, 1_029, asked, drift);
      expect(sliceFor(1_000, 1_029, fresh, drift), `${drift}`).toBe(fresh);
    }
  });

  it('always covers what is in sight, up to its bound', () => {
    let asked = null;
    for (let first = 0; first < 5_000; first += 37) {
      asked = sliceFor(first, first + 79, asked);
      expect(asked.offset).toBeLessThanOrEqual(first);
      expect(asked.offset + asked.limit).toBeGreaterThan(first + 79);
      expect(asked.limit).toBeLessThanOrEqual(LIMIT_MAX);
    }
  });
});

describe('Drift', () => {
  it('is what passes while an answer comes, at the speed of just now', () => {
    const drift = new Drift();
    expect(drift.rows).toBe(0);
    drift.asked(0);
    drift.answered(100);
    for (let at = 0; at <= 1_000; at += 10) {
      drift.moved(at < 500 ? at : 1_000 - at, at);
    }
    expect(drift.rows).toBe(-100);
    drift.moved(0, 2_000);
    expect(drift.rows).toBe(0);
  });

  it('follows the time that answers take', () => {
    const drift = new Drift();
    drift.moved(0, 0);
    drift.moved(10, 100);
    expect(drift.rows).toBe(10);
    for (let turn = 0; turn < 30; turn += 1) {
      drift.asked(turn * 1_000);
      drift.answered(turn * 1_000 + 400);
      drift.answered(turn * 1_000 + 900);
    }
    expect(drift.rows).toBe(40);
  });
});

import { describe, expect, it } from 'vitest';
import { EXCEPT_MAX, Selection } from './selection.svelte.ts';

describe('Selection', () => {
  it('counts rows ticked one by one, whatever is scrolled', () => {
    const selection = new Selection();
    selection.set(['a', 'b'], true);
    selection.toggle('a');
    selection.toggle('c');
    expect([...selection.paths]).toEqual(['b', 'c']);
    expect(selection.count).toBe(2);
    selection.follow('status=UP', 5);
    expect(selection.count).toBe(2);
  });

  it('takes rows out of all, and says so in the filter', () => {
    const selection = new Selection();
    selection.chooseAll('a or b', 1_284);
    selection.toggle('t/c/s');
    expect(selection.has('t/c/s')).toBe(false);
    expect(selection.has('t/c/other')).toBe(true);
    expect(selection.count).toBe(1_283);
    expect(selection.allFilter).toBe('(a or b) path!=t/c/s');
    selection.toggle('t/c/s');
    expect(selection.allFilter).toBe('a or b');
  });

  it('ends all when the filter changes, and follows its total', () => {
    const selection = new Selection();
    selection.chooseAll('x', 10);
    selection.follow('x', 12);
    expect(selection.count).toBe(12);
    selection.follow('x y', 3);
    expect(selection.all).toBe(false);
    expect(selection.count).toBe(0);
  });

  it('bounds what is taken out', () => {
    const selection = new Selection();
    selection.chooseAll('', 1_000);
    selection.set(
      Array.from({ length: EXCEPT_MAX + 5 }, (_, index) => `t/c/s${index}`),
      false,
    );
    expect(selection.paths.size).toBe(EXCEPT_MAX);
  });
});

import { describe, expect, it } from 'vitest';
import { spanChoices } from './span.ts';

const MINUTE = 60_000;

function words(keptMs: number): string[] {
  return spanChoices(keptMs).map((choice) => choice.words);
}

describe('spanChoices', () => {
  it('offers what the history holds and no more', () => {
    expect(words(0)).toEqual(['5 min']);
    expect(words(5 * MINUTE + 3_000)).toEqual(['5 min']);
    expect(words(40 * MINUTE)).toEqual(['5 min', '15 min', 'everything']);
    expect(words(8 * 24 * 60 * MINUTE)).toEqual([
      '5 min',
      '15 min',
      '1 h',
      '6 h',
      '24 h',
      '7 days',
      'everything',
    ]);
  });
});

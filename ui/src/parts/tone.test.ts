import { describe, expect, it } from 'vitest';
import { toneOf } from './tone.ts';

describe('toneOf', () => {
  it('never calls late data healthy', () => {
    expect(toneOf('UP')).toBe('healthy');
    expect(toneOf('UP', true)).toBe('unknown');
    expect(toneOf('DOWN', true)).toBe('failed');
  });

  it('calls a word that it does not know unknown', () => {
    expect(toneOf('SIDEWAYS')).toBe('unknown');
    expect(toneOf('constructor')).toBe('unknown');
  });
});

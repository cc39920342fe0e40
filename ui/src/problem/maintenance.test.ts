import { expect, test } from 'vitest';
import { windowOf, windowWords, type Draft } from './maintenance.ts';

const NOW = Date.parse('2026-03-01T20:00:00Z');
const draft: Draft = {
  kind: 'once',
  begins: '',
  ends: '',
  lasts: '1h30m',
  on: 'daily',
  weekdays: [],
  days: '',
  at: '02:30',
  zone: 'Europe/Zurich',
  until: '',
};

function given(part: Partial<Draft>) {
  return windowOf({ ...draft, ...part }, NOW);
}

test('a draft becomes the window that the master takes', () => {
  expect(given({}).window).toEqual({
    once: { starts_at: '2026-03-01T20:00:00.000Z', ends_at: '2026-03-01T21:30:00.000Z' },
  });
  expect(given({ kind: 'flexible', ends: '2026-03-02T06:00:00Z' }).window).toEqual({
    flexible: { starts_at: '2026-03-01T20:00:00.000Z', ends_at: '2026-03-02T06:00:00.000Z', lasts: '1h30m' },
  });
  const recurring = { at: '02:30', zone: 'Europe/Zurich', lasts: '1h30m' };
  const again = (part: Partial<Draft>) => given({ kind: 'recurring', ...part }).window;
  expect(again({})).toEqual({ recurring: { ...recurring, on: 'daily' } });
  expect(again({ on: 'weekly', weekdays: ['sunday', 'monday'] })).toEqual({
    recurring: { ...recurring, on: { weekly: ['monday', 'sunday'] } },
  });
  expect(again({ on: 'monthly', days: '1, 15 -1,1', until: '2027-01-01T00:00:00Z' })).toEqual({
    recurring: { ...recurring, on: { monthly: [1, 15, -1] }, until: '2027-01-01T00:00:00.000Z' },
  });
});

test('what is wrong in a draft is said at its field', () => {
  const wrong = (part: Partial<Draft>) => Object.keys(given(part).wrong);
  expect(given({ lasts: '0s' }).window).toBeNull();
  expect(wrong({ lasts: '' })).toEqual(['lasts']);
  expect(wrong({ begins: 'tomorrow' })).toEqual(['begins']);
  expect(wrong({ kind: 'flexible' })).toEqual(['ends']);
  expect(wrong({ kind: 'flexible', ends: '2026-03-01T19:00:00Z' })).toEqual(['ends']);
  expect(wrong({ kind: 'recurring', at: '24:00', zone: ' ' })).toEqual(['at', 'zone']);
  expect(wrong({ kind: 'recurring', on: 'weekly' })).toEqual(['weekdays']);
  for (const days of ['', '0', '32', '-2', 'first', '1;2']) {
    expect(wrong({ kind: 'recurring', on: 'monthly', days })).toEqual(['days']);
  }
  // What another kind asks for does not matter.
  expect(wrong({ ends: 'never', at: 'noon', until: 'never' })).toEqual([]);
});

test('a window is said in words', () => {
  const words = (part: Partial<Draft>) => {
    const { window } = given(part);
    return window ? windowWords(window, (iso) => iso.slice(0, 10)) : null;
  };
  const recurring = { kind: 'recurring' } as const;
  expect(words(recurring)).toBe('daily at 02:30 Europe/Zurich for 1h30m');
  expect(words({ ...recurring, on: 'monthly', days: '1,-1', until: '2027-01-01T00:00:00Z' })).toBe(
    'day 1, the last day of the month at 02:30 Europe/Zurich for 1h30m, until 2027-01-01',
  );
  const on = { 'monthly-on': { nth: 2, day: 'tuesday' } } as unknown as Record<string, never>;
  const second = { recurring: { on, at: '02:30', zone: 'UTC', lasts: '1h' } };
  expect(windowWords(second, String)).toBe('the 2nd tuesday of the month at 02:30 UTC for 1h');
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { preferences, readPreferences } from './preferences.svelte.ts';

const view = { name: 'Late', tab: 'servers', query: 'filter=stale%3Dtrue' };
const defaults = {
  theme: 'system',
  density: 'comfortable',
  zone: 'viewer',
  span: '5m',
  keys: {},
  views: [],
};

beforeEach(() => {
  localStorage.clear();
  preferences.follow(new StorageEvent('storage', { key: null, newValue: null }));
});

afterEach(() => vi.restoreAllMocks());

describe('readPreferences', () => {
  it('takes the default for whatever is nonsense', () => {
    for (const text of [
      null,
      '',
      '{',
      'null',
      '7',
      '"dark"',
      '[]',
      '{"theme":{}}',
      '{"views":[null,7,{}],"keys":3}',
    ]) {
      expect(readPreferences(text), String(text)).toEqual(defaults);
    }
  });

  it('keeps what is right beside what is not', () => {
    const text = JSON.stringify({
      theme: 'light',
      density: 'huge',
      keys: { help: 'h', pause: 5 },
      views: [view, { ...view, name: '' }, { ...view, tab: '../x' }, { ...view, query: 'x'.repeat(20_000) }],
    });
    expect(readPreferences(text)).toEqual({
      ...defaults,
      theme: 'light',
      keys: { help: 'h' },
      views: [view],
    });
  });
});

describe('preferences', () => {
  it('are stored, and followed when another tab changes them', () => {
    preferences.theme = 'light';
    expect(readPreferences(localStorage.getItem('topmast.preferences')).theme).toBe('light');
    preferences.follow(
      new StorageEvent('storage', { key: 'topmast.preferences', newValue: '{"density":"compact"}' }),
    );
    expect([preferences.theme, preferences.density]).toEqual(['system', 'compact']);
    preferences.follow(
      new StorageEvent('storage', { key: 'another', newValue: '{"density":"comfortable"}' }),
    );
    expect(preferences.density).toBe('compact');
  });

  it('lose nothing that another tab saved a moment ago', () => {
    localStorage.setItem('topmast.preferences', JSON.stringify({ zone: 'utc' }));
    preferences.theme = 'dark';
    expect([preferences.zone, preferences.theme]).toEqual(['utc', 'dark']);
  });

  it('hold for the tab when nothing can be stored', () => {
    vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    preferences.density = 'compact';
    expect(preferences.density).toBe('compact');
  });

  it('keep one view of a name on each page', () => {
    expect(preferences.saveView(view)).toBeNull();
    expect(preferences.saveView({ ...view, query: 'sort=name' })).toBeNull();
    expect(preferences.saveView({ ...view, tab: 'tasks' })).toBeNull();
    expect(preferences.views.map(({ tab, query }) => [tab, query])).toEqual([
      ['servers', 'sort=name'],
      ['tasks', view.query],
    ]);
    expect(preferences.saveView({ ...view, name: ' ' })).toContain('needs a name');
    preferences.removeView(view);
    expect(preferences.views).toHaveLength(1);
  });
});

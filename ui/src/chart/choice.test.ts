import { beforeEach, describe, expect, it } from 'vitest';
import { preferences } from '../state/preferences.svelte.ts';
import { route } from '../state/route.svelte.ts';
import { choice } from './choice.svelte.ts';
import { SPANS, spanOf } from './span.ts';

const HOUR = spanOf('1h') ?? SPANS[0];

beforeEach(() => {
  preferences.span = '5m';
  route.go('servers', { open: 'a/b/c' });
});

describe('choice', () => {
  it('is five minutes, live, until somebody chooses', () => {
    expect([choice.span.id, choice.isLive, choice.zoom]).toEqual(['5m', true, null]);
  });

  it('is in the address, beside what is there, and remembered', () => {
    choice.show(HOUR);
    expect(location.search).toBe('?open=a/b/c&span=1h');
    expect([choice.span.id, choice.isLive]).toEqual(['1h', false]);
    route.go('services');
    expect(choice.span.id).toBe('1h');
  });

  it('of a link counts more than what is remembered, and does not change it', () => {
    choice.show(HOUR);
    route.go('servers', { span: '7d' });
    expect([choice.span.id, preferences.span]).toEqual(['7d', '1h']);
    route.go('servers', { span: 'nonsense' });
    expect(choice.span.id).toBe('1h');
  });

  it('zooms, and goes back to the span', () => {
    choice.show(HOUR);
    choice.zoomTo({ from: Date.UTC(2026, 2, 1, 11, 50), to: Date.UTC(2026, 2, 1, 12, 10) });
    expect(route.params['span']).toBe('2026-03-01T11:50:00Z/2026-03-01T12:10:00Z');
    expect([choice.zoom?.from, choice.isLive]).toEqual([Date.UTC(2026, 2, 1, 11, 50), false]);
    choice.zoomOut();
    expect([choice.zoom, choice.span.id, route.params['span']]).toEqual([null, '1h', '1h']);
  });
});

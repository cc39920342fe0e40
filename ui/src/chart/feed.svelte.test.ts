import { flushSync } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Chart } from '../api/schema.ts';
import { preferences } from '../state/preferences.svelte.ts';
import { route } from '../state/route.svelte.ts';
import { choice } from './choice.svelte.ts';
import { ChartFeed } from './feed.svelte.ts';
import { SPANS, spanOf, type Span } from './span.ts';

/** A master that answers when the test says so. */
let asked: { query: URLSearchParams; answer: (status: number, body: unknown) => Promise<void> }[];
let feed: ChartFeed;
let end: () => void;

function span(id: string): Span {
  return spanOf(id) ?? SPANS[0];
}

function chart(times: number[], values: (number | null)[], stepMs = 10_000): Chart {
  const figures: Chart['figures'] = [{ name: 'cpu_pct', unit: 'percent', values }];
  return { path: 'a/b/c', resolution_ms: stepMs, kept_since: 5_000, times, figures };
}

function query(): URLSearchParams {
  return asked.at(-1)?.query ?? new URLSearchParams();
}

/** Milliseconds between the beginning that was asked for and now. */
function reach(): number {
  return Date.now() - Date.parse(query().get('since') ?? '');
}

beforeEach(() => {
  asked = [];
  vi.stubGlobal('fetch', (path: string) => {
    return new Promise<Response>((resolve) => {
      asked.push({
        query: new URL(path, location.href).searchParams,
        answer: async (status, body) => {
          const response = new Response(JSON.stringify(body), { status });
          resolve(response);
          await vi.waitFor(() => expect(response.bodyUsed).toBe(true));
          // What reads it has gone on when all that was ready to run has run.
          await new Promise((ready) => setTimeout(ready));
        },
      });
    });
  });
  preferences.span = '5m';
  route.go('servers', { open: 'a/b/c' });
  end = $effect.root(() => {
    feed = new ChartFeed('a/b/c', ['cpu_pct'], () => null);
  });
  flushSync();
});

afterEach(() => {
  end();
  vi.unstubAllGlobals();
});

describe('ChartFeed', () => {
  it('asks for what is chosen, and says that it is reading until the answer is here', async () => {
    expect([asked.length, feed.loading]).toEqual([1, true]);
    expect(Math.round(reach() / 10_000)).toBe(30);
    await asked[0]?.answer(200, chart([0, 10_000], [1, null]));
    choice.show(span('1h'));
    flushSync();
    expect([asked.length, feed.loading]).toEqual([2, true]);
    expect(Math.round(reach() / 10_000)).toBe(360);
    await asked[1]?.answer(200, chart([0, 10_000, 20_000], [1, null, 3]));
    expect(feed.series.columns.get('cpu_pct')).toEqual([1, null, 3]);
    expect(feed.extent.to - feed.extent.from).toBe(3_600_000);
  });

  it('shows all that is kept from where it begins', async () => {
    choice.show(span('all'));
    flushSync();
    expect(query().get('since')).toBe('1970-01-01T00:00:00.000Z');
    await asked.at(-1)?.answer(200, chart([0, 10_000], [1, 2]));
    expect([feed.keptSince, feed.extent.from]).toEqual([5_000, 5_000]);
  });

  it('shows a part that somebody zoomed to, whatever time it is', async () => {
    const zoom = { from: Date.UTC(2026, 2, 1, 11), to: Date.UTC(2026, 2, 1, 12) };
    choice.zoomTo(zoom);
    flushSync();
    expect([query().get('since'), query().get('until')]).toEqual([
      '2026-03-01T11:00:00.000Z',
      '2026-03-01T12:00:00.000Z',
    ]);
    await asked.at(-1)?.answer(200, chart([zoom.from], [7]));
    expect([feed.extent, feed.answered]).toEqual([zoom, zoom]);
  });

  it('never shows the answer for a span that is not chosen any more', async () => {
    choice.show(span('24h'));
    flushSync();
    const [first, second] = [asked[0], asked[1]];
    await second?.answer(200, chart([0], [24]));
    await first?.answer(200, chart([0], [5]));
    expect(feed.series.columns.get('cpu_pct')).toEqual([24]);
  });

  it('says why there is no history', async () => {
    const problem = { type: 'about:blank', title: 'Busy', status: 503, detail: 'too long', code: 'busy' };
    await asked[0]?.answer(503, problem);
    expect([feed.problem?.detail, feed.loading]).toEqual(['too long', false]);
    choice.show(span('15m'));
    flushSync();
    await asked[1]?.answer(200, chart([0], [1]));
    expect(feed.problem).toBeNull();
  });
});

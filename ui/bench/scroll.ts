// Scrolling through the longest table: how long the browser was busy, and what stood in the rows' places.
//
// A task is timed twice: as it felt, with whatever else the machine's cores did meanwhile, and by the processor
// time that it took itself.
//
// By wheel: two seconds each way, slow, quick and as fast as a hand can. By thumb: the whole list up and
// down in a few seconds; there rows cannot follow, and it counts how soon they stand where it stopped.

import type { BrowserContext } from 'playwright-core';
import type { Tell } from './console.ts';
import { opened, percentile } from './page.ts';

/** Pixels a second; a row has 30. */
const SPEEDS = [
  { gait: 'reading', speed: 600 },
  { gait: 'wheel', speed: 3_000 },
  { gait: 'fling', speed: 12_000 },
] as const;
const WAY_MS = 2_000;
const THUMB_STOPS = 12;

interface Seen {
  /** Time between frames, in milliseconds. */
  frames: number[];
  /** Tasks over 50 ms. */
  tasks: number[];
  /** Pixels that rows can take, summed over all frames. */
  inSight: number;
  /** … of those, without a row: a placeholder, or nothing. */
  awaited: number;
}

export async function scrolling(context: BrowserContext, url: string, tell: Tell): Promise<void> {
  const page = await opened(context, `${url}/services`);
  const browser = context.browser();
  for (const { gait, speed } of SPEEDS) {
    await browser?.startTracing(page, { categories: ['toplevel'] });
    const seen = await page.evaluate(scroll, { speed, wayMs: WAY_MS });
    const ownMs = longestOwn(await browser?.stopTracing());
    tell({
      scroll: {
        gait,
        rowsPerSecond: speed / 30,
        frames: seen.frames.length,
        frameP99Ms: percentile(seen.frames, 99),
        longestTaskMs: Math.max(0, ...seen.tasks),
        longestOwnMs: ownMs,
        longTasks: seen.tasks.length,
        awaitedPct: (seen.awaited / Math.max(1, seen.inSight)) * 100,
      },
    });
  }
  const { waits, tasks } = await page.evaluate(jump, { stops: THUMB_STOPS });
  tell({
    thumb: {
      stops: waits.length,
      p50Ms: percentile(waits, 50),
      slowestMs: Math.max(...waits),
      longestTaskMs: Math.max(0, ...tasks),
    },
  });
  await page.close();
}

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  /** Processor time of its thread, in microseconds. */
  tdur?: number;
  args?: { name?: string };
}

/** The most processor time that one task of a page's main thread took, in milliseconds. */
function longestOwn(trace: Buffer | undefined): number {
  const { traceEvents } = JSON.parse(trace?.toString() ?? '{"traceEvents":[]}') as {
    traceEvents: TraceEvent[];
  };
  const place = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`;
  const mains = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(place),
  );
  const own = traceEvents.filter((event) => event.name.endsWith('RunTask') && mains.has(place(event)));
  return Math.max(0, ...own.map(({ tdur = 0 }) => tdur / 1_000));
}

/** In the page: scrolls down and up again at one speed. */
async function scroll({ speed, wayMs }: { speed: number; wayMs: number }): Promise<Seen> {
  const grid = document.querySelector<HTMLElement>('[role=grid]');
  if (!grid) {
    throw new Error('there is no table');
  }
  const seen: Seen = { frames: [], tasks: [], inSight: 0, awaited: 0 };
  const observer = new PerformanceObserver((list) => {
    seen.tasks.push(...list.getEntries().map(({ duration }) => duration));
  });
  observer.observe({ type: 'longtask' });
  const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
  const look = (): void => {
    const top = grid.querySelector('.head')?.getBoundingClientRect().bottom ?? 0;
    const bottom = grid.getBoundingClientRect().top + grid.clientHeight;
    let rows = 0;
    for (const row of grid.querySelectorAll('[data-path]')) {
      const box = row.getBoundingClientRect();
      rows += Math.max(0, Math.min(box.bottom, bottom) - Math.max(box.top, top));
    }
    seen.inSight += bottom - top;
    seen.awaited += Math.max(0, bottom - top - rows);
  };
  const from = grid.scrollTop;
  let last = await frame();
  const begun = last;
  for (;;) {
    const now = await frame();
    const passed = now - begun;
    if (passed > 2 * wayMs) {
      break;
    }
    seen.frames.push(now - last);
    last = now;
    grid.scrollTop = from + ((passed < wayMs ? passed : 2 * wayMs - passed) / 1_000) * speed;
    // As it is drawn now: the page hears of the scrolling one frame later, as it does of a hand's.
    look();
  }
  await frame();
  observer.disconnect();
  return seen;
}

/** In the page: drags to places all over the list, a while each, and waits for their rows. */
async function jump({ stops }: { stops: number }): Promise<{ waits: number[]; tasks: number[] }> {
  const grid = document.querySelector<HTMLElement>('[role=grid]');
  if (!grid) {
    throw new Error('there is no table');
  }
  const tasks: number[] = [];
  const observer = new PerformanceObserver((list) => {
    tasks.push(...list.getEntries().map(({ duration }) => duration));
  });
  observer.observe({ type: 'longtask' });
  const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
  const waits: number[] = [];
  const span = grid.scrollHeight - grid.clientHeight;
  for (let stop = 1; stop <= stops; stop += 1) {
    const [from, to] = [grid.scrollTop, span * ((stop * 0.618_034) % 1)];
    for (let step = 1; step <= 20; step += 1) {
      grid.scrollTop = from + ((to - from) * step) / 20;
      await frame();
    }
    const begun = performance.now();
    // The frame that moved the last step has yet to be drawn.
    await frame();
    while (grid.querySelector('.awaited') !== null || grid.querySelector('[data-path]') === null) {
      await frame();
    }
    waits.push(performance.now() - begun);
  }
  grid.scrollTop = 0;
  await frame();
  observer.disconnect();
  return { waits, tasks };
}

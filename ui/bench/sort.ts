// From the click on a column's title until the rows stand in its order.

import type { BrowserContext } from 'playwright-core';
import type { Tell } from './console.ts';
import { opened, percentile } from './page.ts';

/** Titles of columns of services; the second click on one turns its order. */
const TITLES = [
  'TPS',
  'TPS',
  'Errors',
  'Service',
  'Server',
  'p95',
  'Status',
  'Since',
  'Total',
  'Total',
] as const;

export async function sorting(context: BrowserContext, url: string, tell: Tell): Promise<void> {
  const page = await opened(context, `${url}/services`);
  const waits: number[] = [];
  for (const title of TITLES) {
    waits.push(await page.evaluate(sort, title));
  }
  await page.close();
  tell({ sort: { clicks: waits.length, p50Ms: percentile(waits, 50), slowestMs: Math.max(...waits) } });
}

/** In the page: clicks, and waits until the answer to it is drawn. */
async function sort(title: string): Promise<number> {
  const grid = document.querySelector('[role=grid]');
  const buttons = grid?.querySelectorAll<HTMLElement>('[role=columnheader] button') ?? [];
  const button = [...buttons].find(({ textContent }) => textContent.trim().startsWith(title));
  if (!grid || !button) {
    throw new Error(`there is no column ${title}`);
  }
  const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
  const begun = performance.now();
  button.click();
  await frame();
  while (grid.getAttribute('aria-busy') === 'true') {
    await frame();
  }
  await frame();
  return performance.now() - begun;
}

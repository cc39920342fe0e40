// Whether the console keeps to its memory while it is used: a tab that goes round through its pages, scrolls,
// sorts and opens details, measured each round at the same place after the garbage is collected.

import { readFile } from 'node:fs/promises';
import type { BrowserContext, CDPSession, Page } from 'playwright-core';
import type { Tell } from './console.ts';

/** A round, at the least: what a person does in half a minute. */
const ROUND_MS = 30_000;
const MIB = 1_048_576;

interface Reading {
  heapMib: number;
  nodes: number;
  listeners: number;
  /** Resident memory of the tab's process; 0 where the system does not tell. */
  residentMib: number;
}

export async function memory(
  context: BrowserContext,
  url: string,
  seconds: number,
  tell: Tell,
): Promise<void> {
  const page = await context.newPage();
  await page.goto(url);
  const browser = await context.newCDPSession(page);
  await browser.send('Performance.enable');
  // The first round loads what is loaded once.
  await round(page, 0);
  const pid = await processOf(page);
  const first = await read(browser, pid);
  const readings = [first];
  const begun = performance.now();
  for (let number = 1; performance.now() - begun < seconds * 1_000; number += 1) {
    const from = performance.now();
    await round(page, number);
    const reading = await read(browser, pid);
    readings.push(reading);
    tell({ round: { number, afterS: (performance.now() - begun) / 1_000, ...reading } });
    const left = Math.min(
      ROUND_MS - (performance.now() - from),
      seconds * 1_000 - (performance.now() - begun),
    );
    await page.waitForTimeout(Math.max(0, left));
  }
  await page.close();
  tell({
    memory: {
      seconds: (performance.now() - begun) / 1_000,
      rounds: readings.length - 1,
      first,
      last: readings.at(-1),
      most: Math.max(...readings.map(({ heapMib }) => heapMib)),
    },
  });
}

/** Through the console and back to the overview. */
async function round(page: Page, number: number): Promise<void> {
  const tabs = page.getByRole('navigation', { name: 'Pages' });
  for (const tab of ['Servers', 'Services']) {
    await tabs.getByRole('link', { name: tab, exact: true }).click();
    const grid = page.getByRole('grid', { name: tab });
    await grid.locator('[data-path]').first().waitFor();
    for (let step = 1; step <= 10; step += 1) {
      await grid.evaluate((element, by) => element.scrollBy(0, by), (number % 2 ? 200 : 900) * step);
      await page.waitForTimeout(100);
    }
    await grid.getByRole('columnheader').nth(3).getByRole('button').click();
    await grid.locator('[data-path]').nth(2).waitFor();
    await grid.locator('[data-path]').nth(2).getByRole('gridcell').last().click();
    const details = page.getByRole('complementary');
    await details
      .getByRole('img')
      .first()
      .waitFor()
      .catch(() => undefined);
    await page.waitForTimeout(1_000);
    await details.getByRole('button', { name: 'Close the details' }).click();
  }
  await tabs.getByRole('link', { name: 'Overview', exact: true }).click();
  await page.locator('.overview .cards li').first().waitFor();
  await page.waitForTimeout(1_000);
}

async function read(browser: CDPSession, pid: number | null): Promise<Reading> {
  // Twice: what finalisers let go of in the first is collected by the second.
  await browser.send('HeapProfiler.collectGarbage');
  await browser.send('HeapProfiler.collectGarbage');
  const { metrics } = await browser.send('Performance.getMetrics');
  const metric = (wanted: string): number => metrics.find(({ name }) => name === wanted)?.value ?? Number.NaN;
  return {
    heapMib: metric('JSHeapUsedSize') / MIB,
    nodes: metric('Nodes'),
    listeners: metric('JSEventListeners'),
    residentMib: pid === null ? 0 : await residentMib(pid),
  };
}

/** The process of the tab: of the browser's renderers the one that has worked most, for all others rest. */
async function processOf(page: Page): Promise<number | null> {
  const browser = await page.context().browser()?.newBrowserCDPSession();
  const told = await browser?.send('SystemInfo.getProcessInfo');
  await browser?.detach();
  const renderers = told?.processInfo.filter(({ type }) => type === 'renderer') ?? [];
  return renderers.sort((one, other) => other.cpuTime - one.cpuTime)[0]?.id ?? null;
}

async function residentMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1_024;
}

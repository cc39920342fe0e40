// What the measurements do with pages alike.

import type { BrowserContext, Page } from 'playwright-core';

/** A page of the console at an address, with its first rows drawn. */
export async function opened(context: BrowserContext, address: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(address);
  await page.locator('[role=grid] [data-path]').first().waitFor();
  // Parts that are loaded in idle moments are here too.
  await page.waitForLoadState('networkidle').catch(() => undefined);
  return page;
}

/** The value that so many of a hundred do not exceed (nearest rank). */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(1, Math.ceil((sorted.length * percent) / 100)) - 1] ?? Number.NaN;
}

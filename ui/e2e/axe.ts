// axe over a page as it is, for every test that has something open worth a look.

import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';

const AXE = await readFile(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

/** What axe finds on the page as it is now. */
export async function violations(page: Page): Promise<string[]> {
  // Nothing is judged half way through its appearance.
  await page.evaluate(() =>
    Promise.allSettled(document.getAnimations().map((animation) => animation.finished)),
  );
  // The policy forbids scripts in the page; the test's own comes by another way.
  return page.evaluate(async (source) => {
    (0, eval)(source);
    const { axe } = globalThis as unknown as {
      axe: {
        run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }>;
      };
    };
    return (await axe.run()).violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary = '' }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
    );
  }, AXE);
}

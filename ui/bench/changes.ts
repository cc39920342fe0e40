// When a change on a server can be seen in the page: each comes with a code of its own, and the time is that
// of the frame after the one whose document first has it, on the machine's clock, which topmast-bench also has.

import type { BrowserContext } from 'playwright-core';
import type { Tell } from './console.ts';
import { opened } from './page.ts';

declare global {
  interface Window {
    /** Unix milliseconds at which each code was first drawn. */
    seen: Record<string, number>;
  }
}

export async function changes(
  context: BrowserContext,
  url: string,
  told: (what: string) => Promise<void>,
  tell: Tell,
): Promise<void> {
  // One service is bad before, so that the table has a first row.
  await told('one bad service');
  const page = await opened(
    context,
    `${url}/services?filter=${encodeURIComponent('status=MALFUNCTION')}&sort=-since`,
  );
  await page.evaluate(() => {
    window.seen = {};
    const note = (code: string): void => {
      if (!(code in window.seen)) {
        window.seen[code] = Number.NaN;
        requestAnimationFrame(() => (window.seen[code] = Date.now()));
      }
    };
    new MutationObserver((records) => {
      for (const { target, addedNodes } of records) {
        for (const node of [target, ...addedNodes]) {
          for (const [code] of (node.textContent ?? '').matchAll(/BENCH\d+(?=\D|$)/g)) {
            note(code);
          }
        }
      }
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  await told('changes');
  tell({ seen: await page.evaluate(() => window.seen) });
  await page.close();
}

// What a page costs a browser that has never been here: bytes over the network, and time, until it is usable.
//
// Usable means: the first rows, or the overview's counts, are drawn, and the frame after that has begun.
// Every request that was begun by then counts with all its bytes, as they came over the network; so does
// every message of the live connection up to then.

import type { BrowserContext, CDPSession } from 'playwright-core';
import type { Tell } from './console.ts';

/** The pages, and what of them makes them usable. */
const PAGES = [
  { page: 'overview', path: '/', first: '.overview .cards li' },
  { page: 'servers', path: '/servers', first: '[role=grid] [data-path]' },
  { page: 'services', path: '/services', first: '[role=grid] [data-path]' },
] as const;

/** Header of a server's WebSocket frame with less than 64 KiB. */
const FRAME_HEADER = 4;

interface Transfer {
  /** Seconds of the browser's steady clock. */
  begun: number;
  kind: string;
  bytes: number;
}

interface Visit {
  usableMs: number;
  requests: number;
  /** Bytes by kind. */
  bytes: Record<string, number>;
}

/** Opens each page with an empty cache and tells the median visit of each. */
export async function firstPayload(
  context: BrowserContext,
  url: string,
  visits: number,
  tell: Tell,
): Promise<void> {
  for (const { page, path, first } of PAGES) {
    const seen: Visit[] = [];
    for (let number = 0; number < visits; number += 1) {
      seen.push(await visit(context, url + path, first));
    }
    seen.sort((one, other) => one.usableMs - other.usableMs);
    const median = seen[Math.floor(visits / 2)];
    tell({ payload: { page, ...median, slowestMs: seen.at(-1)?.usableMs, visits } });
  }
}

async function visit(context: BrowserContext, address: string, first: string): Promise<Visit> {
  const page = await context.newPage();
  const browser = await context.newCDPSession(page);
  await browser.send('Network.enable');
  await browser.send('Network.clearBrowserCache');
  const traffic = follow(browser);
  await page.addInitScript((selector) => {
    const look = (): void => {
      if (document.querySelector(selector)) {
        requestAnimationFrame(() => performance.mark('usable'));
      } else {
        requestAnimationFrame(look);
      }
    };
    requestAnimationFrame(look);
  }, first);
  await page.goto(address, { waitUntil: 'commit' });
  const usable = await page.waitForFunction(() => {
    const [mark] = performance.getEntriesByName('usable');
    return mark && { ms: mark.startTime, at: performance.timeOrigin + mark.startTime };
  });
  const { ms, at } = (await usable.jsonValue()) as { ms: number; at: number };
  // What was begun by then may still be on its way.
  await page.waitForLoadState('networkidle').catch(() => undefined);
  const until = at / 1_000 - traffic.wallOffset();
  const counted = traffic.transfers().filter(({ begun }) => begun <= until);
  await page.close();
  const bytes: Record<string, number> = {};
  for (const transfer of counted) {
    bytes[transfer.kind] = (bytes[transfer.kind] ?? 0) + transfer.bytes;
  }
  return { usableMs: ms, requests: counted.filter(({ kind }) => kind !== 'live').length, bytes };
}

/** Writes down what goes over the network. */
function follow(browser: CDPSession): { transfers: () => Transfer[]; wallOffset: () => number } {
  const requests = new Map<string, Transfer>();
  const frames: Transfer[] = [];
  let offset = 0;
  browser.on('Network.requestWillBeSent', ({ requestId, timestamp, wallTime, type = 'Other' }) => {
    offset = wallTime - timestamp;
    requests.set(requestId, { begun: timestamp, kind: type.toLowerCase(), bytes: 0 });
  });
  browser.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const request = requests.get(requestId);
    if (request) {
      request.bytes = encodedDataLength;
    }
  });
  browser.on('Network.webSocketFrameReceived', ({ timestamp, response }) => {
    const bytes = Buffer.byteLength(response.payloadData) + FRAME_HEADER;
    frames.push({ begun: timestamp, kind: 'live', bytes });
  });
  return { transfers: () => [...requests.values(), ...frames], wallOffset: () => offset };
}

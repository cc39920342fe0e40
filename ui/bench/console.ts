// Measures the console in a browser for topmast-bench, which runs this and has a master with a fleet ready.
//
// ```text
// topmast-bench ──(TOPMAST_URL, TOPMAST_USER, TOPMAST_PASSWORD)──► here: payload, scroll, sort
//               ◄── {"await":"changes"} ── … ── "done" ──►           changes
//               ◄── {"memory":…} ──                                  memory, over TOPMAST_CONSOLE_SECONDS
// ```
//
// One JSON text a line on standard output, the raw measurements; names and targets are the benchmark's
// (crates/testkit/src/bench/console.rs). What it is told comes a line each on standard input.

import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';
import type { BrowserContext } from 'playwright-core';
import { login } from '../e2e/world.ts';
import { changes } from './changes.ts';
import { memory } from './memory.ts';
import { firstPayload } from './payload.ts';
import { scrolling } from './scroll.ts';
import { sorting } from './sort.ts';

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) {
    throw new Error(`the variable ${name} is missing; this is run by topmast-bench --only console`);
  }
  return value;
}

const url = setting('TOPMAST_URL');
const seconds = Number(setting('TOPMAST_CONSOLE_SECONDS'));
const chromiumPath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
/** How often each page is opened with a cold cache. */
const VISITS = 5;

/** Longest wait for anything; nothing waits when all is well. */
const PATIENCE_MS = 60_000;

export type Tell = (measured: Record<string, unknown>) => void;

const tell: Tell = (measured) => void process.stdout.write(`${JSON.stringify(measured)}\n`);

const input = createInterface({ input: process.stdin });
const lines = input[Symbol.asyncIterator]();
// Without topmast-bench nobody hears what is measured; the browser ends with this process.
input.once('close', () => process.exit(1));

/** Until topmast-bench says that it has done what was asked. */
async function told(what: string): Promise<void> {
  tell({ await: what });
  if ((await lines.next()).done) {
    throw new Error('topmast-bench is gone');
  }
}

async function loggedIn(context: BrowserContext): Promise<void> {
  const page = await context.newPage();
  await page.goto(url);
  await login(page, setting('TOPMAST_USER'), setting('TOPMAST_PASSWORD'));
  await page.close();
}

const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
try {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  context.setDefaultTimeout(PATIENCE_MS);
  await loggedIn(context);
  await firstPayload(context, url, VISITS, tell);
  await scrolling(context, url, tell);
  await sorting(context, url, tell);
  await changes(context, url, told, tell);
  await memory(context, url, seconds, tell);
} finally {
  await browser.close();
}
process.exit(0);

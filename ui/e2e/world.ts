// What the end-to-end tests run against: a real master with an agent and the demo switch, and a real browser.
//
// Ports are the system's choice, everything is kept in a directory of its own, and only processes that were
// started here are ended. `TOPMAST_BINARIES` names the directory of the programs (target/debug when missing).

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

export const BINARIES = resolve(
  process.env['TOPMAST_BINARIES'] ?? join(import.meta.dirname, '../../target/debug'),
);
const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

export const USER = 'admin';
export const PASSWORD = 'correct horse battery staple';
/** Longest wait for anything, in milliseconds: generous, for a busy machine; nothing waits when all is well. */
export const PATIENCE_MS = 45_000;

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') {
    throw new Error('the system gave no port');
  }
  return address.port;
}

/** Calls `look` until it returns something other than undefined. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) {
      return found;
    }
    if (Date.now() > end) {
      throw new Error(`gave up waiting for: ${what}`);
    }
    await new Promise((after) => setTimeout(after, 50));
  }
}

/** What tests look at of an application. */
export interface Application {
  path: string;
  name: string;
  status: string;
  desired: string;
  since: string;
  pid?: number | null;
}

export class World {
  readonly url: string;
  /** The demo switch's own address. */
  readonly demo: string;
  readonly browser: Browser;
  readonly #data: string;
  readonly #port: number;
  #topmast: ChildProcess;

  private constructor(port: number, demoPort: number, data: string, browser: Browser, topmast: ChildProcess) {
    this.url = `http://127.0.0.1:${port}`;
    this.demo = `http://127.0.0.1:${demoPort}`;
    this.browser = browser;
    this.#data = data;
    this.#port = port;
    this.#topmast = topmast;
  }

  /**
   * Starts everything, and waits until the demo is seen running. Further applications are given as unit
   * files by name; those that start by themselves are running then, too.
   */
  static async start(
    units: (
      data: string,
    ) => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>> = () => ({}),
  ): Promise<World> {
    const [port, demoPort] = [await freePort(), await freePort()];
    const data = await mkdtemp(join(tmpdir(), 'topmast-e2e-'));
    await mkdir(join(data, 'apps.d'), { recursive: true });
    const further = Object.entries(await units(data));
    for (const [name, unit] of further) await writeFile(join(data, `apps.d/${name}.toml`), unit);
    const command = JSON.stringify([
      join(BINARIES, 'payment-switch'),
      '--listen',
      `127.0.0.1:${demoPort}`,
      '--rate',
      '50',
    ]);
    const actions = await readFile(
      new URL('../../demo/payment-switch/actions.toml', import.meta.url),
      'utf8',
    );
    await writeFile(
      join(data, 'apps.d/payment-switch.toml'),
      `kind = "process"\ncommand = ${command}\nhttp_port = ${demoPort}\n\n` +
        '[health]\nhttp = "/health"\ninterval = "2s"\n\n[[service]]\nsource = "topmast"\ninterval = "1s"\n' +
        actions,
    );
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    const world = new World(port, demoPort, data, browser, run(port, data));
    try {
      await world.#ready(further.length + 1);
    } catch (error) {
      // Whatever runs would keep the tests from ending.
      await world.stop().catch(() => undefined);
      throw error;
    }
    return world;
  }

  /** Waits until this many applications are known, and run as far as they are meant to. */
  async #ready(count: number): Promise<void> {
    await eventually('the applications to run', async () => {
      const rows = await this.applications().catch(() => []);
      const ready = rows.every(({ status, desired }) => status === 'STARTED' || desired === 'stopped');
      return rows.length === count && ready ? true : undefined;
    });
  }

  /** Every application as the master has it now. */
  async applications(): Promise<Application[]> {
    return (await this.api<{ items: Application[] }>('GET', '/api/v1/applications')).items;
  }

  /** The application of this name. */
  async application(name: string): Promise<Application> {
    const found = (await this.applications()).find((row) => row.name === name);
    assert.ok(found, `there is an application ${name}`);
    return found;
  }

  /** Asks the master as a program does. */
  async api<T>(method: string, path: string, body?: unknown, user = USER, password = PASSWORD): Promise<T> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    }
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** Puts a fault into the demo switch. */
  async fault(fault: Record<string, unknown>): Promise<void> {
    const response = await fetch(`${this.demo}/fault`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fault),
    });
    if (!response.ok) {
      throw new Error(`the demo refused the fault: ${await response.text()}`);
    }
  }

  /** Ends all faults of the demo switch. */
  async mend(): Promise<void> {
    await fetch(`${this.demo}/fault`, { method: 'DELETE' });
  }

  /** A page of a browser that nobody has used, not logged in. */
  async page(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    return context.newPage();
  }

  /** A page with somebody logged in, at an address of the console. */
  async open(
    path = '/',
    options: BrowserContextOptions = {},
    user = USER,
    password = PASSWORD,
  ): Promise<Page> {
    const page = await this.page(options);
    await page.goto(this.url + path);
    await login(page, user, password);
    return page;
  }

  /** Stops the master and agent where they are, as a machine that hangs does, or lets them go on. */
  hang(hangs: boolean): void {
    this.#topmast.kill(hangs ? 'SIGSTOP' : 'SIGCONT');
  }

  /** Ends the master and agent at once, as a crash does. */
  async kill(): Promise<void> {
    this.#topmast.kill('SIGKILL');
    await once(this.#topmast, 'exit');
  }

  /** Starts them again with what they had. */
  restart(): void {
    this.#topmast = run(this.#port, this.#data);
  }

  async stop(): Promise<void> {
    await this.browser.close();
    // Applications outlive their agent by design, so they are stopped first.
    await this.api('POST', '/api/v1/actions', {
      operation: 'stop',
      filter: 'path=*',
      override_guards: true,
      reason: 'the test is over',
    }).catch(() => undefined);
    await eventually('the applications to be stopped', async () =>
      (await this.applications()).every(({ pid }) => pid === null || pid === undefined) ? true : undefined,
    );
    this.#topmast.kill('SIGTERM');
    await once(this.#topmast, 'exit');
    await rm(this.#data, { recursive: true, force: true });
  }
}

function run(port: number, data: string): ChildProcess {
  const listen = ['dev', '--no-demo', '--listen', `127.0.0.1:${port}`, '--data', data];
  return spawn(join(BINARIES, 'topmast'), listen, {
    stdio: 'ignore',
    env: { ...process.env, TOPMAST_ADMIN_PASSWORD: PASSWORD },
  });
}

/** Waits until the page shows live data. */
export async function settled(page: Page): Promise<void> {
  await page.locator('html[data-live=live]').waitFor();
}

/** Fills in the login page. */
export async function login(page: Page, user = USER, password = PASSWORD): Promise<void> {
  await page.getByLabel('User').fill(user);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.locator('main#page').waitFor();
}

// `npm run images`: writes the pictures of the guide, docs/images/*.webp, from a small fleet that really runs.
//
// Needs Linux, root or user namespaces, Chromium, and the built programs (`TOPMAST_BINARIES`, else
// target/debug): the script starts itself again in namespaces of its own, so that no name, address or process of
// this machine is on a picture, and nothing of the fleet is left behind. Takes four to six minutes, most of
// which the fleet lives for its charts. `TOPMAST_PNG=FOLDER` leaves PNG copies there, to look at.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { PASSWORD } from '../e2e/world.ts';
import { Camera } from './images/camera.ts';
import type { Theme } from './images/camera.ts';
import { api, done, fault, start, URL } from './images/fleet.ts';
import { configuration, packages, safety, trust } from './images/managed.ts';
import { put, tell } from './images/told.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const BINARIES = resolve(process.env['TOPMAST_BINARIES'] ?? join(ROOT, 'target/debug'));
const IMAGES = join(ROOT, 'docs/images');
const INSIDE = 'TOPMAST_IMAGES_INSIDE';
/** A usual desktop, less the browser's own bars. */
const DESK = { width: 1560, height: 880 };
/** For lists of a few rows. */
const LOW = { width: 1440, height: 640 };
const SWITCH = 'default/main/switch-1/payment-switch';

/** Each tab, and what is on it once it is there. */
const TABS = [
  ['overview', '/', 'DISCONN01'],
  ['servers', '/servers', 'web-1'],
  ['applications', '/applications', 'QUARANTINED'],
  ['services', '/services', 'DISCONN01'],
  ['tasks', '/tasks', 'end-of-day'],
  ['problems', '/problems', 'DISCONN01'],
  ['rule', '/problems?view=rules&rule=service-slow', 'the bound'],
  ['notifications', '/notifications', 'payments'],
  ['dashboard', '/dashboards?tenant=default&name=clearing', 'runbook'],
  ['actions', '/actions', 'tapes are changed'],
  ['audit', '/audit', 'tapes are changed'],
  ['access', '/access', 'nightly'],
] as const;

if (process.env[INSIDE] === undefined) {
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const apart = ['--uts', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const program = [process.execPath, import.meta.filename];
  const ended = spawnSync('unshare', [...user, ...apart, ...program], {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: '1' },
  });
  process.exit(ended.status ?? 1);
}

/** The one that is looked at in the panel. */
let problem = 0;
/** The order that waits for a second person. */
let waiting = '';
/** A moment of the calm before. */
let calm = '';
const data = mkdtempSync(join(tmpdir(), 'topmast-images-'));
try {
  mkdirSync(IMAGES, { recursive: true });
  await start(BINARIES, data);
  await live();
  await photograph();
} finally {
  rmSync(data, { recursive: true, force: true, maxRetries: 5 });
}
// The fleet goes with the process namespace.
process.exit(0);

async function seconds(count: number): Promise<void> {
  await new Promise((over) => setTimeout(over, count * 1_000));
}

/** A few minutes as they could be: people, orders, a slow link, a lost one. */
async function live(): Promise<void> {
  const people = [
    ['ida', 'operator', null],
    ['otto', 'operator', 'default/main/web-1'],
    ['vera', 'auditor', null],
    ['bea', 'approver', null],
  ] as const;
  for (const [name, role, path] of people) {
    const grants = [{ role, path }, ...(role === 'approver' ? [{ role: 'operator', path }] : [])];
    await api('POST', '/api/v1/users', { name, password: PASSWORD, grants });
  }
  await tell();
  await put(await instance('switch-1'));
  await api('POST', '/api/v1/tokens', { name: 'nightly', grants: [{ role: 'operator', path: null }] }, 'ida');
  await packages();
  await configuration(data);
  await seconds(30);
  const oneByOne = { rolling: { batch: 1, wait_ms: 2_000, on_error: 'stop' } };
  await done('restart', 'name=card-vault', 'new signing key, change 4711', 'ida', oneByOne);
  await seconds(40);
  await fault({ kind: 'slow', service: 'VISA_CREDIT', factor: 6, seconds: 25 });
  calm = `${new Date(Date.now() - 5_000).toISOString().slice(0, 19)}Z`;
  await done('start', 'name=reporting', 'reports for the auditors', 'otto');
  await seconds(60);
  await done(
    'restart',
    'name=payment-switch server=switch-2',
    'parameters of the scheme, change 4718',
    'ida',
  );
  await seconds(50);
  await done('stop', 'name=archive', 'tapes are changed', 'admin');
  await fault({ kind: 'slow', service: 'VISA_CREDIT', factor: 8, seconds: 900 });
  await seconds(40);
  await fault({ kind: 'malfunction', service: 'MC_CREDIT', code: 'DISCONN01' });
  await seconds(30);
  const { items } = await api<{ items: { id: number; rule: string }[] }>('GET', '/api/v1/problems');
  const slow = items.find(({ rule }) => rule === 'service-slow');
  if (slow === undefined) throw new Error('nothing is slow');
  problem = slow.id;
  const text = 'the scheme was called, they are looking at their line';
  const held = { problems: [slow.id], comment: text, expires_in_s: 3_600 };
  await api('POST', '/api/v1/problems/acknowledge', held, 'ida');
  await trust();
  waiting = await safety();
}

/** A server's number at AWS' tools. */
async function instance(name: string): Promise<string> {
  const path = `default/main/${name}`;
  return `i-${createHash('sha256').update(path).digest('hex').slice(0, 17)}`;
}

async function photograph(): Promise<void> {
  const camera = await Camera.start(IMAGES, URL);
  let bytes = 0;
  const take = async (page: Page, name: string) => {
    bytes += await camera.take(page, name);
  };
  await managed(camera, take);
  for (const theme of ['dark', 'light'] as const) {
    const page = await camera.open('/', theme, DESK, 'admin');
    for (const [name, path, shows] of TABS) {
      await camera.go(page, path);
      await page.getByText(shows).first().waitFor();
      await take(page, `${name}-${theme}`);
    }
    await camera.go(page, '/notifications?view=routes');
    await page.getByRole('button', { name: 'Edit payments' }).click();
    await page.getByRole('dialog').waitFor();
    await take(page, `routes-${theme}`);
    await drawer(camera, page, take, theme);
    await camera.go(page, `/problems?open=${problem}`);
    await page.getByRole('complementary').getByText('the bound').waitFor();
    await page.getByRole('complementary').getByText('line').first().waitFor();
    await seconds(1);
    await take(page, `problem-${theme}`);
    await dialog(camera, page, take, theme);
    await page.context().close();
  }
  await elsewhere(camera, take);
  await camera.stop();
  process.stdout.write(`${(bytes / 1_024).toFixed(0)} KiB in ${IMAGES}\n`);
}

type Take = (page: Page, name: string) => Promise<void>;

async function drawer(camera: Camera, page: Page, take: Take, theme: Theme): Promise<void> {
  await camera.go(page, `/services?columns=status,codes,name,tps,error_pct&open=${SWITCH}/MC_CREDIT`);
  await page.getByRole('complementary').locator('canvas').nth(2).waitFor();
  await page.getByRole('complementary').getByText('DISCONN01').first().waitFor();
  await seconds(2);
  await take(page, `panel-${theme}`);
}

async function dialog(camera: Camera, page: Page, take: Take, theme: Theme): Promise<void> {
  await camera.go(page, '/applications?filter=name%3Dcard-vault,payment-switch&sort=name');
  await page.getByRole('checkbox', { name: /^Select all/ }).check();
  await page.getByRole('button', { name: 'Restart…', exact: true }).click();
  const order = page.getByRole('dialog');
  await order.getByText('5 batches').waitFor();
  await order.getByRole('textbox', { name: /^Reason/ }).fill('new certificates, change 4720');
  await order.getByText('Nothing is done before you press the button.').waitFor();
  await take(page, `act-${theme}`);
}

/** What the chapters on managing show; one theme is enough to know them again. */
async function managed(camera: Camera, take: Take): Promise<void> {
  const page = await camera.open('/packages', 'dark', LOW, 'admin');
  await page.getByText('3.3.0-rc.1').first().waitFor();
  await take(page, 'packages');
  await camera.go(page, '/configurations?name=vault');
  await page.getByText('DRIFTED').first().waitFor();
  await page.getByRole('cell', { name: 'new: UNIONPAY' }).waitFor();
  await page.setViewportSize({ ...LOW, height: 1_000 });
  await take(page, 'configuration');
  await page.setViewportSize(LOW);
  await camera.go(page, '/logs?filter=name%3Dpayment-switch&mode=search&grep=ERROR.*inoperative&context=1');
  await page.getByRole('main').getByRole('button', { name: 'Search', exact: true }).click();
  await page.locator('mark').nth(5).waitFor();
  await seconds(2);
  await take(page, 'logs');
  await camera.go(page, '/tasks?open=default/main/db-1/ledger/reconcile');
  await page.locator('summary', { hasText: 'attempt 2' }).first().click();
  await page.setViewportSize({ ...LOW, height: 900 });
  await take(page, 'task');
  await page.setViewportSize(LOW);
  await camera.go(page, '/actions?view=safety');
  await page.getByText('four-eyes').first().waitFor();
  await page.setViewportSize({ ...LOW, height: 800 });
  await take(page, 'safety');
  await page.setViewportSize(LOW);
  await camera.go(page, `/applications?at=${calm}`);
  await page.getByText('This is the past').first().waitFor();
  await page.getByText('card-vault').first().waitFor();
  await take(page, 'past');
  await page.context().close();
  const second = await camera.open(`/actions?open=${waiting}`, 'dark', LOW, 'bea');
  await second.getByRole('button', { name: 'Approve' }).waitFor();
  await take(second, 'approval');
  await second.context().close();
}

async function elsewhere(camera: Camera, take: Take): Promise<void> {
  const wall = await camera.open('/?wall', 'dark', { width: 1920, height: 1080 }, 'admin');
  await wall.getByText('DISCONN01').first().waitFor();
  await seconds(2);
  await take(wall, 'wall');
  const phone = await camera.open('/', 'dark', { width: 390, height: 780 }, 'ida');
  await phone.getByText('DISCONN01').first().waitFor();
  await seconds(2);
  await take(phone, 'phone-overview');
  await camera.go(phone, `/services?open=${SWITCH}/MC_CREDIT`);
  await phone.getByRole('complementary').locator('canvas').first().waitFor();
  await seconds(2);
  await take(phone, 'phone-panel');
}

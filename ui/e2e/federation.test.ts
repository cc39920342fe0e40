// Two clusters in one console: the browser shows both in one list, how the joined one is heard, and acts there.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { violations } from './axe.ts';
import { BINARIES, PASSWORD, World, eventually, freePort, login } from './world.ts';

let east: World;
let master: ChildProcess | undefined;
let data = '';
let port: number;
let url: string;

/** Starts the console, which has joined east. */
async function startConsole(): Promise<void> {
  const joined = `east=${east.url},token=file:${join(data, 'east.token')}`;
  const listen = ['--listen', `127.0.0.1:${port}`, '--data', join(data, 'master'), '--tls', 'off'];
  master = spawn(join(BINARIES, 'topmast'), ['master', ...listen, '--join', joined], {
    stdio: 'ignore',
    env: { ...process.env, TOPMAST_ADMIN_PASSWORD: PASSWORD },
  });
  await eventually('the console to answer', async () => {
    const answer = await fetch(`${url}/healthz`).catch(() => null);
    return answer?.ok ? true : undefined;
  });
}

async function stopConsole(): Promise<void> {
  if (master?.exitCode === null) {
    master.kill('SIGTERM');
    await once(master, 'exit');
  }
}

before(async () => {
  east = await World.start();
  const token = await east.api<{ secret: string }>('POST', '/api/v1/tokens', {
    name: 'console',
    grants: [{ role: 'admin' }],
    speaks_for_users: true,
  });
  data = await mkdtemp(join(tmpdir(), 'topmast-e2e-console-'));
  await writeFile(join(data, 'east.token'), token.secret, { mode: 0o600 });
  port = await freePort();
  url = `http://127.0.0.1:${port}`;
  await startConsole();
});

after(async () => {
  await stopConsole();
  if (data) await rm(data, { recursive: true, force: true });
  await east.stop();
});

test('what is in a joined cluster is in the same lists, and the overview says how it is heard', async () => {
  const page = await east.page();
  await page.goto(`${url}/applications`);
  await login(page);
  const row = page.getByRole('row', { name: /payment-switch/ });
  await row.getByText('STARTED').waitFor();
  await row.getByRole('link').first().click();
  await page.getByRole('complementary').getByText('It runs: started with the agent.').waitFor();
  await page.goto(`${url}/`);
  const joined = page.getByRole('region', { name: 'Joined clusters' });
  await joined.getByText('heard now').waitFor();
  await joined.getByRole('link', { name: 'east' }).click();
  await page.getByRole('row').nth(1).waitFor();
  assert.match(page.url(), /filter=cluster/);
  await page.close();
});

test('logs of a joined cluster are followed, searched and downloaded as those of the own one', async () => {
  const page = await east.page();
  await page.goto(`${url}/logs?filter=${encodeURIComponent('name=payment-switch')}`);
  await login(page);
  await page.getByRole('button', { name: 'Follow', exact: true }).click();
  await page.getByRole('log').locator('[title^="default/main@east/"]').first().waitFor();
  await page.getByRole('radio', { name: 'Search back' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download' }).click(),
  ]);
  assert.match(download.suggestedFilename(), /payment-switch\.log$/);
  assert.match(await readFile(await download.path(), 'utf8'), /\S/);
  await page.close();
});

test('what is in a joined cluster is opened and restarted from here, and both audits tell it', async () => {
  const before = await east.application('payment-switch');
  const page = await east.page();
  await page.goto(`${url}/applications?filter=payment-switch`);
  await login(page);
  await page
    .getByRole('row', { name: /payment-switch/ })
    .getByRole('link')
    .first()
    .click();
  const panel = page.getByRole('complementary', { name: /^Details of/ });
  await panel.getByText('main@east').first().waitFor();
  await panel
    .getByRole('button', { name: /^Restart/ })
    .first()
    .click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('is stopped, then started').waitFor();
  await dialog.getByLabel('Reason').fill('tried from afar');
  await dialog.getByRole('button', { name: /^Restart/ }).click();
  await dialog.getByText('SUCCEEDED').first().waitFor();
  assert.notEqual((await east.application('payment-switch')).pid, before.pid);

  await page.goto(`${url}/audit?kind=RequestAnswered`);
  await page
    .getByText(/the cluster east answered 20\d to what user admin had passed on, as its action/)
    .first()
    .waitFor();
  await page.goto(`${east.url}/audit?kind=ActionAccepted`);
  await login(page);
  const event = page.getByRole('listitem').filter({ hasText: 'tried from afar' });
  await event.getByText('user admin asked to restart payment-switch').waitFor();
  await event.getByRole('button', { name: /^Everything about event/ }).click();
  await event.getByText(/admin\/console/).waitFor();
  await page.context().close();
});

/** Waits until the page says of east that it is not known, and proves that nobody has to scroll for it. */
async function saysOfEast(page: Page, words: string): Promise<void> {
  const line = page.getByText(words, { exact: false }).first();
  await line.waitFor();
  const box = await line.boundingBox();
  assert.ok(box && box.y + box.height < 400, `${words} is at the top: ${JSON.stringify(box)}`);
  assert.deepEqual(await violations(page), []);
}

test('a cluster that is killed is named on every page, of now and of the past, until it is back', async () => {
  const page = await east.page();
  const then = `${new Date().toISOString().slice(0, 19)}Z`;
  await page.goto(`${url}/?at=${then}`);
  await login(page);
  await page.getByRole('region', { name: 'Clusters' }).getByText('default/main@east').waitFor();
  assert.equal(await page.getByText('is not known').count(), 0);
  const open = await page.context().newPage();
  await open.goto(`${url}/applications`);
  const row = open.getByRole('row', { name: /payment-switch/ });
  await row.getByText('STARTED').waitFor();
  await row.getByRole('link').first().click();
  const panel = open.getByRole('complementary', { name: /^Details of/ });
  await panel.getByText('It runs: ').waitFor();

  await east.kill();
  try {
    // What is on the screen when it happens stays there, and is not said to be so now.
    await panel.getByText('The cluster east is not heard.').waitFor();
    for (const address of [`/?at=${then}`, `/applications?at=${then}`, `/problems?at=${then}`]) {
      await page.goto(url + address);
      await saysOfEast(page, 'What was in east is not known: ');
    }
    await page.goto(`${url}/logs?filter=${encodeURIComponent('name=payment-switch')}`);
    await page.getByRole('button', { name: 'Follow', exact: true }).click();
    await page.getByText('1 cluster without answer').waitFor();

    // A console that never heard of it knows all the same that it is not all.
    await stopConsole();
    await startConsole();
    await saysOfEast(open, 'What is in east is not known: ');
    for (const address of ['/', '/problems']) {
      await page.goto(url + address);
      await saysOfEast(page, 'What is in east is not known: ');
    }
    await page.goto(`${url}/?wall`);
    await page.getByText('east not known').waitFor();
  } finally {
    east.restart();
    await eventually('east to answer', () => east.applications().catch(() => undefined));
  }
  await row.getByText('STARTED').waitFor();
  await panel.getByText('The cluster east is not heard.').waitFor({ state: 'detached' });
  assert.equal(await open.getByText('is not known').count(), 0);
  await page.context().close();
});

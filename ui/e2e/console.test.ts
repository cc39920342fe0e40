// The console as an operator uses it: a real master, agent, application and browser.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PASSWORD, World, eventually, settled } from './world.ts';

let world: World;
before(async () => {
  world = await World.start();
});
after(() => world.stop());

const PAGES = [
  '/',
  '/servers',
  '/applications',
  '/services',
  '/tasks',
  '/notifications',
  '/actions',
  '/audit',
  '/access',
];

test('nobody gets in with a wrong password, and is told so', async () => {
  const page = await world.page();
  await page.goto(world.url);
  await page.getByLabel('User').fill('admin');
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('alert').waitFor();
  assert.equal(await page.getByRole('navigation').count(), 0);
  await page.context().close();
});

test('the address says which page, and back and forward follow it', async () => {
  const page = await world.open('/');
  const pages = page.getByRole('navigation', { name: 'Pages' });
  await pages.getByRole('link', { name: 'Servers' }).click();
  await page.getByRole('row').nth(1).waitFor();
  await pages.getByRole('link', { name: 'Services' }).click();
  await page.waitForURL('**/services');
  await page.goBack();
  await page.waitForURL('**/servers');
  await page.goForward();
  await page.waitForURL('**/services');
  await page.reload();
  await page.getByRole('gridcell', { name: 'VISA_CREDIT', exact: false }).first().waitFor();
  await page.context().close();
});

test('a fault in the switch is seen with its code, and goes', async () => {
  const page = await world.open('/services?filter=MC_CREDIT');
  await page.getByText('STARTED').first().waitFor();
  await world.fault({ service: 'MC_CREDIT', kind: 'malfunction', code: 'DISCONN01' });
  await page.getByText('MALFUNCTION').first().waitFor();
  await page.getByText('DISCONN01').first().waitFor();
  await world.mend();
  await page.getByText('STARTED').first().waitFor();
  await page.getByText('DISCONN01').first().waitFor({ state: 'detached' });
  await page.context().close();
});

test('a lost master is unmistakable, and what is shown comes back by itself', async () => {
  const page = await world.open('/servers');
  await settled(page);
  await world.kill();
  await page.getByText(/Connection lost/).waitFor();
  await page.locator('html[data-live=lost]').waitFor();
  world.restart();
  await settled(page);
  await page.getByText(/Connection lost/).waitFor({ state: 'detached' });
  await page.getByText('UP', { exact: true }).first().waitFor();
  await page.context().close();
});

test('keys go to pages, filter, move, open and help', async () => {
  const page = await world.open('/');
  await settled(page);
  await page.keyboard.press('g');
  await page.keyboard.press('v');
  await page.waitForURL('**/services');
  await page.getByRole('row').nth(2).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('VISA');
  await page.waitForURL(/filter=VISA/);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.evaluate(() =>
    document.activeElement instanceof HTMLElement ? document.activeElement.blur() : undefined,
  );
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.waitForURL(/open=/);
  await page.keyboard.press('Escape');
  await eventually('the drawer to close', async () => (page.url().includes('open=') ? undefined : true));
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await page.context().close();
});

test('a session that ends keeps the page, and goes on after the password', async () => {
  await world.api('POST', '/api/v1/users', {
    name: 'night',
    password: PASSWORD,
    grants: [{ role: 'operator', path: null }],
  });
  const page = await world.open('/applications?filter=payment', {}, 'night');
  await settled(page);
  await world.api('PUT', '/api/v1/users/night/password', { password: `${PASSWORD} 2` });
  const dialog = page.getByRole('dialog', { name: 'Your session has ended' });
  await dialog.waitFor();
  await dialog.getByLabel(/Password/).fill(`${PASSWORD} 2`);
  await dialog.getByRole('button', { name: 'Log in' }).click();
  await dialog.waitFor({ state: 'detached' });
  await settled(page);
  assert.match(page.url(), /filter=payment/);
  await page.context().close();
});

test('who may only read is offered nothing else, and the master refuses it', async () => {
  await world.api('POST', '/api/v1/users', {
    name: 'reader',
    password: PASSWORD,
    grants: [{ role: 'viewer', path: null }],
  });
  const page = await world.open('/applications', {}, 'reader');
  const restart = page.getByRole('button', { name: 'Restart payment-switch' });
  await restart.waitFor();
  assert.ok(await restart.isDisabled());
  assert.equal(await page.getByRole('link', { name: 'Audit', exact: true }).count(), 0);
  const status = await page.evaluate(async () => {
    const body = JSON.stringify({ operation: 'restart', filter: 'payment-switch' });
    const headers = { 'content-type': 'application/json' };
    return (await fetch('/api/v1/actions', { method: 'POST', headers, body })).status;
  });
  assert.equal(status, 403);
  await page.context().close();
});

test('names with markup are text', async () => {
  const page = await world.open('/services');
  let alarmed = false;
  page.on('dialog', () => (alarmed = true));
  const hostile = '<img src=x onerror=alert(1)>"\u202Eevil😀';
  await page.goto(
    `${world.url}/services?filter=${encodeURIComponent(`"${hostile.replaceAll('"', '\\"')}"`)}`,
  );
  await settled(page);
  await page.goto(`${world.url}/${encodeURIComponent(hostile)}`);
  await page.getByText('There is no such page').waitFor();
  assert.ok(!alarmed);
  await page.context().close();
});

test('no page is wider than a phone', async () => {
  const page = await world.open('/', { viewport: { width: 320, height: 640 } });
  for (const path of PAGES) {
    await page.goto(world.url + path);
    await settled(page);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 320, `${path} is ${width} pixels wide`);
  }
  await page.context().close();
});

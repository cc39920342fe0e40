// Around the pages: two tabs of one session, back and forward, keys that were changed, pausing, and a killed master.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { eventually, login, settled, USER, World } from './world.ts';

let world: World;
before(async () => {
  world = await World.start();
});
after(() => world.stop());

/** The positions of the events that the audit shows, from top to bottom. */
async function positions(page: Page): Promise<number[]> {
  const labels = await page
    .getByRole('button', { name: /^Everything about event \d+$/ })
    .evaluateAll((buttons) => buttons.map((button) => button.getAttribute('aria-label') ?? ''));
  return labels.map((label) => Number(/\d+$/.exec(label)?.[0]));
}

/** The positions of all events of the journal, the newest first. */
async function journal(): Promise<number[]> {
  const page = await world.api<{ items: { seq: number }[] }>('GET', '/api/v1/events?order=desc&limit=1000');
  return page.items.map(({ seq }) => seq);
}

async function makeToken(uses: number): Promise<void> {
  await world.api('POST', '/api/v1/join-tokens', { uses });
}

test('two tabs are one session: both live, of one taste, and logged out together', async () => {
  const one = await world.open('/services');
  const other = await one.context().newPage();
  await other.goto(`${world.url}/services`);
  await settled(one);
  await settled(other);
  await world.fault({ service: 'VISA_DEBIT', kind: 'malfunction', code: 'DISCONN01' });
  for (const page of [one, other]) {
    await page.getByRole('row').filter({ hasText: 'VISA_DEBIT' }).getByText('DISCONN01').waitFor();
  }
  await world.mend();

  await one.getByRole('button', { name: USER }).click();
  await one.getByRole('menuitemradio', { name: 'Light' }).click();
  await one.getByRole('menuitemradio', { name: 'Compact' }).click();
  await other.locator('html[data-theme=light][data-density=compact]').waitFor();

  await one.getByRole('menuitem', { name: 'Log out' }).click();
  for (const page of [one, other]) {
    await page.getByLabel('Password').waitFor();
    assert.equal(await page.getByRole('navigation', { name: 'Pages' }).count(), 0);
  }
  await login(other);
  await one.getByRole('navigation', { name: 'Pages' }).waitFor();
  await settled(one);
  await one.context().close();
});

test('back and forward go through filters and drawers, and leave an open order alone', async () => {
  const page = await world.open('/services');
  await settled(page);
  await page.getByRole('button', { name: 'Problems only' }).click();
  await page.waitForURL(/filter=/);
  await page.getByRole('button', { name: 'Problems only' }).click();
  await page.waitForURL((address) => !address.search.includes('filter'));
  await page.getByRole('link', { name: 'AcqDB' }).click();
  const drawer = page.getByRole('complementary', { name: /^Details of/ });
  await drawer.getByRole('heading', { name: 'AcqDB' }).waitFor();
  await drawer.getByRole('link', { name: 'payment-switch' }).first().click();
  await drawer.getByRole('heading', { name: 'payment-switch' }).waitFor();

  await drawer.getByRole('button', { name: 'Restart' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('is stopped, then started').waitFor();
  await dialog.getByLabel('Reason').fill('typed before going back');
  await page.goBack();
  await drawer.getByRole('heading', { name: 'AcqDB' }).waitFor();
  assert.equal(await dialog.getByLabel('Reason').inputValue(), 'typed before going back');
  await dialog.getByText('payment-switch on').first().waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await dialog.waitFor({ state: 'detached' });

  await page.goBack();
  await drawer.waitFor({ state: 'detached' });
  await page.goBack();
  await page.waitForURL(/filter=/);
  await page.getByText('No service matches this filter.').waitFor();
  await page.goForward();
  await page.getByRole('row').filter({ hasText: 'AcqDB' }).waitFor();
  await page.goForward();
  await drawer.getByRole('heading', { name: 'AcqDB' }).waitFor();
  await page.reload();
  await drawer.getByRole('heading', { name: 'AcqDB' }).waitFor();
  await page.context().close();
});

test('a search and the keys close when the address changes under them', async () => {
  const page = await world.open('/servers');
  await settled(page);
  await page.getByRole('link', { name: 'Services', exact: true }).click();
  await page.waitForURL('**/services');
  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog', { name: 'Search and commands' });
  await palette.waitFor();
  await page.goBack();
  await page.waitForURL('**/servers');
  await palette.waitFor({ state: 'detached' });
  await page.goForward();
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keys' });
  await help.waitFor();
  await page.goBack();
  await help.waitFor({ state: 'detached' });
  await page.context().close();
});

test('the palette finds an object by its name and opens it, and runs what has keys', async () => {
  const page = await world.open('/servers');
  await settled(page);
  await page.keyboard.press('Control+k');
  const search = page.getByRole('combobox', { name: 'Search and commands' });
  await search.fill('visa_cr');
  await page.getByRole('option').filter({ hasText: 'VISA_CREDIT' }).waitFor();
  await search.press('Enter');
  await page.getByRole('complementary').getByRole('heading', { name: 'VISA_CREDIT' }).waitFor();
  assert.match(page.url(), /\/servers\?open=/);
  await page.keyboard.press('Control+k');
  await search.fill('go to tasks');
  await eventually('the page of tasks alone to be offered', async () =>
    (await page.getByRole('option').count()) === 1 ? true : undefined,
  );
  await search.press('Enter');
  await page.waitForURL('**/tasks');
  await page.keyboard.press('Control+k');
  await search.fill('<b>no such thing');
  await page.getByText('Nothing has this name.').waitFor();
  await page.context().close();
});

test('a key is given to another action, one that is taken is refused, and the usual ones come back', async () => {
  const page = await world.open('/services?sort=name');
  await settled(page);
  await page.locator('[data-path]').nth(1).waitFor();
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keys' });
  await help.getByRole('button', { name: 'Change the keys for Services' }).click();
  const field = help.getByRole('textbox', { name: 'New keys for Services' });
  await field.press('g');
  await field.press('s');
  await field.press('Enter');
  await help.getByRole('alert').getByText('g s already means “Go to Servers”').waitFor();
  await field.press('j');
  await field.press('Enter');
  await help
    .getByRole('alert')
    .getByText(/already means|collides with/)
    .waitFor();
  await field.press('Escape');
  await help.getByRole('button', { name: 'Change the keys for Tasks' }).click();
  const tasks = help.getByRole('textbox', { name: 'New keys for Tasks' });
  await tasks.press('T');
  await tasks.press('Enter');
  await tasks.waitFor({ state: 'detached' });
  await help.getByText('T', { exact: true }).waitFor();
  await page.keyboard.press('Escape');
  await help.waitFor({ state: 'detached' });
  await page.keyboard.press('T');
  await page.waitForURL('**/tasks');
  // What it meant before means nothing now, also after the page was loaded anew.
  await page.reload();
  await settled(page);
  await page.keyboard.press('g');
  await page.keyboard.press('t');
  await page.keyboard.press('g');
  await page.keyboard.press('v');
  await page.waitForURL('**/services');
  await page.keyboard.press('?');
  await help.getByRole('button', { name: 'Usual keys for all' }).click();
  await page.keyboard.press('Escape');
  await help.waitFor({ state: 'detached' });
  await page.keyboard.press('g');
  await page.keyboard.press('t');
  await page.waitForURL('**/tasks');
  await page.context().close();
});

test('a paused page stands still and then has everything, once', async () => {
  const page = await world.open('/services?filter=MC_DEBIT');
  const other = await page.context().newPage();
  await other.goto(`${world.url}/services?filter=MC_DEBIT`);
  const audit = await page.context().newPage();
  await audit.goto(`${world.url}/audit?technical=1`);
  await audit.getByText('The journal begins here.').waitFor();
  await page.getByText('STARTED').first().waitFor();
  for (const still of [page, audit]) {
    await settled(still);
    await still.keyboard.press('P');
    await still.locator('html[data-live=paused]').waitFor();
  }
  const before = await positions(audit);
  await world.fault({ service: 'MC_DEBIT', kind: 'malfunction', code: 'UNAVAIL01' });
  await makeToken(2);
  await other.getByText('UNAVAIL01').first().waitFor();
  assert.equal(await page.getByText('UNAVAIL01').count(), 0);
  assert.deepEqual(await positions(audit), before);
  await page.keyboard.press('P');
  await page.getByText('UNAVAIL01').first().waitFor();
  await audit.getByRole('button', { name: 'Go on' }).click();
  await audit.getByText('made a join token for 2 servers of').waitFor();
  await world.mend();
  await page.getByText('STARTED').first().waitFor();
  await eventually('the audit to have every event once', async () =>
    (await positions(audit)).join() === (await journal()).join() ? true : undefined,
  );
  await page.context().close();
});

test('after the master was killed the events go on where they stopped, none missing and none twice', async () => {
  const audit = await world.open('/audit?technical=1');
  await audit.getByText('The journal begins here.').waitFor();
  const drawer = await audit.context().newPage();
  const { path } = await world.application('payment-switch');
  await drawer.goto(`${world.url}/applications?open=${path}`);
  const events = drawer.getByRole('complementary').getByRole('region', { name: 'Events' });
  await events.getByText('STARTED').first().waitFor();
  const told = await events.getByRole('listitem').count();

  await world.kill();
  await audit.locator('html[data-live=lost]').waitFor();
  world.restart();
  // These happen before the pages are back, as far as they are not quicker.
  await eventually('the master to answer', () =>
    makeToken(4).then(
      () => true,
      () => undefined,
    ),
  );
  await settled(audit);
  await settled(drawer);
  await makeToken(5);
  for (const uses of [4, 5]) {
    await audit.getByText(`made a join token for ${uses} servers of`).waitFor();
  }
  await eventually('the audit to have every event once', async () =>
    (await positions(audit)).join() === (await journal()).join() ? true : undefined,
  );

  await world.api('POST', '/api/v1/actions', { operation: 'restart', targets: [path] });
  await events.getByText('the action on payment-switch').waitFor();
  await eventually('the drawer to have every event of the application once', async () => {
    const wanted = await world.api<{ items: unknown[] }>('GET', `/api/v1/events?object=${path}&limit=1000`);
    const shown = await events.getByRole('listitem').count();
    return shown === wanted.items.length && shown > told ? true : undefined;
  });
  await audit.context().close();
});

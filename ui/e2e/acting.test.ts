// Acting from the browser, from the button to the audit: one application, many of them, and what goes wrong.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { failing, Gate, steady } from './units.ts';
import { eventually, PASSWORD, settled, World } from './world.ts';

/** What two of the workers can be told beside starting and stopping. */
const ROTATE = `
[[action]]
name = "rotate-keys"
command = ["/bin/echo", "{keys}", "keys are new"]
[[action.parameter]]
name = "keys"
type = "integer"
min = 1
max = 10
`;

let world: World;
let gate: Gate;
before(async () => {
  world = await World.start(async (data) => {
    gate = new Gate(data, 'worker-2');
    await gate.open();
    return {
      'worker-1': steady(),
      'worker-2': gate.unit(),
      'worker-3': steady() + ROTATE,
      'worker-4': steady() + ROTATE,
      broken: failing(7),
    };
  });
});
after(() => world.stop());

interface Actions {
  items: { id: string; operation: string; reason?: string | null; status: string }[];
}

/** The actions that were given this reason. */
async function actionsBecause(reason: string): Promise<Actions['items']> {
  const { items } = await world.api<Actions>('GET', '/api/v1/actions');
  return items.filter((action) => action.reason === reason);
}

/** Chooses everything that the table's filter lets through, and opens the dialog for it. */
async function chooseAll(page: Page, noun: string, operation: string): Promise<Locator> {
  await page.getByRole('checkbox', { name: `Select all ${noun}` }).check();
  await page.getByRole('button', { name: `${operation}…`, exact: true }).click();
  return page.getByRole('dialog');
}

test('a restart is in the audit with who did it, how they proved it, and why', async () => {
  const before = await world.application('payment-switch');
  const page = await world.open('/applications?filter=payment-switch');
  await page.getByRole('button', { name: 'Restart payment-switch' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('is stopped, then started').waitFor();
  await dialog.getByLabel('Reason').fill('tried from the page');
  await dialog.getByRole('button', { name: /^Restart/ }).click();
  await dialog.getByText('SUCCEEDED').first().waitFor();
  await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
  assert.notEqual((await world.application('payment-switch')).pid, before.pid);

  await page.goto(`${world.url}/audit?kind=ActionAccepted`);
  const event = page.getByRole('listitem').filter({ hasText: 'tried from the page' });
  await event.getByText('user admin asked to restart payment-switch').waitFor();
  await event.getByRole('button', { name: /^Everything about event/ }).click();
  await event.getByText('user admin, in a session').waitFor();
  await event.getByText('127.0.0.1', { exact: true }).waitFor();
  await page.context().close();
});

test('a rolling restart shows its batches first, and then each target as it goes', async () => {
  const page = await world.open('/applications?filter=worker&sort=name');
  const dialog = await chooseAll(page, '4 that match', 'Restart');
  await dialog.getByRole('radio', { name: /^Rolling/ }).check();
  await dialog.getByRole('combobox', { name: 'At a time in' }).selectOption('% of them');
  await dialog.getByRole('spinbutton', { name: 'At a time' }).fill('50');
  await dialog.getByRole('spinbutton', { name: 'Seconds between' }).fill('1');
  await dialog.getByText('2 batches, 2 at a time, 1 s between; the first failure stops the rest').waitFor();
  await dialog.getByRole('heading', { name: 'Batch 2' }).waitFor();

  await gate.close();
  await dialog.getByRole('button', { name: 'Restart 4 applications' }).click();
  // The second of the first batch waits behind its gate; the next batch waits for it.
  await dialog.getByText('1 running, 2 waiting, 1 succeeded').waitFor();
  const target = (name: string) => dialog.getByRole('listitem').filter({ hasText: `${name} on` });
  await target('worker-1').getByText('SUCCEEDED').waitFor();
  await target('worker-2').getByText('RUNNING').waitFor();
  await target('worker-4').getByText('waits for its turn').waitFor();
  await gate.open();
  await dialog.getByText('4 succeeded').waitFor();
  await target('worker-4')
    .getByText(/STARTED as process \d+/)
    .waitFor();
  await page.context().close();
});

test('a custom action is done on all that are chosen, in the dialog of start and stop', async () => {
  const page = await world.open('/applications?filter=name%3Dworker-3,worker-4');
  const dialog = await chooseAll(page, '2 that match', 'Restart');
  await dialog.getByRole('radio', { name: 'rotate-keys' }).check();
  await dialog.getByText('keys: give a whole number from 1 up to 10').waitFor();
  await dialog.getByRole('textbox', { name: /^keys/ }).fill('3');
  await dialog.getByLabel('Reason').fill('rotated from the page');
  await dialog.getByRole('button', { name: /^rotate-keys/ }).click();
  const operation = await eventually('the action to succeed', async () => {
    const [action] = await actionsBecause('rotated from the page');
    return action?.status === 'SUCCEEDED' ? action.operation : undefined;
  });
  assert.equal(operation, 'act');
  await page.context().close();
});

test('what fails says so in words, stops what comes after it, and can be tried again', async () => {
  const page = await world.open('/applications?filter=name%3Dbroken,worker-1&sort=name');
  const dialog = await chooseAll(page, '2 that match', 'Start');
  await dialog.getByText('1 application changes; nothing happens for 1 of 2.').waitFor();
  await dialog.getByRole('radio', { name: /^Rolling/ }).check();
  await dialog.getByText('2 batches, one at a time; the first failure stops the rest').waitFor();
  await dialog.getByRole('button', { name: 'Start 2 applications' }).click();
  await dialog.getByText('FAILED').first().waitFor();
  await dialog
    .getByText(/exit(ed)?( with)? code 7/)
    .first()
    .waitFor();
  await dialog.getByRole('button', { name: /^Start .* again…$/ }).waitFor();
  await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
  await page.getByRole('row').filter({ hasText: 'broken' }).getByText('FAILED').first().waitFor();
  await page.context().close();
});

test('all that match are stopped by their filter, also those that are not ticked one by one', async () => {
  const page = await world.open('/applications?filter=name%3Dworker-3,worker-4', {
    viewport: { width: 1440, height: 300 },
  });
  const dialog = await chooseAll(page, '2 that match', 'Stop');
  await dialog.getByText('All 2 applications change.').waitFor();
  await dialog.getByLabel('Reason').fill('out of hours');
  await dialog.getByRole('button', { name: 'Stop 2 applications' }).click();
  await dialog.getByText('2 succeeded').waitFor();
  const stopped = (await world.applications()).filter(({ status }) => status === 'STOPPED');
  assert.deepEqual(stopped.map(({ name }) => name).sort(), ['worker-3', 'worker-4']);
  await page.context().close();
});

test('a session that ends under an open dialog keeps what was typed, and the order goes on once', async () => {
  await world.api('POST', '/api/v1/users', {
    name: 'dusk',
    password: PASSWORD,
    grants: [{ role: 'operator', path: null }],
  });
  const page = await world.open('/applications?filter=worker-1', {}, 'dusk');
  await settled(page);
  await page.getByRole('button', { name: 'Restart worker-1' }).click();
  const dialog = page.getByRole('dialog', { name: /^Restart (of )?worker-1 on/ });
  await dialog.getByText('is stopped, then started').waitFor();
  await dialog.getByLabel('Reason').fill('typed before the session ended');
  // The session is gone, and nothing on the page knows it before the order is given.
  await page.context().clearCookies();
  await dialog.getByRole('button', { name: /^Restart worker-1/ }).click();
  const ended = page.getByRole('dialog', { name: 'Your session has ended' });
  await ended.waitFor();
  assert.equal((await actionsBecause('typed before the session ended')).length, 0);
  await ended.getByLabel(/Password/).fill(PASSWORD);
  await ended.getByRole('button', { name: 'Log in' }).click();
  await ended.waitFor({ state: 'detached' });
  await dialog.getByText('SUCCEEDED').first().waitFor();
  await dialog.getByText('Reason: typed before the session ended').waitFor();
  assert.equal((await actionsBecause('typed before the session ended')).length, 1);
  await page.context().close();
});

test('a password that is changed elsewhere ends the session while a reason is typed, and nothing is lost', async () => {
  await world.api('POST', '/api/v1/users', {
    name: 'dawn',
    password: PASSWORD,
    grants: [{ role: 'operator', path: null }],
  });
  const page = await world.open('/applications?filter=worker-1', {}, 'dawn');
  await settled(page);
  await page.getByRole('button', { name: 'Restart worker-1' }).click();
  const dialog = page.getByRole('dialog', { name: /^Restart (of )?worker-1 on/ });
  await dialog.getByText('is stopped, then started').waitFor();
  await dialog.getByLabel('Reason').fill('half a sentence');
  await world.api('PUT', '/api/v1/users/dawn/password', { password: `${PASSWORD} 2` });
  const ended = page.getByRole('dialog', { name: 'Your session has ended' });
  await ended.getByLabel(/Password/).fill(`${PASSWORD} 2`);
  await ended.getByRole('button', { name: 'Log in' }).click();
  await ended.waitFor({ state: 'detached' });
  assert.equal(await dialog.getByLabel('Reason').inputValue(), 'half a sentence');
  await dialog.getByRole('button', { name: /^Restart worker-1/ }).click();
  await dialog.getByText('SUCCEEDED').first().waitFor();
  assert.equal((await actionsBecause('half a sentence')).length, 1);
  await page.context().close();
});

test('an order whose answer was lost is given again and done once', async () => {
  const page = await world.open('/applications?filter=worker-1');
  await settled(page);
  let lost = 0;
  await page.route('**/api/v1/actions', async (asked) => {
    if (lost === 0 && !(asked.request().postData() ?? '').includes('dry_run')) {
      lost += 1;
      // The master does it, and its answer never arrives.
      await asked.fetch();
      await asked.abort();
      return;
    }
    await asked.continue();
  });
  await page.getByRole('button', { name: 'Restart worker-1' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('is stopped, then started').waitFor();
  await dialog.getByLabel('Reason').fill('the cable was pulled');
  await dialog.getByRole('button', { name: /^Restart worker-1/ }).click();
  await dialog.getByText('It is not known whether the master took the order.', { exact: false }).waitFor();
  await dialog.getByRole('button', { name: 'Try again' }).click();
  await dialog.getByText('SUCCEEDED').first().waitFor();
  assert.equal(lost, 1);
  assert.equal((await actionsBecause('the cable was pulled')).length, 1);
  await page.context().close();
});

test('whoever closed the dialog is told how it ended, and opens it from there', async () => {
  const page = await world.open('/applications?filter=name%3Dworker-2');
  await gate.close();
  await page.getByRole('button', { name: 'Restart worker-2' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('is stopped, then started').waitFor();
  await dialog.getByRole('button', { name: /^Restart worker-2/ }).click();
  await dialog.getByRole('button', { name: 'Close, it goes on' }).click();
  await dialog.waitFor({ state: 'detached' });
  await gate.open();
  await page.getByText(/^Restart of worker-2 on .*: succeeded$/).waitFor();
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.waitForURL(/open=/);
  await page
    .getByRole('complementary', { name: /^Details of/ })
    .getByText('SUCCEEDED')
    .first()
    .waitFor();
  await page.context().close();
});

test('who may operate one application may not operate another, in the page and at the master', async () => {
  const { path } = await world.application('worker-1');
  await world.api('POST', '/api/v1/users', {
    name: 'narrow',
    password: PASSWORD,
    grants: [
      { role: 'viewer', path: null },
      { role: 'operator', path },
    ],
  });
  const page = await world.open('/applications?filter=worker&sort=name', {}, 'narrow');
  await page.getByRole('button', { name: 'Restart worker-1' }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Restart worker-1' }).isDisabled(), false);
  assert.equal(await page.getByRole('button', { name: 'Restart worker-2' }).isDisabled(), true);
  const dialog = await chooseAll(page, '4 that match', 'Restart');
  // The plan of what one may not do is refused as the order would be.
  await dialog.getByText('user narrow is not allowed to operate applications on').waitFor();
  assert.equal(
    await dialog
      .getByRole('button', { name: /^Restart/ })
      .last()
      .isDisabled(),
    true,
  );
  await page.context().close();
});

test('a link of the switch is signed off and on again, with what it is told in the audit', async () => {
  const page = await world.open('/services?filter=name%3DMC_DEBIT');
  await page.getByRole('link', { name: 'MC_DEBIT' }).first().click();
  const panel = page.getByRole('complementary', { name: /^Details of/ });
  const dialog = page.getByRole('dialog');
  await panel.getByRole('button', { name: 'sign-off…' }).click();
  await dialog.getByText('asks for POST /services/MC_DEBIT/sign-off').first().waitFor();
  const command = dialog.getByRole('button', { name: 'sign-off: MC_DEBIT of payment-switch on' });
  // Its unit file wants it to be asked about.
  assert.equal(await command.isDisabled(), true);
  await dialog.getByRole('checkbox', { name: 'Yes, sign-off is what is meant' }).check();
  await command.click();
  await dialog.getByText('MC_DEBIT is signed off').first().waitFor();
  await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
  await panel.getByText('STOPPED').first().waitFor();

  await panel.getByRole('button', { name: 'sign-on…' }).click();
  await dialog.getByRole('combobox', { name: /^keys/ }).selectOption('new');
  await dialog.getByText('with {"keys":"new"}').first().waitFor();
  await dialog.getByLabel('Reason').fill('after the cutover');
  await dialog.getByRole('button', { name: /^sign-on: MC_DEBIT/ }).click();
  await dialog.getByText('MC_DEBIT is signed on with new keys').first().waitFor();
  await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
  await panel.getByText('STARTED').first().waitFor();

  await page.goto(`${world.url}/audit?kind=ActionAccepted`);
  const event = page.getByRole('listitem').filter({ hasText: 'after the cutover' });
  await event.getByText('user admin asked to do sign-on with keys new on').waitFor();
  await page.context().close();
});

// Acting, the audit and access as an administrator uses them: a real master, agent, application and browser.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { World } from './world.ts';

let world: World;
before(async () => {
  world = await World.start();
});
after(() => world.stop());

interface Page<T> {
  items: T[];
}

test('a plan says what would happen, and doing nothing does nothing', async () => {
  const page = await world.open('/applications');
  await page
    .getByRole('button', { name: /^Restart payment-switch/ })
    .first()
    .click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('is stopped, then started').waitFor();
  await dialog.getByText('Start', { exact: true }).click();
  await dialog.getByText('is STARTED already, nothing happens').waitFor();
  await dialog.getByText('Nothing happens.', { exact: true }).waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await dialog.waitFor({ state: 'detached' });
  const actions = await world.api<Page<unknown>>('GET', '/api/v1/actions');
  assert.equal(actions.items.length, 0);
  await page.context().close();
});

test('a token is made, shown once, works, and is revoked', async () => {
  const page = await world.open('/access');
  await page.getByRole('button', { name: 'Make a token…' }).click();
  const form = page.getByRole('dialog', { name: 'Make an API token' });
  await form.getByRole('button', { name: 'Make the token' }).click();
  await form.getByText('a name is missing').waitFor();
  await form.getByLabel(/^Name/).fill('nightly');
  await form.getByRole('button', { name: 'Make the token' }).click();
  const secret = page.getByRole('dialog', { name: 'API token nightly' });
  const text = (await secret.getByText(/^tmt_/).textContent()) ?? '';
  const asked = () =>
    fetch(`${world.url}/api/v1/servers`, { headers: { authorization: `Bearer ${text.trim()}` } });
  assert.equal((await asked()).status, 200);
  await secret.getByRole('button', { name: 'I have copied it' }).click();
  await page.getByRole('button', { name: 'Revoke token nightly' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke nightly' }).click();
  await page.getByRole('button', { name: 'Revoke token nightly' }).waitFor({ state: 'detached' });
  assert.equal((await asked()).status, 401);
  await page.context().close();
});

test('a user is added with the problems at the fields, and removed by typing the name', async () => {
  const page = await world.open('/access');
  await page.getByRole('button', { name: 'Add a user…' }).click();
  const form = page.getByRole('dialog', { name: 'Add a user' });
  await form.getByLabel(/^Name/).fill('ida b');
  await form.getByLabel(/^Password/).fill('short');
  await form.getByRole('button', { name: 'Add the user' }).click();
  await form.getByText('has only letters, digits').waitFor();
  await form.getByText('at least 12 characters', { exact: false }).last().waitFor();
  await form.getByLabel(/^Name/).fill('ida');
  await form.getByLabel(/^Password/).fill('ida-has-a-password');
  await form.getByRole('button', { name: 'Add the user' }).click();
  await page.getByRole('button', { name: 'Remove ida' }).click();
  const confirm = page.getByRole('dialog', { name: 'Remove user ida' });
  assert.equal(await confirm.getByRole('button', { name: 'Remove ida' }).isDisabled(), true);
  await confirm.getByLabel('Type ida to confirm').fill('ida');
  await confirm.getByRole('button', { name: 'Remove ida' }).click();
  await page.getByLabel('Remove ida').waitFor({ state: 'detached' });
  await page.context().close();
});

test('the audit follows what happens, and its chain is verified', async () => {
  const page = await world.open('/audit');
  await page.getByText('user admin logged in').first().waitFor();
  await world.api('POST', '/api/v1/join-tokens', { uses: 3 });
  await page.getByText('user admin made a join token for 3 servers of').waitFor();
  await page.getByRole('button', { name: 'Verify the chain' }).click();
  await page.getByText('The chain is whole').waitFor();
  await page.context().close();
});

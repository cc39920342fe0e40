// Acting safely from the browser: what a second person has to approve, and what a freeze refuses.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from './axe.ts';
import { steady } from './units.ts';
import { World } from './world.ts';

const SECRET = 'a second person of tests only';

let world: World;
before(async () => {
  world = await World.start(() => Promise.resolve({ worker: steady() }));
  const grants = [{ role: 'operator' }, { role: 'approver' }];
  await world.api('POST', '/api/v1/users', { name: 'bob', password: SECRET, grants });
});
after(() => world.stop());

test('a restart waits until another person has approved it', async () => {
  const page = await world.open('/actions?view=safety');
  await page.getByRole('button', { name: 'Set a policy…' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel(/^Name/).fill('production');
  await form.getByLabel('Only').fill('name=worker');
  await form.getByRole('button', { name: 'Set policy' }).click();
  await page.getByRole('row').filter({ hasText: 'production' }).getByText('stop, restart').waitFor();

  await page.goto(`${world.url}/applications?filter=name%3Dworker`);
  await page.getByRole('button', { name: 'Restart worker' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('It waits until another person has approved it: policy production.').waitFor();
  await dialog.getByRole('button', { name: /^Restart/ }).click();
  await dialog.getByText('You asked for it, so somebody else has to approve it.').waitFor();
  assert.equal(await dialog.getByRole('button', { name: 'Approve' }).count(), 0);
  // Whoever asks why it still runs as before is told.
  const asked = await world.open(`/applications?open=${(await world.application('worker')).path}`);
  await asked.getByText(/restart by user admin waits until another person has approved it/).waitFor();
  await asked.context().close();

  const second = await world.open('/actions', {}, 'bob', SECRET);
  const row = second.getByRole('row').filter({ hasText: 'Restart of worker' });
  await row.getByText('waits for approval').waitFor();
  await row.getByRole('link').click();
  await second.getByRole('button', { name: 'Approve' }).waitFor();
  assert.deepEqual(await violations(second), []);
  await second.getByLabel('Comment').fill('seen, change 4711');
  await second.getByRole('button', { name: 'Approve' }).click();
  await second.getByText(/Approved by user bob.*seen, change 4711/).waitFor();
  await second.context().close();
  // Whoever asked sees it go.
  await dialog.getByText('SUCCEEDED').first().waitFor();
  await dialog.getByText('Approved by user bob').waitFor();

  await page.goto(`${world.url}/audit?kind=ActionGoverned`);
  await page
    .getByRole('listitem')
    .filter({ hasText: 'user bob approved' })
    .getByText('seen, change 4711')
    .waitFor();
  await page.goto(`${world.url}/actions?view=safety`);
  await page.getByRole('button', { name: 'Delete production' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete policy' }).click();
  await page.getByText('Nothing has to be approved.').waitFor();
  await page.context().close();
});

test('a freeze refuses what is ordered, unless it is overridden with a reason', async () => {
  const page = await world.open('/actions?view=safety');
  await page.getByRole('button', { name: 'Announce a freeze…' }).click();
  const form = page.getByRole('dialog');
  const { path } = await world.application('worker');
  await form.getByLabel('Why').fill('year end');
  await form.getByLabel('On', { exact: false }).first().fill(path.split('/').slice(0, 2).join('/'));
  await form.getByLabel('Only').fill('name=worker');
  await form.getByRole('button', { name: 'Announce' }).click();
  await page.getByRole('row').filter({ hasText: 'year end' }).getByText('in force').waitFor();

  await page.goto(`${world.url}/applications?filter=name%3Dworker`);
  await page.getByRole('button', { name: 'Restart worker' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('freeze "year end" of user admin is in force').waitFor();
  await dialog.getByText('A guard refuses it; override it below.').waitFor();
  const restart = dialog.getByRole('button', { name: /^Restart/ });
  assert.ok(await restart.isDisabled());
  assert.deepEqual(await violations(page), []);
  await dialog.getByRole('checkbox', { name: /^Override the guards/ }).check();
  await dialog.getByText('say why the guards are overridden').waitFor();
  await dialog.getByLabel(/^Reason/).fill('the certificate ends tonight');
  await restart.click();
  await dialog.getByText('SUCCEEDED').first().waitFor();

  await page.goto(`${world.url}/actions?view=safety`);
  await page.getByRole('button', { name: 'Lift year end' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Lift freeze' }).click();
  await page.getByText('Nothing is frozen, now or later.').waitFor();
  await page.context().close();
});

// A restart from the page, from the button to the audit, on a fleet of its own.

import { after, before, test } from 'node:test';
import { World } from './world.ts';

let world: World;
before(async () => {
  world = await World.start();
});
after(() => world.stop());

test('a restart from the page is done, and is in the audit with its reason', async () => {
  const page = await world.open('/applications');
  await page.getByRole('button', { name: 'Restart payment-switch' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('is stopped, then started').waitFor();
  await dialog.getByLabel('Reason').fill('tried from the page');
  await dialog.getByRole('button', { name: /^Restart/ }).click();
  await dialog.getByText('SUCCEEDED').first().waitFor();
  await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
  await page.goto(`${world.url}/audit`);
  await page.getByText('tried from the page').first().waitFor();
  await page.context().close();
});

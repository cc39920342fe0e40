// Tasks in the browser: run now, what became of the runs and what they printed; a heartbeat that somebody else gives.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from './axe.ts';
import { steady } from './units.ts';
import { World } from './world.ts';

const TASKS = `
[[task]]
name = "report"
command = ["/bin/echo", "42 files"]

[[task]]
name = "ledger"
command = ["/bin/sh", "-c", "echo reading; echo no ledger today >&2; exit 3"]
`;

let world: World;
let path: string;
before(async () => {
  world = await World.start(() => ({ worker: `${steady()}${TASKS}` }));
  ({ path } = await world.application('worker'));
});
after(() => world.stop());

test('a task is run now, and says what became of it and what it printed', async () => {
  const page = await world.open(`/tasks?open=${path}/report`);
  const panel = page.getByRole('complementary', { name: /^Details of/ });
  await panel.getByText('It has not run yet.').waitFor();
  await panel.getByRole('button', { name: 'Run now' }).click();
  const run = panel.getByRole('group').filter({ hasText: 'admin' });
  await run.getByText('OK', { exact: true }).waitFor();
  await run.locator('summary').click();
  await run.getByText('42 files').last().waitFor();
  assert.deepEqual(await violations(page), []);
  await page.context().close();
});

test('one that fails is FAILED in the list, with the line that says why', async () => {
  const page = await world.open(`/tasks?open=${path}/ledger`);
  const panel = page.getByRole('complementary', { name: /^Details of/ });
  await panel.getByRole('button', { name: 'Run now' }).click();
  await panel.getByText(/^Its last run failed: .*no ledger today/).waitFor();
  const run = panel.getByRole('group').filter({ hasText: 'admin' });
  await run.locator('summary').click();
  await run.locator('pre').getByText('reading').waitFor();
  await page.getByRole('row').filter({ hasText: 'ledger' }).getByText('FAILED').first().waitFor();
  await page.goto(`${world.url}/problems`);
  await page
    .getByText(/task ledger of worker on .* failed/)
    .first()
    .waitFor();
  await page.context().close();
});

test('a task of somebody else is expected, gives signs by its address, and is expected no more', async () => {
  const page = await world.open(`/applications?open=${path}`);
  const panel = page.getByRole('complementary', { name: /^Details of/ });
  await panel.getByRole('button', { name: 'Expect signs…' }).click();
  const form = page.getByRole('dialog', { name: 'Expect signs of a task' });
  await form.getByLabel('Name').fill('from the bank');
  await form.getByRole('button', { name: 'Expect them' }).click();
  await form.getByText('give a name of letters', { exact: false }).waitFor();
  await form.getByLabel('Name').fill('from-the-bank');
  assert.deepEqual(await violations(page), []);
  await form.getByRole('button', { name: 'Expect them' }).click();
  const secret = page.getByRole('dialog', { name: /^Address of/ });
  const told = await secret
    .getByText(/^curl .*\/api\/v1\/ping\//)
    .first()
    .innerText();
  const address = /http\S+/.exec(told)?.[0];
  assert.ok(address);
  await secret.getByRole('button', { name: 'I have copied it' }).click();

  await page.goto(`${world.url}/tasks?open=${path}/from-the-bank`);
  await panel.getByText('no sign of it yet').first().waitFor();
  assert.ok((await fetch(address, { method: 'POST' })).ok);
  await panel.getByText('Its last run ended well', { exact: false }).waitFor();
  assert.ok((await fetch(`${address}?sign=failed`, { method: 'POST' })).ok);
  await panel.getByText('Its last run failed', { exact: false }).waitFor();

  await panel.getByRole('button', { name: 'Expect no more…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Expect no more signs' }).click();
  await page.getByRole('row').filter({ hasText: 'from-the-bank' }).waitFor({ state: 'detached' });
  assert.equal((await fetch(address, { method: 'POST' })).status, 404);
  await page.context().close();
});

// Rules in the browser: the list, one in its editor, tried on the past while one writes, and saved for everybody.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { eventually, settled, World } from './world.ts';

let world: World;
before(async () => {
  world = await World.start();
  // Some seconds of the host's own figures are there to be tried on.
  await eventually('figures in the history', async () => {
    const trial = await tried('host_uptime_seconds');
    return trial.looked_at > 0 ? true : undefined;
  });
});
after(() => world.stop());

/** More seconds than any host is up: always a problem. */
const ALWAYS = 'when.threshold = { query = "host_uptime_seconds", compare = "<", value = 1e12 }';

function rule(name: string, when: string): string {
  return `[[rule]]\nname = "${name}"\nseverity = "info"\nmessage = "up for {value} s"\n${when}\n`;
}

async function tried(query: string): Promise<{ looked_at: number }> {
  const since = new Date(Date.now() - 600_000).toISOString();
  const text = rule('x', `when.threshold = { query = "${query}", compare = "<", value = 0 }`);
  return world.api('POST', '/api/v1/rules/test', { text, since });
}

interface Row {
  name: string;
  own: boolean;
  enabled: boolean;
  problems: number;
}

async function ruleOf(name: string): Promise<Row | undefined> {
  return (await world.api<{ items: Row[] }>('GET', '/api/v1/rules')).items.find((row) => row.name === name);
}

/** A picture for whoever wants to look, when TOPMAST_PICTURES names a folder. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env['TOPMAST_PICTURES'];
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: `${folder}/${name}.png` });
}

test('a rule is written by keys, tried while one writes, saved, seen to find something, and deleted', async () => {
  const page = await world.open('/problems');
  await settled(page);
  await page.getByRole('link', { name: 'Rules', exact: true }).click();
  await page.getByRole('row').filter({ hasText: 'filesystem-full' }).waitFor();
  await picture(page, 'rules');
  await page.getByRole('button', { name: 'New rule…' }).focus();
  await page.keyboard.press('Enter');
  const text = page.getByRole('textbox', { name: /^Rule/ });
  await text.fill(rule('never-up', 'when.threshold = { query = "sum(", compare = ">", value = 1 }'));
  await page.getByRole('alert').getByText('line 5, column 1: rule "never-up", query, 1:5').waitFor();
  assert.ok(await page.getByRole('button', { name: 'Save', exact: true }).isDisabled());
  await text.fill(rule('never-up', ALWAYS));
  await page.getByText('1 problem', { exact: true }).last().waitFor();
  await page.getByText(/Not covered: nothing is kept from before/).waitFor();
  await page.getByRole('img', { name: /1 problems marked; the bound is 1000000000000/ }).waitFor();
  const found = page.getByRole('region', { name: 'Problems that would have been' });
  await found.getByRole('row').filter({ hasText: 'still open' }).waitFor();
  await picture(page, 'rule-editor');
  // On nothing that there is there is no problem.
  await page.getByLabel('Only on').fill('server=nothing-*');
  await page.getByText('0 problems', { exact: true }).last().waitFor();
  await page.getByLabel('Only on').fill('');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('never-up is added').waitFor();
  await eventually('a problem of the new rule', async () => {
    const row = await ruleOf('never-up');
    return row?.own === true && row.problems === 1 ? true : undefined;
  });
  await page.getByRole('button', { name: 'Back to the list' }).click();
  const row = page.getByRole('row').filter({ hasText: 'never-up' });
  await row.getByRole('link', { name: '1', exact: true }).waitFor();
  await row.getByRole('link', { name: 'never-up' }).click();
  await page.getByRole('button', { name: 'Delete…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete never-up' }).click();
  await page.getByRole('row').filter({ hasText: 'filesystem-full' }).waitFor();
  await row.waitFor({ state: 'hidden' });
  assert.equal(await ruleOf('never-up'), undefined);
  await page.context().close();
});

test('a shipped rule is switched off and on, and what was written is not lost by a key', async () => {
  const page = await world.open('/problems?view=rules');
  const row = page.getByRole('row').filter({ hasText: 'server-booted' });
  await row.getByText('shipped').waitFor();
  await page.getByRole('button', { name: 'Switch off server-booted' }).click();
  await row.getByText('yours').waitFor();
  assert.equal((await ruleOf('server-booted'))?.enabled, false);
  await page.getByRole('button', { name: 'Switch on server-booted' }).click();
  await page.getByRole('button', { name: 'Switch off server-booted' }).waitFor();
  assert.equal((await ruleOf('server-booted'))?.enabled, true);

  await row.getByRole('link', { name: 'server-booted' }).click();
  const text = page.getByRole('textbox', { name: /^Rule/ });
  await text.waitFor();
  await page.keyboard.press('Escape');
  // Nothing was changed, so the list is back, and the focus is where it was.
  await page.getByRole('link', { name: 'server-booted' }).waitFor();
  await eventually('the focus on the rule', async () =>
    (await page.evaluate(() => document.activeElement?.textContent)) === 'server-booted' ? true : undefined,
  );
  await page.keyboard.press('Enter');
  await text.waitFor();
  await text.press('End');
  await text.pressSequentially('# ');
  await page.keyboard.press('Escape');
  const dialog = page.getByRole('dialog', { name: /without saving/ });
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  assert.ok((await text.inputValue()).includes('# '));
  await page.context().close();
});

test('who may only look can read and try a rule, and is offered nothing else', async () => {
  await world.api('POST', '/api/v1/users', {
    name: 'vito',
    password: 'looks and touches nothing',
    grants: [{ role: 'viewer' }],
  });
  const page = await world.open(
    '/problems?view=rules&rule=server-booted',
    {},
    'vito',
    'looks and touches nothing',
  );
  await page.getByText('Rules are changed by whoever has the role admin.').waitFor();
  assert.ok(await page.getByRole('button', { name: 'Save', exact: true }).isDisabled());
  await page.getByText(/series looked at/).waitFor();
  await page.context().close();
});

test('the editor is no wider than a phone', async () => {
  const page = await world.open('/problems?view=rules', { viewport: { width: 320, height: 640 } });
  await page.getByRole('row').filter({ hasText: 'filesystem-full' }).waitFor();
  for (const address of ['/problems?view=rules', '/problems?view=rules&rule=server-booted']) {
    await page.goto(world.url + address);
    await settled(page);
    await page.getByRole('heading', { level: 2 }).first().waitFor();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 320, `${address} is ${width} pixels wide`);
  }
  await page.getByText(/series looked at/).waitFor();
  await picture(page, 'rule-phone');
  await page.context().close();
});

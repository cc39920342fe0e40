// Problems in the browser: what rules see, handled from the table, the panel and by keys, and seen by others at once.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { failing } from './units.ts';
import { eventually, settled, World } from './world.ts';

let world: World;
let path: string;
before(async () => {
  world = await World.start(() => ({ broken: failing(1) }));
  ({ path } = await world.application('payment-switch'));
  await world.fault({ service: 'MC_CREDIT', kind: 'malfunction', code: 'DISCONN01', seconds: 600 });
  await world.api('POST', '/api/v1/actions', { operation: 'start', filter: 'name=broken', reason: 'a try' });
  await eventually('two problems', async () => ((await problems()).length >= 2 ? true : undefined));
});
after(() => world.stop());

interface Row {
  id: number;
  object: string;
  suppressed?: string | null;
  acknowledgement?: { owner: { name: string }; comment?: string | null; sticky: boolean } | null;
}

/** A picture for whoever wants to look, when TOPMAST_PICTURES names a folder. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env['TOPMAST_PICTURES'];
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: `${folder}/${name}.png` });
}

/** The open problems that were made here. */
async function problems(): Promise<Row[]> {
  const filter = encodeURIComponent('status=OPEN rule=service-malfunction,application-failed');
  return (await world.api<{ items: Row[] }>('GET', `/api/v1/problems?filter=${filter}`)).items;
}

async function problemOn(service: string): Promise<Row> {
  const found = (await problems()).find(({ object }) => object.endsWith(`/${service}`));
  assert.ok(found, `there is a problem on ${service}`);
  return found;
}

function rowOf(page: Page, service: string) {
  return page.getByRole('row').filter({ hasText: `/${service}` });
}

test('what a rule sees is in the table, and an acknowledgement reaches whoever looks on', async () => {
  const page = await world.open('/problems');
  const other = await world.open('/problems');
  await settled(page);
  const row = rowOf(page, 'MC_CREDIT');
  await row.getByRole('gridcell', { name: 'OPEN', exact: true }).waitFor();
  await row.getByText('major').waitFor();
  await row.getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Acknowledge…', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('What is being done').fill('the line is being mended');
  await dialog.getByLabel('For how long').fill('soon');
  await dialog.getByRole('button', { name: 'Acknowledge', exact: true }).click();
  await dialog.getByText('write a span like').waitFor();
  await dialog.getByLabel('For how long').fill('4h');
  await dialog.getByLabel('Holds when it becomes worse').check();
  await dialog.getByRole('button', { name: 'Acknowledge', exact: true }).click();
  await dialog.waitFor({ state: 'hidden' });
  await rowOf(other, 'MC_CREDIT').getByText('acknowledged').waitFor();
  await rowOf(other, 'MC_CREDIT').getByText('admin').waitFor();
  const { acknowledgement } = await problemOn('MC_CREDIT');
  assert.equal(acknowledgement?.comment, 'the line is being mended');
  assert.equal(acknowledgement.sticky, true);
  await other.context().close();
  await page.context().close();
});

test('all that match are commented at once, by keys alone', async () => {
  const page = await world.open('/problems?filter=rule%3Dservice-malfunction%2Capplication-failed');
  await settled(page);
  await rowOf(page, 'broken').waitFor();
  await page.getByRole('checkbox', { name: /Select all/ }).check();
  await page.getByRole('grid').focus();
  await page.keyboard.press('C');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Comment').fill('the provider was called');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'hidden' });
  for (const { id } of await problems()) {
    const details = await world.api<{ comments: { text: string }[] }>('GET', `/api/v1/problems/${id}`);
    assert.deepEqual(
      details.comments.map(({ text }) => text),
      ['the provider was called'],
    );
  }
  await page.context().close();
});

test('a problem opens in the panel with its timeline, and its object shows it', async () => {
  const { id, object } = await problemOn('broken');
  const page = await world.open(`/problems?open=${id}`);
  const panel = page.getByRole('complementary');
  await panel.getByText(`problem ${id}`, { exact: false }).first().waitFor();
  await panel.getByRole('heading', { name: 'Advice' }).waitFor();
  await panel.getByRole('heading', { name: 'What happened' }).waitFor();
  await panel.getByText('major, on').waitFor();
  await panel.getByRole('button', { name: 'Comment…' }).click();
  await page.getByRole('dialog').getByLabel('Comment').fill('seen from the panel');
  await page.keyboard.press('Enter');
  await panel.getByText('seen from the panel').first().waitFor();
  await panel.getByRole('link', { name: object }).first().click();
  await panel.getByRole('heading', { name: 'broken' }).waitFor();
  await panel.getByRole('heading', { name: 'Problems' }).waitFor();
  // And so does what it is inside of, down from its server.
  await page.goto(`${world.url}/servers?open=${path.split('/').slice(0, 3).join('/')}`);
  await panel.getByRole('link', { name: 'failed: exited' }).waitFor();
  await page.context().close();
});

test('what is muted is listed with its end, and maintenance is announced and cancelled', async () => {
  const page = await world.open('/problems');
  await settled(page);
  await rowOf(page, 'broken').getByRole('checkbox').check();
  await page.keyboard.press('M');
  const dialog = page.getByRole('dialog');
  await dialog.getByText(path.replace('payment-switch', 'broken')).waitFor();
  await dialog.getByLabel('For how long').fill('2h');
  await dialog.getByLabel('Why').fill('tests of the provider');
  await dialog.getByRole('button', { name: 'Mute' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await rowOf(page, 'broken').getByText('muted').waitFor();
  await page.getByRole('link', { name: 'Mutes and maintenance' }).click();
  await page.getByRole('row').filter({ hasText: 'tests of the provider' }).waitFor();
  await page.getByRole('button', { name: 'Announce maintenance…' }).click();
  await dialog.getByLabel('What is done').fill('new cables');
  await dialog.getByLabel('On paths').fill(path);
  await dialog.getByRole('button', { name: 'Announce' }).click();
  const maintenance = page.getByRole('row').filter({ hasText: 'new cables' });
  await maintenance.getByText('in force').waitFor();
  await maintenance.getByRole('button', { name: 'Cancel…' }).click();
  await dialog.getByRole('button', { name: 'Cancel maintenance' }).click();
  await maintenance.waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: 'Announce maintenance…' }).click();
  await dialog.getByLabel('What is done').fill('patch night');
  await dialog.getByLabel('On paths').fill(path);
  await dialog.getByLabel('Again and again').check();
  await dialog.getByRole('combobox', { name: 'On' }).selectOption('days of the week');
  await dialog.getByLabel('At time of day').fill('02:30');
  await dialog.getByRole('button', { name: 'Announce' }).click();
  await dialog.getByText('choose at least one day').waitFor();
  await dialog.getByLabel('sunday').check();
  await dialog.getByLabel('Time zone').fill('Europe/Atlantis');
  await dialog.getByRole('button', { name: 'Announce' }).click();
  await dialog.getByText(/Atlantis/).waitFor();
  await dialog.getByLabel('Time zone').fill('Europe/Zurich');
  await dialog.getByRole('button', { name: 'Announce' }).click();
  const again = page.getByRole('row').filter({ hasText: 'patch night' });
  await again.getByText('sunday at 02:30 Europe/Zurich for 1h').waitFor();
  await again.getByText(/^next /).waitFor();
  await again.getByRole('button', { name: 'Cancel…' }).click();
  await dialog.getByRole('button', { name: 'Cancel maintenance' }).click();
  await again.waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: /^Unmute/ }).click();
  await page.getByText('Nothing is muted.').waitFor();
  await page.context().close();
});

test('who may only look is offered nothing', async () => {
  await world.api('POST', '/api/v1/users', {
    name: 'viola',
    password: 'looks and touches nothing',
    grants: [{ role: 'viewer' }],
  });
  const page = await world.open('/problems', {}, 'viola', 'looks and touches nothing');
  await rowOf(page, 'MC_CREDIT').getByRole('checkbox').check();
  assert.ok(await page.getByRole('button', { name: 'Acknowledge…', exact: true }).isDisabled());
  await page.keyboard.press('A');
  assert.equal(await page.getByRole('dialog').count(), 0);
  await page.context().close();
});

test('the overview has the newest problems with state and owner', async () => {
  const page = await world.open('/');
  const seen = page.getByRole('region', { name: 'Last problems' });
  const counts = page.getByRole('region', { name: 'Problems by severity' });
  await counts
    .getByRole('link', { name: /critical|major|warning/ })
    .first()
    .waitFor();
  await seen.getByRole('listitem').filter({ hasText: 'admin has it' }).first().waitFor();
  await page.context().close();
});

test('the panel of a problem on a number draws it with its bound and when it was opened, in both themes', async () => {
  // More seconds than any host is up: always a problem.
  const text =
    '[[rule]]\nname = "never-up"\nseverity = "info"\nmessage = "up for {value} s"\n' +
    'when.threshold = { query = "host_uptime_seconds", compare = "<", value = 1e12, clear = 2e12 }\n';
  await world.api('POST', '/api/v1/rules', { text });
  const id = await eventually('a problem of the rule', async () => {
    const { items } = await world.api<{ items: Row[] }>('GET', '/api/v1/problems?filter=rule%3Dnever-up');
    return items[0]?.id;
  });
  for (const [colorScheme, width] of [
    ['dark', 1280],
    ['light', 390],
  ] as const) {
    const page = await world.open(`/problems?open=${id}`, { colorScheme, viewport: { width, height: 860 } });
    const panel = page.getByRole('complementary');
    await panel.getByRole('heading', { name: 'What its rule watches' }).waitFor();
    const chart = panel.getByRole('img', {
      name: /^What the rule looks at: .+; opened .+; the bound is 1000000000000$/,
    });
    await chart.scrollIntoViewIfNeeded();
    await chart.locator('canvas').waitFor();
    const inside = await chart.evaluate((box) => box.getBoundingClientRect().right <= window.innerWidth);
    assert.ok(inside, 'the chart is no wider than the page');
    await picture(page, `problem-number-${colorScheme}`);
    await page.context().close();
  }
  // What is about a state has nothing to draw.
  const page = await world.open('/problems');
  const rules = page.waitForResponse((response) => response.url().endsWith('/api/v1/rules'));
  await page.goto(`${world.url}/problems?open=${(await problemOn('broken')).id}`);
  await rules;
  await page.getByRole('complementary').getByRole('heading', { name: 'What happened' }).waitFor();
  assert.equal(await page.getByRole('heading', { name: 'What its rule watches' }).count(), 0);
  await page.context().close();
});

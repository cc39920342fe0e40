// Tables as an operator uses them: filter, order, facets, views, columns, selection and export.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { World, eventually } from './world.ts';

let world: World;
/** The services of the demo switch, by name. */
let all: string[];
before(async () => {
  world = await World.start();
  all = await eventually('the switch to tell its services', async () => {
    const page = await world.api<{ items: { name: string }[] }>('GET', '/api/v1/services?sort=name');
    return page.items.length > 0 ? page.items.map(({ name }) => name) : undefined;
  });
});
after(() => world.stop());

async function services(query = '', height = 900): Promise<Page> {
  const page = await world.open(`/services${query}`, { viewport: { width: 1440, height } });
  await page.locator('[data-path]').first().waitFor();
  return page;
}

/** The names of the rows, from top to bottom. */
async function names(page: Page): Promise<string[]> {
  const rows = await page
    .locator('[data-path]')
    .evaluateAll((rows) =>
      rows.map(
        (row) => [Number(row.getAttribute('aria-rowindex')), row.getAttribute('data-path') ?? ''] as const,
      ),
    );
  return rows
    .sort(([left], [right]) => left - right)
    .map(([, path]) => path.slice(path.lastIndexOf('/') + 1));
}

async function shows(page: Page, wanted: string[]): Promise<void> {
  await eventually(`the rows ${wanted.join(' ')}`, async () =>
    (await names(page)).join() === wanted.join() ? true : undefined,
  );
}

test('a title sorts both ways, and back undoes it', async () => {
  const page = await services();
  const title = page.getByRole('columnheader', { name: 'Service' });
  await title.getByRole('button').click();
  await shows(page, all);
  assert.equal(await title.getAttribute('aria-sort'), 'ascending');
  await title.getByRole('button').click();
  await shows(page, [...all].reverse());
  assert.match(page.url(), /sort=-name/);
  await page
    .getByRole('columnheader', { name: 'TPS' })
    .getByRole('button')
    .click({ modifiers: ['Shift'] });
  await page.waitForURL(/sort=-name,-tps/);
  await page.goBack();
  await page.goBack();
  await shows(page, all);
  await page.context().close();
});

test('a filter is completed by keys alone', async () => {
  const page = await services();
  await page.keyboard.press('/');
  await page.keyboard.type('sta');
  await page.getByRole('option', { name: 'status' }).first().waitFor();
  await page.keyboard.press('Tab');
  await page.getByRole('option', { name: 'status=' }).waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.type('star');
  await page.getByRole('option', { name: 'STARTED' }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  assert.equal(await page.getByRole('combobox', { name: 'Filter' }).inputValue(), 'status=STARTED ');
  // What the fleet has is offered as well.
  await page.keyboard.type('name=visa');
  await page.getByRole('option', { name: 'VISA_CREDIT' }).waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await shows(page, ['VISA_CREDIT']);
  await page.context().close();
});

test('a wrong filter stays as it was typed, with its place marked', async () => {
  const page = await services();
  const field = page.getByRole('combobox', { name: 'Filter' });
  await field.fill('MC stauts=UP');
  await field.press('Enter');
  const problem = page.getByRole('alert');
  await problem.getByText('do you mean status?').waitFor();
  assert.equal(await problem.locator('mark').textContent(), 'stauts=UP');
  assert.equal(await field.inputValue(), 'MC stauts=UP');
  await field.fill('MC status=STARTED');
  await shows(page, ['MC_CREDIT', 'MC_DEBIT']);
  await problem.waitFor({ state: 'detached' });
  await page.context().close();
});

test('the example in an empty filter is one that its list takes', async () => {
  const page = await world.open('/');
  for (const path of ['servers', 'applications', 'services', 'tasks', 'actions', 'audit']) {
    await page.goto(`${world.url}/${path}`);
    const text = (await page.getByRole('combobox', { name: 'Filter' }).getAttribute('placeholder')) ?? '';
    const [, example = ''] = /^Filter: (.+) …$/.exec(text) ?? [];
    assert.notEqual(example, '');
    const kind = path === 'audit' ? 'events' : path;
    await world.api('GET', `/api/v1/${kind}?filter=${encodeURIComponent(example)}`);
  }
  await page.context().close();
});

test('facets ask for values and no longer, and only problems can be shown', async () => {
  const page = await services();
  await page.getByRole('button', { name: 'Facets' }).click();
  const panel = page.getByRole('complementary', { name: 'Facets' });
  const started = panel.getByRole('button', { name: /^STARTED/ });
  await started.click();
  await page.waitForURL(/filter=status%3DSTARTED$/);
  await eventually('the facet to be pressed', async () =>
    (await started.getAttribute('aria-pressed')) === 'true' ? true : undefined,
  );
  await started.click();
  await page.waitForURL((address) => !address.search.includes('filter'));
  await world.fault({ service: 'MC_DEBIT', kind: 'malfunction', code: 'DISCONN01' });
  await page.getByRole('button', { name: 'Problems only' }).click();
  await shows(page, ['MC_DEBIT']);
  await world.mend();
  await page.getByText('No service matches this filter.').waitFor();
  await page.getByRole('button', { name: 'Problems only' }).click();
  await shows(page, all);
  await page.context().close();
});

test('a view is kept by name, and the tab can open with it', async () => {
  const page = await services('?filter=VISA&sort=-name');
  await page.getByRole('button', { name: 'Saved views' }).click();
  await page.getByLabel('Name of the view').fill('Visa <b>only</b>');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Open the tab with Visa' }).click();
  await page.goto(`${world.url}/services`);
  await shows(page, ['VISA_DEBIT', 'VISA_CREDIT']);
  assert.match(page.url(), /filter=VISA&sort=-name/);
  await page.getByRole('button', { name: 'Saved views' }).click();
  assert.equal(await page.getByRole('link', { name: 'Visa <b>only</b>' }).count(), 1);
  await page.context().close();
});

test('columns are chosen, and stand in the address', async () => {
  const page = await services('?columns=name,tps');
  const titles = (): Promise<string[]> =>
    page.getByRole('columnheader').evaluateAll((heads) => heads.map((head) => head.textContent.trim()));
  assert.deepEqual((await titles()).slice(1), ['Service', 'TPS']);
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('button', { name: 'Move TPS forward' }).click();
  await page.getByRole('checkbox', { name: 'p95' }).check();
  await page.waitForURL(/columns=tps,name,latency_p95_ms/);
  assert.deepEqual((await titles()).slice(1), ['TPS', 'Service', 'p95']);
  await page.getByRole('button', { name: 'The usual columns' }).click();
  await page.waitForURL((address) => !address.search.includes('columns'));
  await page.context().close();
});

test('rows are chosen by keys, by a range and all at once, also out of sight', async () => {
  const page = await services('?sort=name', 280);
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await page.getByText('1 service selected').waitFor();
  await page.keyboard.press('Shift+End');
  await page.getByText(`${all.length} services selected`).first().waitFor();
  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  await page.getByRole('button', { name: 'Select all' }).waitFor({ state: 'detached' });
  await page.getByRole('checkbox', { name: `Select all ${all.length} that match` }).check();
  await page.getByText(`All ${all.length} services selected`).waitFor();
  await page.locator('[data-path] input').first().click();
  await page.getByText(`${all.length - 1} services selected`).waitFor();
  await page.context().close();
});

test('what is chosen is acted on through the plan', async () => {
  const page = await services();
  await page.getByRole('checkbox', { name: 'Select MC_CREDIT' }).click();
  await page.getByRole('checkbox', { name: 'Select MC_DEBIT' }).click();
  await page.getByRole('button', { name: 'Restart their applications' }).click();
  await page.getByRole('dialog').getByText('payment-switch').first().waitFor();
  await page.context().close();
});

test('a table is exported as it is shown', async () => {
  const page = await services('?filter=VISA&sort=name&columns=name,codes,status');
  await page.getByRole('button', { name: 'Export' }).click();
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'CSV' }).click(),
  ]);
  assert.match(file.suggestedFilename(), /^topmast-services-\d{8}T\d{6}Z\.csv$/);
  const lines = (await readFile(await file.path(), 'utf8')).split('\r\n');
  assert.equal(lines[0], 'path,name,codes,status');
  assert.match(lines[1] ?? '', /payment-switch\/VISA_CREDIT,VISA_CREDIT,,STARTED$/);
  assert.equal(lines.length, 4);
  await page.context().close();
});

test('hostile and missing values are text and dashes', async () => {
  const hostile = '<img src=x onerror=alert(1)>\u202Eevil😀שלום';
  const page = await world.page();
  const dialogs: string[] = [];
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  // Between a real master and a real page, values that no sane source would send.
  await page.routeWebSocket(/\/api\/v1\/live$/, (socket) => {
    const master = socket.connectToServer();
    master.onMessage((message) => {
      socket.send(
        String(message)
          .replaceAll('"codes":[]', JSON.stringify({ codes: [hostile, 'x'.repeat(500)] }).slice(1, -1))
          .replaceAll(/"tps":[\d.]+/g, '"tps":null'),
      );
    });
  });
  await page.goto(`${world.url}/services`);
  await page.getByLabel('User').fill('admin');
  await page.getByLabel('Password').fill('correct horse battery staple');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByText(hostile).first().waitFor();
  assert.equal(await page.locator('[data-path] img').count(), 0);
  const [row] = await page.locator('[data-path]').all();
  const column = await page.getByRole('columnheader', { name: 'TPS' }).getAttribute('aria-colindex');
  assert.equal(
    await row
      ?.locator(`[aria-colindex="${column}"]`)
      .textContent()
      .then((text) => text?.trim()),
    '–',
  );
  const box = await row?.boundingBox();
  assert.ok(box && box.height < 50, 'a long code keeps to its row');
  assert.deepEqual(dialogs, []);
  await page.context().close();
});

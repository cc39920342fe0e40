// Charts as an operator uses them: five live minutes, longer spans from the history, zoom, and the address of each.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { World, eventually } from './world.ts';

let world: World;
let server: string;
before(async () => {
  world = await World.start();
  const { items } = await world.api<{ items: { path: string }[] }>('GET', '/api/v1/servers');
  assert.ok(items[0]);
  server = items[0].path;
});
after(() => world.stop());

function details(page: Page): Locator {
  return page.getByRole('complementary', { name: `Details of ${server}` });
}

function spans(page: Page): Locator {
  return details(page).getByRole('group', { name: 'Time shown' });
}

/** Waits until a span is the one that is shown, and its processor's chart has values. */
async function shown(page: Page, words: string): Promise<void> {
  await spans(page).getByRole('button', { name: words, exact: true, pressed: true }).waitFor();
  await details(page)
    .getByRole('img', { name: /^CPU\. CPU: latest [\d.]+%, lowest [\d.]+%/ })
    .waitFor();
}

test('a span is chosen with the mouse or keys, is in the address, and back and forward follow it', async () => {
  const page = await world.open(`/servers?open=${server}`);
  await shown(page, '5 min');
  await spans(page).getByRole('button', { name: '1 h', exact: true }).click();
  await page.waitForURL(/[?&]span=1h(&|$)/);
  await shown(page, '1 h');
  await details(page)
    .getByText(/^kept since /)
    .waitFor();
  await spans(page).getByRole('button', { name: '7 d', exact: true }).focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/[?&]span=7d(&|$)/);
  await page.goBack();
  await page.waitForURL(/[?&]span=1h(&|$)/);
  await shown(page, '1 h');
  await page.goForward();
  await spans(page).getByRole('button', { name: '7 d', exact: true, pressed: true }).waitFor();
  // What was chosen last is remembered where the address says nothing.
  await page.goto(`${world.url}/servers?open=${server}`);
  await spans(page).getByRole('button', { name: '7 d', exact: true, pressed: true }).waitFor();
  await page.context().close();
});

test('a link shows the span, and dragging over a chart zooms until one goes back', async () => {
  const page = await world.open(`/servers?open=${server}&span=15m`);
  await shown(page, '15 min');
  const plot = details(page).locator('.u-over').first();
  const box = await plot.boundingBox();
  assert.ok(box);
  const drawn = await plot.elementHandle();
  await page.mouse.move(box.x + box.width * 0.7, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.95, box.y + box.height / 2, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(/span=\d{4}-\d\d-\d\dT[\d:]+Z\/\d{4}-\d\d-\d\dT[\d:]+Z/);
  const [from = 0, to = 0] = (new URL(page.url()).searchParams.get('span') ?? '').split('/').map(Date.parse);
  assert.ok(Math.abs(to - from - 0.25 * 900_000) < 15_000, `${to - from} ms are a quarter of 15 minutes`);
  await details(page).getByRole('button', { name: 'Back to 5 min' }).waitFor();
  await page.goBack();
  await shown(page, '15 min');
  assert.ok(
    await drawn?.evaluate((over) => over.isConnected),
    'a chart is never made anew under the pointer',
  );
  await page.context().close();
});

test('what happened stands in words beside the charts of a longer span', async () => {
  const page = await world.open(`/applications?open=${server}/payment-switch&span=24h`);
  const panel = page.getByRole('complementary', { name: /^Details of / });
  await panel.getByText('The same in words').click();
  await panel.getByRole('heading', { name: 'Marked on the time axis' }).waitFor();
  await eventually('the start of the application to be marked', async () =>
    (await panel.locator('details').getByRole('listitem').count()) > 0 ? true : undefined,
  );
  await page.context().close();
});

test('a chart that cannot go on says so', async () => {
  const page = await world.open(`/servers?open=${server}&span=1h`);
  await shown(page, '1 h');
  await world.kill();
  await details(page).getByText('connection lost').first().waitFor();
  world.restart();
  await details(page).getByText('connection lost').first().waitFor({ state: 'detached' });
  await shown(page, '1 h');
  await page.context().close();
});

for (const colorScheme of ['dark', 'light'] as const) {
  test(`axe finds nothing in a panel with charts, ${colorScheme}`, async () => {
    const axe = await readFile(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
    const page = await world.open(`/servers?open=${server}&span=1h`, { colorScheme });
    await shown(page, '1 h');
    await details(page).getByText('The same in words').click();
    // The policy forbids scripts in the page; the test's own comes by another way.
    const violations = await page.evaluate(async (source) => {
      (0, eval)(source);
      const { axe } = globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`);
    }, axe);
    assert.deepEqual(violations, []);
    await page.context().close();
  });
}

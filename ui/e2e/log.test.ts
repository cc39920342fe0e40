// Logs in the browser: an application that writes, followed and searched, by keys, in its panel, and for axe.

import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { violations } from './axe.ts';
import { World } from './world.ts';

let world: World;
let folder: string;
let log: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'topmast-logs-'));
  log = join(folder, 'shop.log');
  await writeFile(`${log}.1`, '2026-01-01T10:00:00Z ERROR long ago\n');
  const first = Array.from(
    { length: 200 },
    (_, at) => `2026-01-02T10:00:00.${String(at).padStart(3, '0')}Z INFO order ${at}`,
  );
  await writeFile(log, `${first.join('\n')}\n2026-01-02T10:00:01Z ERROR card 4111111111111111 refused\n`);
  world = await World.start(() => ({
    shop: `command = ["/bin/sh", "-c", "echo the shop is open; exec sleep 86400"]\nstart_wait = "100ms"\nlog_files = ["${log}"]\n`,
  }));
});
after(async () => {
  await world.stop();
  await rm(folder, { recursive: true });
});

test('lines are followed as they are written, held, and gone on with', async () => {
  const page = await world.open('/logs?filter=name%3Dshop', { viewport: { width: 1440, height: 900 } });
  await page.getByRole('button', { name: 'Follow' }).click();
  const lines = page.getByRole('log');
  await lines.getByText('card 411111******1111 refused').waitFor();
  assert.equal(await page.getByText('4111111111111111').count(), 0);
  await lines
    .getByText('the shop is open')
    .waitFor({ state: 'attached' })
    .catch(() => undefined);
  await appendFile(log, 'a new line\n');
  await lines.getByText('a new line').waitFor();
  // The keyboard is nowhere in particular.
  await lines.focus();
  await page.keyboard.press('f');
  await page.getByRole('button', { name: 'Go on' }).waitFor();
  await appendFile(log, 'while it was held\n');
  await page.getByRole('button', { name: 'Go on (1 new)' }).waitFor();
  assert.equal(await lines.getByText('while it was held').count(), 0);
  await page.keyboard.press('f');
  await lines.getByText('while it was held').waitFor();
  await page.keyboard.press('k');
  await page.getByRole('complementary', { name: 'The line' }).waitFor();
  await page.getByRole('button', { name: 'End' }).click();
  await page.getByRole('button', { name: 'Follow' }).waitFor();
  await page.context().close();
});

test('a search finds lines in rotated files and marks them', async () => {
  const page = await world.open('/logs?filter=name%3Dshop&mode=search&span=all', {
    viewport: { width: 1440, height: 900 },
  });
  await page.getByRole('searchbox', { name: 'Lines with' }).fill('ERROR.*(ago|refused)');
  await page.keyboard.press('Enter');
  const lines = page.getByRole('log');
  await lines.getByText('long ago').waitFor();
  await lines.getByText('card 411111******1111 refused').waitFor();
  await page.getByText('2 lines').waitFor();
  assert.match(page.url(), /grep=ERROR/);
  await page.getByRole('searchbox', { name: 'Lines with' }).fill('order 7');
  await page.keyboard.press('Enter');
  await lines.locator('mark').first().waitFor();
  assert.equal(await lines.locator('mark').first().textContent(), 'order 7');
  await page.getByRole('searchbox', { name: 'Lines with' }).fill('(');
  await page.keyboard.press('Enter');
  await page.getByText('unclosed group').waitFor();
  assert.deepEqual(await violations(page), []);
  await page.context().close();
});

test('the panel of an application follows its log', async () => {
  const { items } = await world.api<{ items: { path: string }[] }>(
    'GET',
    '/api/v1/applications?filter=name%3Dshop',
  );
  const page = await world.open(`/applications?open=${items[0]?.path ?? ''}`, {
    viewport: { width: 1440, height: 1000 },
  });
  await page.getByRole('button', { name: 'Follow here' }).click();
  await page.getByRole('log').getByText('refused').waitFor();
  await page.context().close();
});

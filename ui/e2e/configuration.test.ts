// Configurations in the browser: made, looked at, applied, changed by hand on the server, written over, gone back to, locked.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { violations } from './axe.ts';
import { steady } from './units.ts';
import { World } from './world.ts';

/** An agent looks every minute what lies there. */
const DRIFT_MS = 100_000;

let world: World;
let folder: string;
let file: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'topmast-configurations-'));
  file = join(folder, 'worker.conf');
  world = await World.start(() => ({ worker: `working_directory = ${JSON.stringify(folder)}\n${steady()}` }));
});
after(async () => {
  await world.stop();
  await rm(folder, { recursive: true });
});

function text(port: number, secret: string): string {
  return `[[configuration]]
name = "worker"
within = "default/main"
application = "worker"
after = "nothing"

[[configuration.file]]
path = "worker.conf"
template = true
content = '''
port = ${port}
password = {{ secret.password }}
'''

[configuration.secrets]
password = "${secret}"
`;
}

/** Applies the newest revision from its page, and waits until it has. */
async function apply(page: Page, reason: string, overwrite = false): Promise<void> {
  await page.getByRole('button', { name: /^Apply revision/ }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('worker on').waitFor();
  if (overwrite) {
    await dialog.getByText('is refused unless what was changed by hand is wanted now').waitFor();
    await dialog.getByRole('checkbox', { name: /^Write over/ }).check();
  }
  await dialog.getByText('reads its files by itself').waitFor();
  await dialog.getByLabel('Reason').fill(reason);
  assert.deepEqual(await violations(page), []);
  await dialog.getByRole('button', { name: 'Apply to 1 application' }).click();
  const panel = page.getByRole('complementary', { name: /^Details of/ });
  await panel.getByText('SUCCEEDED').first().waitFor();
  await page.keyboard.press('Escape');
}

test('a configuration is made with a secret that nobody sees again, and applied', async () => {
  const page = await world.open('/configurations');
  await page.getByRole('button', { name: 'New configuration…' }).click();
  await page.getByRole('textbox', { name: /^Configuration/ }).fill(text(8400, 'correct horse'));
  await page.getByRole('textbox', { name: /^Why/ }).fill('first draft');
  await page.getByRole('button', { name: 'Show what changes' }).click();
  await page.getByRole('region', { name: 'Difference of worker.conf' }).getByText('port = 8400').waitFor();
  await page.getByRole('button', { name: 'Save a revision' }).click();
  await page.getByRole('heading', { name: 'worker', level: 1 }).waitFor();
  await page.getByText('PENDING').waitFor();
  assert.equal(await page.getByText('correct horse').count(), 0);
  await apply(page, 'it is new');
  await page.getByText('IN_SYNC').waitFor();
  assert.equal(await readFile(file, 'utf8'), 'port = 8400\npassword = correct horse\n');
  await page.context().close();
});

test('two revisions stand side by side, and what was changed on the server is seen and written over', async () => {
  const page = await world.open('/configurations?name=worker');
  await page.getByRole('button', { name: 'Edit…' }).click();
  await page.getByRole('textbox', { name: /^Configuration/ }).fill(text(8401, '<secret>'));
  await page.getByRole('textbox', { name: /^Why/ }).fill('the old port is taken');
  await page.getByRole('button', { name: 'Save a revision' }).click();
  const diff = page.getByRole('region', { name: 'Difference of worker.conf' });
  await diff.getByRole('cell', { name: 'taken away: port = 8400' }).waitFor();
  await diff.getByRole('cell', { name: 'new: port = 8401' }).waitFor();
  assert.deepEqual(await violations(page), []);

  await writeFile(file, 'port = 9999\n');
  await page.getByText('DRIFTED').waitFor({ timeout: DRIFT_MS });
  await apply(page, 'nobody said why', true);
  await page.getByText('IN_SYNC').waitFor();
  assert.equal(await readFile(file, 'utf8'), 'port = 8401\npassword = correct horse\n');
  await page.context().close();
});

test('an older revision is gone back to by a new one that says what it does', async () => {
  const page = await world.open('/configurations?name=worker');
  await page.getByRole('button', { name: 'Go back to revision 1' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Make it the newest' }).click();
  await page.getByRole('link', { name: 'Revision 3' }).waitFor();
  await page.getByText('PENDING').waitFor();
  await page.getByRole('combobox', { name: 'from' }).selectOption('revision 1');
  await page.getByText('Nothing differs.').waitFor();
  await page.context().close();
});

test('what is kept as code shows a lock, and is changed by hand only after somebody said why', async () => {
  const rules =
    '[[rule]]\nname = "busy"\nseverity = "info"\nwhen.threshold = { query = "host_load1", compare = ">", value = 1000 }\nmessage = "{name} is busy"\n';
  const channels =
    '[[channel]]\nname = "nobody"\nsyslog = { host = "127.0.0.1", port = 9, transport = "udp" }\n';
  const routes = '[[route]]\nname = "all"\nchannels = ["nobody"]\n';
  const configurations = text(8402, '<secret>');
  await world.api('POST', '/api/v1/code', { configurations, rules, channels, routes });

  const page = await world.open('/problems?view=rules');
  await page.getByRole('row').filter({ hasText: 'busy' }).getByText('as code').waitFor();
  await page.getByRole('link', { name: 'busy', exact: true }).click();
  await page.getByText('Kept as code: it is changed in its file.').waitFor();
  assert.deepEqual(await violations(page), []);
  await page.goto(`${world.url}/notifications?view=routes`);
  await page.getByRole('row').filter({ hasText: 'nobody' }).getByText('as code').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Edit all' }).count(), 0);

  await page.goto(`${world.url}/notifications?view=channels`);
  await page.getByRole('button', { name: 'Change by hand: channel nobody' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Take the lock off' }).click();
  await dialog.getByText('say why').waitFor();
  await dialog.getByLabel('Why').fill('the repository is down');
  await dialog.getByRole('button', { name: 'Take the lock off' }).click();
  await page.getByRole('button', { name: 'Edit nobody' }).waitFor();

  await page.goto(`${world.url}/configurations?name=worker`);
  await page.getByText('Kept as code: it is changed in its file.').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Edit…' }).count(), 0);
  await page.context().close();
});

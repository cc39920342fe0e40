// Packages in the browser: added, installed, upgraded, a version that goes back by itself, rolled back, removed.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { violations } from './axe.ts';
import { eventually, PASSWORD, settled, USER, World } from './world.ts';

let world: World;
let folder: string;
/** The server that packages are installed on. */
let server: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'topmast-packages-'));
  world = await World.start();
  const { path } = await world.application('payment-switch');
  server = path.slice(0, path.lastIndexOf('/'));
});
after(async () => {
  await world.stop();
  await rm(folder, { recursive: true });
});

/** A version whose program does what a line of shell says. */
async function packed(version: string, line: string): Promise<string> {
  const top = join(folder, version);
  await mkdir(join(top, 'bin'), { recursive: true });
  await writeFile(
    join(top, 'topmast.toml'),
    'command = ["{version_dir}/bin/greeter"]\nstart_wait = "300ms"\n',
  );
  await writeFile(join(top, 'bin/greeter'), `#!/bin/sh\n${line}\n`);
  await chmod(join(top, 'bin/greeter'), 0o755);
  const file = join(folder, `greeter-${version}.tar.gz`);
  execFileSync('tar', ['-czf', file, '-C', top, '.']);
  return file;
}

async function add(page: Page, file: string, signature?: string): Promise<void> {
  await page.getByRole('button', { name: 'Add a package…' }).click();
  const form = page.getByRole('dialog', { name: 'Add a package' });
  await form.getByLabel('File tar.gz').setInputFiles(file);
  if (signature !== undefined) await form.getByLabel(/^Signature/).setInputFiles(signature);
  await form.getByRole('button', { name: 'Add the package' }).click();
  await form.waitFor({ state: 'detached' });
}

/** Sends the first bytes of a file, and goes away in the middle of it; how many the master kept. */
async function cut(file: string, version: string): Promise<number> {
  const bytes = await readFile(file);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const query = new URLSearchParams({ name: 'greeter', version, file: 'greeter.tar.gz', sha256 });
  const sending = request(`${world.url}/api/v1/packages?${query}`, {
    method: 'POST',
    auth: `${USER}:${PASSWORD}`,
    headers: { 'content-length': bytes.length },
  });
  sending.on('error', () => undefined);
  const half = bytes.length >> 1;
  sending.write(bytes.subarray(0, half), () => sending.destroy());
  return eventually('the first half to be kept', async () => {
    const kept = await world.api<{ bytes: number }>('GET', `/api/v1/packages/uploads/${sha256}`);
    return kept.bytes > 0 ? kept.bytes : undefined;
  });
}

/** Gives an order from the panel of the application, and waits for what comes of it. */
async function order(button: string, choose: (dialog: Locator) => Promise<void>): Promise<Page> {
  const page = await world.open(`/applications?open=${server}/greeter`);
  await settled(page);
  await page.getByRole('complementary').getByRole('button', { name: button }).click();
  const dialog = page.getByRole('dialog');
  await choose(dialog);
  await dialog.getByText('Nothing is done before you press the button.').waitFor();
  await dialog
    .getByRole('button', { name: /greeter on/ })
    .last()
    .click();
  return page;
}

/** A key of minisign, and what signs a file with it: Ed25519 over its BLAKE2b, and over that with the comment. */
function signer(): { key: string; id: string; sign: (file: string) => Promise<string> } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const id = randomBytes(8);
  const written = async (file: string): Promise<string> => {
    const signature = sign(
      null,
      createHash('blake2b512')
        .update(await readFile(file))
        .digest(),
      privateKey,
    );
    const whole = sign(null, Buffer.concat([signature, Buffer.from('of the tests')]), privateKey);
    const lines = [
      'untrusted comment: of the tests',
      Buffer.concat([Buffer.from('ED'), id, signature]).toString('base64'),
      'trusted comment: of the tests',
      whole.toString('base64'),
    ];
    await writeFile(`${file}.minisig`, `${lines.join('\n')}\n`);
    return `${file}.minisig`;
  };
  return {
    key: Buffer.concat([Buffer.from('Ed'), id, raw]).toString('base64'),
    id: Buffer.from(id).reverse().toString('hex').toUpperCase(),
    sign: written,
  };
}

test('a package is added by its file, which names it, and installed where a filter says', async () => {
  const page = await world.open('/packages');
  await page.getByText('There is no package yet.', { exact: false }).waitFor();
  await add(page, await packed('1.0', 'exec sleep 100000'));
  const row = page.getByRole('row').filter({ hasText: 'greeter' });
  await row.getByText('nowhere').waitFor();
  assert.deepEqual(await violations(page), []);

  await page.getByRole('button', { name: 'Install greeter 1.0' }).click();
  await page.getByLabel(/^Servers/).fill('name=nobody');
  await page.getByRole('button', { name: 'Show what would happen' }).click();
  await page.getByText('no server of default matches name=nobody').waitFor();
  await page.getByLabel(/^Servers/).fill(server.slice(server.lastIndexOf('/') + 1));
  await page.getByRole('button', { name: 'Show what would happen' }).click();
  const dialog = page.getByRole('dialog', { name: /^Install/ });
  await dialog.getByRole('button', { name: /^Install greeter on/ }).click();
  await dialog.getByText('SUCCEEDED').first().waitFor();
  await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
  await row.getByRole('link', { name: '1 time' }).waitFor();
  assert.ok(await page.getByRole('button', { name: 'Remove greeter 1.0' }).isDisabled());
  assert.equal((await world.application('greeter')).status, 'STARTED');
  await page.context().close();
});

test('an upload that was cut goes on where it stopped, and one that is cut again tries again', async () => {
  const file = await packed('1.1', 'exec sleep 110000');
  const kept = await cut(file, '1.1');
  const page = await world.open('/packages');
  const offsets: (string | null)[] = [];
  await page.route(/\/api\/v1\/packages\?/, (route) => {
    offsets.push(new URL(route.request().url()).searchParams.get('offset'));
    return offsets.length === 1 ? route.abort('connectionreset') : route.continue();
  });
  await add(page, file);
  assert.deepEqual(offsets, [String(kept), String(kept)]);
  await page.getByRole('button', { name: 'Remove greeter 1.1' }).waitFor();
  await page.context().close();
});

test('a version that does not become healthy goes back by itself, and a good one goes back to whichever is chosen', async () => {
  const page = await world.open('/packages');
  await add(page, await packed('2.0', 'exec sleep 200000'));
  await add(page, await packed('3.0', 'exit 7'));
  const choose =
    (version: string, label = 'Package') =>
    async (dialog: Locator) => {
      await dialog.getByLabel(label).selectOption(`greeter@${version}`);
    };
  const upgraded = await order('Upgrade…', choose('2.0'));
  await upgraded.getByRole('dialog').getByText('SUCCEEDED').first().waitFor();
  await upgraded.context().close();

  const failed = await order('Upgrade…', choose('3.0'));
  await failed
    .getByRole('dialog')
    .getByText(/greeter@3\.0 did not become healthy.*greeter@2\.0 is back, STARTED/)
    .waitFor();
  assert.deepEqual(await violations(failed), []);
  await failed.context().close();

  const further = await order('Roll back…', choose('1.1', 'Go back to'));
  await further
    .getByRole('dialog')
    .getByText(/greeter@1\.1 STARTED as process/)
    .waitFor();
  await further.context().close();

  // Without a choice it is the one before, of the version that runs.
  const back = await order('Roll back…', () => Promise.resolve());
  await back
    .getByRole('dialog')
    .getByText(/greeter@1\.0 STARTED as process/)
    .waitFor();
  await back.getByRole('dialog').getByRole('button', { name: 'Close', exact: true }).last().click();
  await back.getByRole('region', { name: 'Facts' }).getByText('greeter@1.0').waitFor();
  await back.context().close();

  await page.getByRole('button', { name: 'Remove greeter 3.0' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove the package' }).click();
  await page.getByRole('button', { name: 'Remove greeter 3.0' }).waitFor({ state: 'detached' });
  await page.context().close();
});

test('with a trust key only what it signed is installed, and nothing of it once it is removed', async () => {
  const [ours, others] = [signer(), signer()];
  const page = await world.open('/packages');
  await page.getByText('No key is trusted here').waitFor();
  await page.getByRole('button', { name: 'Add a key…' }).click();
  const form = page.getByRole('dialog', { name: 'Add a trust key' });
  await form.getByLabel(/^Public key/).fill(`${ours.key}=`);
  await form.getByLabel(/^Whose/).fill('release team');
  await form.getByRole('button', { name: 'Trust the key' }).click();
  await form.getByText('this is no public key of minisign').waitFor();
  await form.getByLabel(/^Public key/).fill(ours.key);
  await form.getByRole('button', { name: 'Trust the key' }).click();
  await page.getByRole('row').filter({ hasText: 'release team' }).getByText(ours.id).waitFor();
  await world.api('POST', '/api/v1/trust-keys', { key: others.key });
  await page.getByRole('button', { name: `Remove key ${others.id}` }).waitFor();
  assert.deepEqual(await violations(page), []);

  await add(page, await packed('4.0', 'exec sleep 400000'));
  for (const version of ['5.0', '6.0']) {
    const file = await packed(version, 'exec sleep 500000');
    await add(page, file, await ours.sign(file));
  }
  assert.match(
    await upgrade('4.0'),
    /greeter@4\.0 has no signature, and this server takes signed packages only/,
  );
  assert.match(await upgrade('5.0'), /greeter@5\.0 STARTED as process/);
  await page.getByRole('button', { name: `Remove key ${ours.id}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove the key' }).click();
  await page.getByRole('button', { name: `Remove key ${ours.id}` }).waitFor({ state: 'detached' });
  assert.match(await upgrade('6.0'), /greeter@6\.0 is signed by a key that this server does not trust/);
  await page.goto(`${world.url}/audit?kind=TrustKeyChanged`);
  await page.getByText(`user admin removed trust key ${ours.id}`).waitFor();
  await page.context().close();
});

/** Upgrades as a program does; what the agent says of it. */
async function upgrade(version: string): Promise<string> {
  const order = { operation: 'upgrade', targets: [`${server}/greeter`], package: `greeter@${version}` };
  const { id } = await world.api<{ id: string }>('POST', '/api/v1/actions', order);
  return eventually(`greeter@${version} to be there, or not`, async () => {
    const { targets } = await world.api<Ordered>('GET', `/api/v1/actions/${id}`);
    const [target] = targets;
    return target?.status === 'SUCCEEDED' || target?.status === 'FAILED' ? target.message : undefined;
  });
}

interface Ordered {
  targets: { status: string; message: string }[];
}

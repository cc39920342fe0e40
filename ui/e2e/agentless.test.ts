// Servers without an agent as an administrator has them: a real sshd, read by the master, with keyboard and pointer.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { isInstalled, Sshd } from './sshd.ts';
import { World } from './world.ts';

const leftOut = isInstalled() ? false : 'there is no /usr/sbin/sshd (apt-get install openssh-server)';

let world: World;
let sshd: Sshd;
before(async () => {
  if (leftOut) return;
  [world, sshd] = await Promise.all([World.start(), Sshd.start()]);
});
after(async () => {
  if (leftOut) return;
  await Promise.all([world.stop(), sshd.stop()]);
});

async function filled(page: Page): Promise<void> {
  const form = page.getByRole('dialog', { name: 'Add a server without an agent' });
  await form.getByLabel(/^Host/).fill(sshd.host);
  await form.getByLabel(/^Name/).fill('aix1');
  await form.getByRole('textbox', { name: /^Private key/ }).fill(await sshd.key());
  await form.getByLabel('Seconds between two readings').fill('1');
}

test('a server is added by keyboard once its key was compared, and read', { skip: leftOut }, async () => {
  const page = await world.open('/');
  await page.keyboard.press('g');
  await page.keyboard.press('l');
  await page.getByText('No server is read over ssh yet').waitFor();
  await page.getByRole('button', { name: 'Add a server…' }).press('Enter');
  const form = page.getByRole('dialog', { name: 'Add a server without an agent' });
  await form.getByRole('button', { name: 'Show what would be run' }).press('Enter');
  await form.getByText('write a host, or USER@HOST:PORT').waitFor();
  await form.getByText('give the private key').waitFor();
  await filled(page);
  await form.getByLabel('Seconds between two readings').press('Enter');

  // The dry run: every command, and the key that was shown.
  await form.getByText(sshd.fingerprint()).waitFor();
  await form.getByText(`ssh ${sshd.host}`).waitFor();
  await form.locator('input[type=checkbox]:focus').waitFor();
  const linux = form.locator('summary', { hasText: 'linux: /bin/sh -s' });
  await linux.press('Enter');
  await form.getByText('uname -s; uname -r').first().waitFor();
  const add = form.getByRole('button', { name: 'Trust the key and add the server' });
  assert.equal(await add.isDisabled(), true, 'nobody said that it is the right one');
  const none = await world.api<{ items: unknown[] }>('GET', '/api/v1/agentless');
  assert.equal(none.items.length, 0);
  await form.getByLabel("This is the host's own key").press('Space');
  await add.press('Enter');
  await form.waitFor({ state: 'detached' });

  const row = page.getByRole('row').filter({ hasText: 'aix1' });
  await row.getByText(sshd.fingerprint()).waitFor();
  await row.getByText('read', { exact: true }).waitFor();
  await page.context().close();
});

test(
  'another key is said, trusted, and the server removed by typing its name',
  { skip: leftOut },
  async () => {
    await sshd.changeHostKey();
    const page = await world.open('/agentless');
    const row = page.getByRole('row').filter({ hasText: 'aix1' });
    await row.getByText('is not the one that is trusted').waitFor();
    await row.getByRole('button', { name: /^Trust other host keys/ }).click();
    const form = page.getByRole('dialog', { name: /^Host keys of/ });
    await form.getByRole('button', { name: 'Write in the key that it shows now' }).click();
    assert.equal(await form.getByLabel(/^Key of/).inputValue(), sshd.fingerprint());
    await form.getByRole('button', { name: 'Trust these keys' }).click();
    await row.getByText('read', { exact: true }).waitFor();

    await row.getByRole('button', { name: /^Remove/ }).click();
    const confirm = page.getByRole('dialog', { name: /^Remove/ });
    await confirm.getByLabel('Type aix1 to confirm').fill('aix1');
    await confirm.getByRole('button', { name: 'Remove aix1' }).click();
    await page.getByText('No server is read over ssh yet').waitFor();
    await page.context().close();
  },
);

test('who may not manage servers has no such tab', { skip: leftOut }, async () => {
  const password = 'a password of tests only';
  const grants = [{ role: 'operator', path: null }];
  await world.api('POST', '/api/v1/users', { name: 'ida', password, grants });
  const page = await world.open('/agentless', {}, 'ida', password);
  await page.getByText('This page is not for your role').waitFor();
  assert.equal(await page.getByRole('link', { name: 'Agentless' }).count(), 0);
  await page.context().close();
});

// Acting safely from the browser: what a second person has to approve, and what a freeze refuses.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { violations } from './axe.ts';
import { isInstalled, Sshd } from './sshd.ts';
import { steady } from './units.ts';
import { BINARIES, PASSWORD, USER, World } from './world.ts';

const SECRET = 'a second person of tests only';

let world: World;
before(async () => {
  world = await World.start(() => Promise.resolve({ worker: steady() }));
  const grants = [{ role: 'operator' }, { role: 'approver' }];
  await world.api('POST', '/api/v1/users', { name: 'bob', password: SECRET, grants });
});
after(() => world.stop());

test('a restart waits until another person has approved it', async () => {
  const page = await world.open('/actions?view=safety');
  await page.getByRole('button', { name: 'Set a policy…' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel(/^Name/).fill('production');
  await form.getByLabel('Only').fill('name=worker');
  await form.getByRole('button', { name: 'Set policy' }).click();
  await page.getByRole('row').filter({ hasText: 'production' }).getByText('stop, restart').waitFor();

  await page.goto(`${world.url}/applications?filter=name%3Dworker`);
  await page.getByRole('button', { name: 'Restart worker' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('It waits until another person has approved it: policy production.').waitFor();
  await dialog.getByRole('button', { name: /^Restart/ }).click();
  await dialog.getByText('You asked for it, so somebody else has to approve it.').waitFor();
  assert.equal(await dialog.getByRole('button', { name: 'Approve' }).count(), 0);
  // Whoever asks why it still runs as before is told.
  const asked = await world.open(`/applications?open=${(await world.application('worker')).path}`);
  await asked.getByText(/restart by user admin waits until another person has approved it/).waitFor();
  await asked.context().close();

  const second = await world.open('/actions', {}, 'bob', SECRET);
  const row = second.getByRole('row').filter({ hasText: 'Restart of worker' });
  await row.getByText('waits for approval').waitFor();
  await row.getByRole('link').click();
  await second.getByRole('button', { name: 'Approve' }).waitFor();
  assert.deepEqual(await violations(second), []);
  await second.getByLabel('Comment').fill('seen, change 4711');
  await second.getByRole('button', { name: 'Approve' }).click();
  await second.getByText(/Approved by user bob.*seen, change 4711/).waitFor();
  await second.context().close();
  // Whoever asked sees it go.
  await dialog.getByText('SUCCEEDED').first().waitFor();
  await dialog.getByText('Approved by user bob').waitFor();

  await page.goto(`${world.url}/audit?kind=ActionGoverned`);
  await page
    .getByRole('listitem')
    .filter({ hasText: 'user bob approved' })
    .getByText('seen, change 4711')
    .waitFor();
  await page.goto(`${world.url}/actions?view=safety`);
  await page.getByRole('button', { name: 'Delete production' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete policy' }).click();
  await page.getByText('Nothing has to be approved.').waitFor();
  await page.context().close();
});

test('a freeze refuses what is ordered, unless it is overridden with a reason', async () => {
  const page = await world.open('/actions?view=safety');
  await page.getByRole('button', { name: 'Announce a freeze…' }).click();
  const form = page.getByRole('dialog');
  const { path } = await world.application('worker');
  await form.getByLabel('Why').fill('year end');
  await form.getByLabel('On', { exact: false }).first().fill(path.split('/').slice(0, 2).join('/'));
  await form.getByLabel('Only').fill('name=worker');
  await form.getByRole('button', { name: 'Announce' }).click();
  await page.getByRole('row').filter({ hasText: 'year end' }).getByText('in force').waitFor();

  await page.goto(`${world.url}/applications?filter=name%3Dworker`);
  await page.getByRole('button', { name: 'Restart worker' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('freeze "year end" of user admin is in force').waitFor();
  await dialog.getByText('A guard refuses it; override it below.').waitFor();
  const restart = dialog.getByRole('button', { name: /^Restart/ });
  assert.ok(await restart.isDisabled());
  assert.deepEqual(await violations(page), []);
  await dialog.getByRole('checkbox', { name: /^Override the guards/ }).check();
  await dialog.getByText('say why the guards are overridden').waitFor();
  await dialog.getByLabel(/^Reason/).fill('the certificate ends tonight');
  await restart.click();
  await dialog.getByText('SUCCEEDED').first().waitFor();

  await page.goto(`${world.url}/actions?view=safety`);
  await page.getByRole('button', { name: 'Lift year end' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Lift freeze' }).click();
  await page.getByText('Nothing is frozen, now or later.').waitFor();
  await page.context().close();
});

/** What the command line says, and its exit code. */
function topmast(words: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { ...process.env, TOPMAST_URL: world.url, TOPMAST_USER: USER, TOPMAST_PASSWORD: PASSWORD };
  return new Promise((done) => {
    const child = execFile(join(BINARIES, 'topmast'), words, { env }, (_, out, err) =>
      done({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

const leftOut = isInstalled() ? false : 'there is no /usr/sbin/sshd (apt-get install openssh-server)';

test(
  'a command and the removal of a server wait for a permit, and are done once',
  { skip: leftOut },
  async () => {
    const sshd = await Sshd.start();
    const endpoint = {
      address: '127.0.0.1',
      port: sshd.port,
      user: userInfo().username,
      fingerprint: sshd.fingerprint(),
    };
    const server = { name: 'aix1', endpoint, login: 0 };
    const logins = [{ private_key: await sshd.key() }];
    await world.api('POST', '/api/v1/agentless', { servers: [server], logins });

    const page = await world.open('/actions?view=safety');
    await page.getByRole('button', { name: 'Set a policy…' }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel(/^Name/).fill('shells');
    for (const operation of ['stop', 'restart']) await form.getByLabel(operation, { exact: true }).uncheck();
    for (const request of ['open-terminal', 'remove-server']) await form.getByLabel(request).check();
    await form.getByRole('button', { name: 'Set policy' }).click();
    await page
      .getByRole('row')
      .filter({ hasText: 'shells' })
      .getByText('open-terminal, remove-server')
      .waitFor();

    const ran = ['exec', 'aix1', '--reason', 'change 4711', '--', 'echo', 'done once'];
    const dryRun = ['exec', '--dry-run', ...ran.slice(1)];
    const planned = await topmast(dryRun);
    assert.match(
      planned.out,
      /would run on 1 of 1.*\nit would wait for another person's approval: policy shells/,
    );
    const refused = await topmast(ran);
    assert.match(refused.err, /policy shells wants another person to approve this: it waits as permit \d+/);
    // The list hears of it by itself, and offers nothing to who asked.
    const own = page.getByRole('row').filter({ hasText: 'echo done once' });
    await own.getByText('somebody else has to approve it').waitFor();
    assert.equal(await own.getByRole('button').count(), 0);
    const waits = await topmast(dryRun);
    assert.deepEqual([waits.code, waits.err], [0, '']);
    assert.match(waits.out, /it waits for another person's approval as permit \d+ until /);

    const second = await world.open('/actions?view=safety', {}, 'bob', SECRET);
    const row = second.getByRole('row').filter({ hasText: 'echo done once' });
    await row.getByText('change 4711').waitFor();
    await row.getByRole('button', { name: /^Approve permit/ }).click();
    const dialog = second.getByRole('dialog');
    await dialog.getByText('default/main/aix1').waitFor();
    assert.deepEqual(await violations(second), []);
    await dialog.getByLabel('Comment').fill('seen');
    await dialog.getByRole('button', { name: 'Approve' }).click();
    await row.getByText('approved by bob: seen').waitFor();
    await own.getByText('Give the same order again').waitFor();
    assert.match((await topmast(dryRun)).out, /approved by bob as permit \d+: it would run once, until /);
    const done = await topmast(ran);
    assert.deepEqual([done.code, done.out.includes('done once')], [0, true], done.err);
    await page.getByText('Nothing waits for a permit.').waitFor();
    assert.match((await topmast(dryRun)).out, /it would wait for another person's approval/);

    await page.goto(`${world.url}/agentless`);
    const remove = async (): Promise<void> => {
      await page.getByRole('button', { name: 'Remove default/main/aix1' }).click();
      const confirm = page.getByRole('dialog', { name: /^Remove/ });
      await confirm.getByLabel('Type aix1 to confirm').fill('aix1');
      await confirm.getByRole('button', { name: 'Remove aix1' }).click();
    };
    await remove();
    await page
      .getByRole('alert')
      .filter({ hasText: /^Waits for approval\./ })
      .waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await second.getByRole('button', { name: /^Approve permit/ }).press('Enter');
    await dialog.getByRole('button', { name: 'Approve' }).press('Enter');
    await second.getByText('approved by bob').waitFor();
    await remove();
    await page.getByText('No server is read over ssh yet').waitFor();
    await second.getByText('Nothing waits for a permit.').waitFor();
    await second.context().close();
    await page.context().close();
    await world.api('DELETE', '/api/v1/approval-policies/shells');
    await sshd.stop();
  },
);

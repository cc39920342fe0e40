// Acting, the audit and access as an administrator uses them: a real master, agent, application and browser.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { violations } from './axe.ts';
import { eventually, PASSWORD, USER, World } from './world.ts';

let world: World;
before(async () => {
  world = await World.start();
});
after(() => world.stop());

interface Page<T> {
  items: T[];
}

test('a plan says what would happen, and doing nothing does nothing', async () => {
  const page = await world.open('/applications');
  await page
    .getByRole('button', { name: /^Restart payment-switch/ })
    .first()
    .click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('is stopped, then started').waitFor();
  await dialog.getByText('Start', { exact: true }).click();
  await dialog.getByText('is STARTED already, nothing happens').waitFor();
  await dialog.getByText('Nothing happens.', { exact: true }).waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await dialog.waitFor({ state: 'detached' });
  const actions = await world.api<Page<unknown>>('GET', '/api/v1/actions');
  assert.equal(actions.items.length, 0);
  await page.context().close();
});

test('a token is made, shown once, works, and is revoked', async () => {
  const page = await world.open('/access');
  await page.getByRole('button', { name: 'Make a token…' }).click();
  const form = page.getByRole('dialog', { name: 'Make an API token' });
  await form.getByRole('button', { name: 'Make the token' }).click();
  await form.getByText('a name is missing').waitFor();
  await form.getByLabel(/^Name/).fill('nightly');
  await form.getByLabel('Speaks for users').check();
  await form.getByText('may act as every user of this cluster').waitFor();
  await form.getByRole('button', { name: 'Make the token' }).click();
  const secret = page.getByRole('dialog', { name: 'API token nightly' });
  const text = (await secret.getByText(/^tmt_/).textContent()) ?? '';
  const asked = () =>
    fetch(`${world.url}/api/v1/servers`, { headers: { authorization: `Bearer ${text.trim()}` } });
  assert.equal((await asked()).status, 200);
  await secret.getByText(/^topmast master --join NAME=http/).waitFor();
  await secret.getByRole('button', { name: 'I have copied it' }).click();
  await page
    .getByRole('row', { name: /nightly/ })
    .getByText('every user')
    .waitFor();
  await page.getByRole('button', { name: 'Revoke token nightly' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke nightly' }).click();
  await page.getByRole('button', { name: 'Revoke token nightly' }).waitFor({ state: 'detached' });
  assert.equal((await asked()).status, 401);
  await page.context().close();
});

test('a user is added with the problems at the fields, and removed by typing the name', async () => {
  const page = await world.open('/access');
  await page.getByRole('button', { name: 'Add a user…' }).click();
  const form = page.getByRole('dialog', { name: 'Add a user' });
  await form.getByLabel(/^Name/).fill('ida b');
  await form.getByLabel(/^Password/).fill('short');
  await form.getByRole('button', { name: 'Add the user' }).click();
  await form.getByText('has only letters, digits').waitFor();
  await form.getByLabel(/^Name/).fill('ida');
  await form.getByRole('button', { name: 'Add the user' }).click();
  await form.getByText('at least 12 characters', { exact: false }).waitFor();
  await form.getByLabel(/^Password/).fill('ida-has-a-password');
  await form.getByRole('button', { name: 'Add the user' }).click();
  await page.getByRole('button', { name: 'Remove ida' }).click();
  const confirm = page.getByRole('dialog', { name: 'Remove user ida' });
  assert.equal(await confirm.getByRole('button', { name: 'Remove ida' }).isDisabled(), true);
  await confirm.getByLabel('Type ida to confirm').fill('ida');
  await confirm.getByRole('button', { name: 'Remove ida' }).click();
  await page.getByLabel('Remove ida').waitFor({ state: 'detached' });
  await page.context().close();
});

test('somebody added by the people of a tenant is called after it', async () => {
  const password = 'several words of mine';
  const grants = [{ role: 'admin', path: 'acme' }];
  await world.api('POST', '/api/v1/users', { name: 'mia@acme', password, grants });
  const context = await world.browser.newContext();
  const page = await context.newPage();
  await page.goto(`${world.url}/access`);
  await page.getByLabel('User').fill('mia@acme');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.getByRole('button', { name: 'Add a user…' }).click();
  const form = page.getByRole('dialog', { name: 'Add a user' });
  await form.getByLabel(/^Name/).fill('zoe');
  await form.getByText('@acme', { exact: true }).waitFor();
  await form.getByLabel(/^Password/).fill(password);
  await form.getByLabel('Path of grant 1').fill('acme');
  await form.getByRole('button', { name: 'Add the user' }).click();
  await page.getByRole('button', { name: 'Grants of zoe@acme' }).waitFor();
  await page.getByRole('button', { name: 'Remove zoe@acme' }).click();
  const confirm = page.getByRole('dialog', { name: 'Remove user zoe@acme' });
  await confirm.getByLabel('Type zoe@acme to confirm').fill('zoe@acme');
  await confirm.getByRole('button', { name: 'Remove zoe@acme' }).click();
  await page.getByLabel('Remove zoe@acme').waitFor({ state: 'detached' });
  await context.close();
  await world.api('DELETE', '/api/v1/users/mia%40acme');
});

test('a session shows who is logged in with what, and is ended', async () => {
  const opened = await fetch(`${world.url}/api/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'topmast/9.9' },
    body: JSON.stringify({ user: USER, password: PASSWORD }),
  });
  const { token } = (await opened.json()) as { token: string };
  const asked = () =>
    fetch(`${world.url}/api/v1/sessions/current`, { headers: { authorization: `Bearer ${token}` } });
  const page = await world.open('/access');
  const sessions = page.getByRole('region', { name: 'Sessions' });
  await sessions.getByText('(this one)').waitFor();
  const row = sessions.getByRole('row').filter({ hasText: 'topmast 9.9' });
  await row.getByRole('button', { name: /^End the session of admin/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'End the session' }).click();
  await row.waitFor({ state: 'detached' });
  assert.equal((await asked()).status, 401);
  await page.context().close();
});

/** The code that an authenticator shows, of a secret in base 32. */
function code(secret: string, at = Date.now()): string {
  const bits = [...secret].map((one) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(one).toString(2).padStart(5, '0'),
  );
  const bytes = (bits.join('').match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const tag = createHmac('sha1', Buffer.from(bytes)).update(step).digest();
  const word = tag.readUInt32BE((tag.at(-1) ?? 0) & 15) & 0x7fffffff;
  return String(word % 1_000_000).padStart(6, '0');
}

test('a second factor is set with an authenticator, asked for, and replaced by a recovery code', async () => {
  const password = 'several words of mine';
  await world.api('POST', '/api/v1/users', {
    name: 'fay',
    password,
    grants: [{ role: 'viewer', path: null }],
  });
  const context = await world.browser.newContext();
  const page = await context.newPage();
  await page.goto(world.url);
  const login = async () => {
    await page.getByLabel('User').fill('fay');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
  };
  await login();
  await page.getByRole('button', { name: /^fay/ }).click();
  await page.getByRole('menuitem', { name: 'Second factor…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Set a second factor' });
  const secret = (
    (await dialog
      .getByText(/^[A-Z2-7]{32}$/)
      .first()
      .textContent()) ?? ''
  ).trim();
  await dialog.getByLabel('The code that it shows').fill(code(secret));
  await dialog.getByLabel('Your password').fill(password);
  await dialog.getByRole('button', { name: 'Set it' }).click();
  const shown = page.getByRole('dialog', { name: 'Recovery codes' });
  const codes = (
    (await shown
      .getByText(/^[A-Z2-7]{4}-/)
      .first()
      .textContent()) ?? ''
  )
    .trim()
    .split(' ');
  assert.equal(codes.length, 10);
  await shown.getByRole('button', { name: 'I have copied it' }).click();
  await page.getByRole('button', { name: /^fay/ }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await login();
  const asked = page.getByLabel(/^Code of your authenticator/);
  await asked.fill('000000');
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.getByText('the code is wrong or was used already').waitFor();
  await asked.fill(codes[0] ?? '');
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.getByRole('button', { name: /^fay/ }).waitFor();
  await context.close();
});

test('the audit follows what happens, and its chain is verified', async () => {
  const page = await world.open('/audit');
  await page.getByText('user admin logged in').first().waitFor();
  await world.api('POST', '/api/v1/join-tokens', { uses: 3 });
  await page.getByText('user admin made a join token for 3 servers of').waitFor();
  await page.getByRole('button', { name: 'Verify the chain' }).click();
  await page.getByText('The chain is whole').waitFor();
  await page.context().close();
});

test('a tenant is kept for less long, suspended, and removed with all that it has', async () => {
  const acme = { title: 'Acme Ltd', series: 50_000, raw_days: 30 };
  await world.api('PUT', '/api/v1/tenants/acme', acme);
  await world.api('POST', '/api/v1/users', {
    name: 'ann',
    password: 'ann-has-a-password',
    grants: [{ role: 'viewer', path: 'acme' }],
  });
  const page = await world.open('/access');
  const tenants = page.getByRole('region', { name: 'Tenants' }).first();
  const row = tenants.getByRole('row', { name: /^acme/ });
  await row.getByRole('button', { name: 'Change tenant acme' }).click();
  const form = page.getByRole('dialog', { name: 'Change tenant acme' });
  await form.getByLabel('Samples', { exact: true }).fill('3');
  await form.getByText('samples older than 3 days').waitFor();
  assert.deepEqual(await violations(page), []);
  await form.getByRole('button', { name: 'Save, and let go of what is older' }).click();
  await row.getByText('samples 3 days').waitFor();

  await row.getByRole('button', { name: 'Change tenant acme' }).click();
  const save = form.getByRole('button', { name: /^Save/ });
  const samples = form.getByLabel(/^MiB of samples/);
  // What is below the least the browser refuses in its own words, where it stands; the rest the form.
  await samples.fill('0');
  await save.click();
  assert.equal(await form.locator('input:invalid').count(), 1);
  await samples.fill('9007199254740993');
  await save.click();
  await form.getByText('give a whole number from 1 on, or nothing for no bound').waitFor();
  await samples.fill('2000');
  await form.getByLabel(/^MiB of minutes/).fill('300');
  await form.getByLabel(/^MiB of hours/).fill('40');
  await save.click();
  await row.getByText('samples 3 days or 2,000 MiB, minutes 300 MiB, hours 40 MiB').waitFor();
  await row.getByRole('button', { name: 'Change tenant acme' }).click();
  await form.getByLabel(/^MiB of minutes/).fill('');
  await save.click();
  await row.getByText('samples 3 days or 2,000 MiB, hours 40 MiB').waitFor();
  const { items } = await world.api<Page<Record<string, unknown>>>('GET', '/api/v1/tenants');
  const { tenant, title, series, raw_days, raw_mib, minute_mib, hour_mib } =
    items.find((one) => one['tenant'] === 'acme') ?? {};
  assert.deepEqual(
    { tenant, title, quota: (series as { quota?: number }).quota, raw_days, raw_mib, minute_mib, hour_mib },
    {
      tenant: 'acme',
      title: acme.title,
      quota: acme.series,
      raw_days: 3,
      raw_mib: 2_000,
      minute_mib: undefined,
      hour_mib: 40,
    },
    'what is not touched stays',
  );

  assert.equal(await page.getByRole('button', { name: 'Remove tenant default' }).count(), 0);
  await row.getByRole('button', { name: 'Remove tenant acme' }).click();
  const removal = page.getByRole('dialog', { name: 'Remove tenant acme with all that it has' });
  await removal.getByText('ann', { exact: true }).waitFor();
  await removal.getByRole('button', { name: 'Suspend it instead…' }).click();
  const suspension = page.getByRole('dialog', { name: 'Suspend tenant acme' });
  await suspension.getByLabel(/^Reason/).fill('the contract has ended');
  await suspension.getByRole('button', { name: 'Suspend acme' }).click();
  await row.getByText('the contract has ended').waitFor();

  await row.getByRole('button', { name: 'Remove tenant acme' }).click();
  const command = removal.getByRole('button', { name: 'Remove acme for good' });
  await removal.getByText('ann', { exact: true }).waitFor();
  await removal.getByLabel(/^Reason/).fill('the contract has ended');
  await removal.getByLabel('Type acme to confirm').fill('acm');
  assert.equal(await command.isDisabled(), true);
  await removal.getByLabel('Type acme to confirm').fill('acme');
  assert.deepEqual(await violations(page), []);
  await command.click();
  await row.waitFor({ state: 'detached' });
  const users = await world.api<Page<{ name: string }>>('GET', '/api/v1/users');
  assert.equal(
    users.items.some(({ name }) => name === 'ann'),
    false,
  );
  await page.context().close();
});

test('a tenant sees how available it was, what went wrong, and takes it along as CSV', async () => {
  await world.api('PUT', '/api/v1/tenants/default', { title: 'The house' });
  await world.api('PUT', '/api/v1/tenants/default/objective', { objective: 99.9 });
  const found = () =>
    world.api<{ outages: { down_ms: number; status: string }[] }>(
      'GET',
      '/api/v1/tenants/default/availability?period=today',
    );
  await world.fault({ service: 'MC_CREDIT', kind: 'malfunction', code: 'DISCONN01' });
  await eventually('the outage to be told', async () =>
    (await found()).outages.find(({ status }) => status === 'MALFUNCTION'),
  );
  const page = await world.open('/availability?period=today');
  await page.getByText(/services of The house$/).waitFor();
  await page.getByText('MALFUNCTION', { exact: true }).first().waitFor();
  await page.getByRole('region', { name: 'Services' }).getByText('payment-switch/MC_CREDIT').waitFor();
  await page
    .getByText(/left of|overdrawn by/)
    .first()
    .waitFor();
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save outages as CSV' }).click(),
  ]);
  assert.match(file.suggestedFilename(), /^topmast-outages-.*\.csv$/);
  await page.context().close();
});

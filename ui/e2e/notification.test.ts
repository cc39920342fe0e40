// Notifications in the browser: a channel is made and tested, a route to it, and what was told is seen with why.
//
// The receiver is a real one, in this process; what it answers is said by the tests.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { eventually, settled, World } from './world.ts';

interface Told {
  test: boolean;
  problems: { id: number; notice: string }[];
}

let world: World;
let receiver: Server;
let address: string;
/** What the receiver answers. */
let status = 204;
const told: Told[] = [];
before(async () => {
  receiver = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      if (status === 204) told.push(JSON.parse(Buffer.concat(parts).toString()) as Told);
      response.writeHead(status, { connection: 'close' }).end(status === 204 ? undefined : 'not today');
    });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  address = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  world = await World.start();
  // As shipped, without the times that it waits.
  const rule =
    '[[rule]]\nname = "service-malfunction"\nseverity = "major"\nwhen.service = { status = ["MALFUNCTION"] }\n' +
    'message = "{service} malfunctions"\n';
  await world.api('POST', '/api/v1/rules', { text: rule });
});
after(async () => {
  receiver.close();
  await world.stop();
});

/** Fails when the page is wider than its window. */
async function fits(page: Page, what: string): Promise<void> {
  const [width, most] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok((width ?? 0) <= (most ?? 0), `${what} is ${width} pixels wide`);
}

test('a channel is added and tested, and says what its receiver said', async () => {
  const page = await world.open('/notifications');
  await settled(page);
  await page.getByText('Nothing was told yet').waitFor();
  await page.getByRole('link', { name: 'Channels' }).click();
  await page.getByText('There is no channel yet').waitFor();
  await page.getByRole('button', { name: 'Add a channel…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a channel' });
  const text = dialog.getByLabel('The channel');
  await dialog.getByLabel('Kind').selectOption('syslog');
  assert.match(await text.inputValue(), /syslog = \{/);
  await text.fill('[[channel]]\nname = "chat"\nwebhook = { url = "ftp://x" }\n');
  await dialog.getByRole('button', { name: 'Add the channel' }).click();
  await dialog.getByText('line 3, column 1').waitFor();
  await text.fill(`[[channel]]\nname = "chat"\nwebhook = { url = "${address}" }\n`);
  await dialog.getByRole('button', { name: 'Add the channel' }).click();
  await dialog.waitFor({ state: 'hidden' });
  const row = page.getByRole('row').filter({ hasText: 'chat' });
  await row.getByText('WORKING').waitFor();
  await row.getByText('never').waitFor();
  status = 403;
  await page.getByRole('button', { name: 'Test chat' }).click();
  await row.getByText('The test did not get through').waitFor();
  await row.getByText('403').waitFor();
  status = 204;
  await page.getByRole('button', { name: 'Test chat' }).click();
  await row.getByText('The test got through').waitFor();
  assert.deepEqual(
    told.map(({ test }) => test),
    [true],
  );
  // What is secret is not shown, and stays.
  await page.getByRole('button', { name: 'Edit chat' }).click();
  const edited = page.getByRole('dialog', { name: 'Channel chat' });
  assert.match(await edited.getByLabel('The channel').inputValue(), /<secret>/);
  await edited.getByRole('button', { name: 'Save the channel' }).click();
  await page.getByText('Nothing changed').waitFor();
  await page.getByRole('link', { name: 'What was told' }).click();
  await page.getByText('given-up').waitFor();
  await page.getByText('delivered').waitFor();
  await page.context().close();
});

test('a route is made with keys, takes a problem, and the panel says why who was told', async () => {
  const page = await world.open('/');
  await settled(page);
  await page.keyboard.press('g');
  await page.keyboard.press('n');
  await page.getByRole('link', { name: 'Routes' }).click();
  await page.getByRole('button', { name: 'Add a route…', disabled: false }).press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Add a route' });
  await page.keyboard.press('Enter');
  await dialog.getByText('a name is missing').waitFor();
  await page.keyboard.type('bad');
  await dialog.getByLabel('Severity').selectOption('major');
  await dialog.getByLabel('Filter').fill('rul=service-malfunction');
  await dialog.getByRole('button', { name: 'Add a time' }).press('Enter');
  for (const day of ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'])
    await dialog.getByLabel(day).press('Space');
  await dialog.getByLabel('From').fill('00:00');
  await dialog.getByLabel('For', { exact: true }).fill('1d');
  await dialog.getByRole('button', { name: 'Add a step' }).press('Enter');
  await dialog.getByRole('button', { name: 'Add the route' }).click();
  await dialog.getByText('choose whom each step tells').waitFor();
  await dialog.getByLabel('After').fill('10m');
  await dialog.getByRole('group', { name: 'Tells as well' }).getByLabel('chat').check();
  await dialog.getByRole('button', { name: 'Add the route' }).click();
  await dialog.getByText('do you mean rule', { exact: false }).waitFor();
  await dialog.getByLabel('Filter').fill('rule=service-malfunction');
  await dialog.getByRole('button', { name: 'Add the route' }).click();
  await dialog.waitFor({ state: 'hidden' });
  const row = page.getByRole('row').filter({ hasText: 'bad' });
  await row.getByText('major or worse').waitFor();
  await row.getByText('after 10m: chat').waitFor();
  await row.getByText('from 00:00 for 1d').waitFor();

  await world.fault({ service: 'MC_CREDIT', kind: 'malfunction', code: 'DISCONN01', seconds: 600 });
  const message = await eventually('the receiver to be told', () =>
    Promise.resolve(told.find(({ problems }) => problems[0]?.notice === 'opened')),
  );
  await page.getByRole('link', { name: 'What was told' }).click();
  await page.getByText('route bad').waitFor();
  await page.getByRole('link', { name: `problem ${message.problems[0]?.id}` }).click();
  const panel = page.getByRole('complementary', { name: /^Details of/ });
  await panel.getByRole('heading', { name: 'Who was told' }).waitFor();
  await panel.getByText('takes it, for chat').waitFor();
  await panel.getByText('opened: told').waitFor();
  await world.mend();
  await panel.getByText('recovered: told').waitFor();
  await panel.getByRole('link', { name: 'Every attempt' }).click();
  await page.getByText('recovered').first().waitFor();
  await page.context().close();
});

test('a route is changed in its fields, written as a file has it, and deleted', async () => {
  const page = await world.open('/notifications?view=routes');
  await page.getByRole('button', { name: 'Edit bad' }).click();
  const dialog = page.getByRole('dialog', { name: 'Route bad' });
  assert.equal(await dialog.getByLabel('Severity').inputValue(), 'major');
  assert.equal(await dialog.getByLabel('After').inputValue(), '10m');
  await dialog.getByLabel('Severity').selectOption('critical');
  await dialog.getByRole('button', { name: 'Write it as a file has it…' }).click();
  const text = dialog.getByLabel('The route');
  assert.match(await text.inputValue(), /severity = "critical"/);
  await text.fill(
    (await text.inputValue()).replace(
      /schedule = .*\n/,
      'schedule = [{ on = { monthly = [1] }, at = "02:00", lasts = "1h" }]\n',
    ),
  );
  await dialog.getByRole('button', { name: 'Save the route' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await page.getByRole('row').filter({ hasText: 'bad' }).getByText('some days from 02:00').waitFor();
  // What the fields cannot show is left to the text.
  await page.getByRole('button', { name: 'Edit bad' }).click();
  assert.match(await text.inputValue(), /monthly/);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Delete bad' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete bad' }).click();
  await page.getByText('There is no route yet').waitFor();
  await page.context().close();
});

test('what is told is filtered, and a wrong filter is refused in words', async () => {
  const page = await world.open('/notifications');
  await page.getByText('given-up').waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('why=test result=delivered');
  await page.keyboard.press('Enter');
  await page.getByText('given-up').waitFor({ state: 'hidden' });
  await page.getByText('a test').waitFor();
  await page.keyboard.press('/');
  await page.getByLabel('Filter', { exact: true }).fill('reslt=x');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('do you mean result?').waitFor();
  await page.getByRole('link', { name: 'Not got through' }).click();
  await page.getByText('given-up').waitFor();
  await page.context().close();
});

test('who may only look changes and tests nothing, and a phone shows it all', async () => {
  await world.api('POST', '/api/v1/users', {
    name: 'viola',
    password: 'looks and touches nothing',
    grants: [{ role: 'viewer' }],
  });
  const page = await world.open(
    '/notifications?view=channels',
    { viewport: { width: 320, height: 640 } },
    'viola',
    'looks and touches nothing',
  );
  const test = page.getByRole('button', { name: 'Test chat' });
  await test.waitFor();
  assert.ok(await test.isDisabled());
  assert.equal(await page.getByRole('button', { name: 'Edit chat' }).count(), 0);
  assert.equal(await page.getByRole('button', { name: 'Add a channel…' }).count(), 0);
  await fits(page, 'the channels');
  await page.context().close();
  const own = await world.open('/notifications', { viewport: { width: 320, height: 640 } });
  await own.getByText('given-up').waitFor();
  await fits(own, 'what was told');
  await own.goto(`${world.url}/notifications?view=routes`);
  await own.getByRole('button', { name: 'Add a route…' }).click();
  await own.getByRole('button', { name: 'Add a time' }).click();
  await own.getByRole('button', { name: 'Add a step' }).click();
  await fits(own, 'the form of a route');
  const box = await own.getByRole('dialog').boundingBox();
  assert.ok(box && box.x >= 0 && box.x + box.width <= 320, JSON.stringify(box));
  await own.context().close();
});

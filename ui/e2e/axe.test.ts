// axe over every page, and over everything that opens on one, in both themes: not a single violation.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { violations } from './axe.ts';
import { failing, steady } from './units.ts';
import { login, settled, USER, World } from './world.ts';

let world: World;
/** Path of the demo switch. */
let path: string;
before(async () => {
  world = await World.start(() => ({ 'worker-1': steady(), broken: failing(1) }));
  ({ path } = await world.application('payment-switch'));
  // Something to look at in each list: a channel with what it was told, a route, a bad service, an action that failed and one that did not.
  const channel =
    '[[channel]]\nname = "nobody"\nsyslog = { host = "127.0.0.1", port = 9, transport = "udp" }\n';
  await world.api('POST', '/api/v1/channels', { text: channel });
  await world.api('POST', '/api/v1/routes', { text: '[[route]]\nname = "all"\nchannels = ["nobody"]\n' });
  await world.fault({ service: 'MC_CREDIT', kind: 'malfunction', code: 'DISCONN01' });
  await world.api('POST', '/api/v1/actions', { operation: 'start', filter: 'name=broken', reason: 'a try' });
});
after(() => world.stop());

const PAGES = [
  '/',
  '/?wall',
  '/servers',
  '/applications',
  '/services',
  '/tasks',
  '/logs',
  '/problems',
  '/problems?view=silences',
  '/problems?view=rules',
  '/notifications',
  '/notifications?view=channels',
  '/notifications?view=routes',
  '/availability?period=today',
  '/configurations',
  '/packages',
  '/dashboards',
  '/actions',
  '/actions?view=safety',
  '/audit',
  '/audit?show=deeds&span=range',
  '/agentless',
  '/access',
];

/** What opens, and how: the address, and what is done there until it is open. */
const OPENED: readonly (readonly [what: string, address: string, open: (page: Page) => Promise<void>])[] = [
  ['the menu of the user', '/servers', (page) => page.getByRole('button', { name: USER }).click()],
  [
    'the palette with what it found',
    '/servers',
    async (page) => {
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: 'Search and commands' }).fill('MC');
      await page.getByRole('option').filter({ hasText: 'MC_CREDIT' }).waitFor();
    },
  ],
  [
    'the keys with a refused binding',
    '/servers',
    async (page) => {
      await page.keyboard.press('?');
      await page.getByRole('button', { name: 'Change the keys for Next row' }).click();
      await page.keyboard.press('k');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').getByText('already means').waitFor();
    },
  ],
  [
    'the change of the password',
    '/servers',
    async (page) => {
      await page.getByRole('button', { name: USER }).click();
      await page.getByRole('menuitem', { name: 'Change password…' }).click();
      await page.getByRole('dialog').waitFor();
    },
  ],
  ['the columns', '/services', (page) => page.getByRole('button', { name: 'Columns' }).click()],
  ['the views', '/services', (page) => page.getByRole('button', { name: 'Saved views' }).click()],
  ['the export', '/services', (page) => page.getByRole('button', { name: 'Export' }).click()],
  [
    'the facets',
    '/services',
    async (page) => {
      await page.getByRole('button', { name: 'Facets' }).click();
      await page.getByRole('complementary', { name: 'Facets' }).getByText('MALFUNCTION').waitFor();
    },
  ],
  [
    'the completion of a filter',
    '/services',
    async (page) => {
      await page.keyboard.press('/');
      await page.keyboard.type('status=');
      await page.getByRole('option', { name: 'STARTED' }).waitFor();
    },
  ],
  [
    'a filter that is wrong',
    '/services?filter=stauts%3DUP',
    (page) => page.getByRole('alert').getByText('do you mean status?').waitFor(),
  ],
  [
    'chosen rows',
    '/applications',
    async (page) => {
      await page.getByRole('checkbox', { name: 'Select payment-switch' }).click();
      await page.getByText('1 application selected').waitFor();
    },
  ],
  [
    'the dialog of an order, rolling',
    '/applications',
    async (page) => {
      await page.getByRole('checkbox', { name: /^Select all/ }).check();
      await page.getByRole('button', { name: 'Restart…', exact: true }).click();
      await page.getByRole('radio', { name: /^Rolling/ }).check();
      await page.getByText('3 batches').waitFor();
      await page.getByText('Nothing is done before you press the button.').waitFor();
    },
  ],
  [
    'the dialog of an order under way',
    '/applications',
    async (page) => {
      await page.getByRole('button', { name: 'Start worker-1', exact: true }).click();
      await page
        .getByRole('dialog')
        .getByRole('button', { name: /^Start worker-1/ })
        .click();
      await page.getByRole('dialog').getByText('SUCCEEDED').first().waitFor();
    },
  ],
  ['the panel of a server', '/servers?open=SERVER', panel],
  ['the panel of an application', '/applications?open=APPLICATION', panel],
  ['the panel of a service', '/services?open=APPLICATION/MC_CREDIT', panel],
  ['the panel of a task', '/tasks?open=APPLICATION/end-of-day', panel],
  [
    'the panel of an action',
    '/actions',
    async (page) => {
      await page
        .getByRole('link', { name: /^Start of broken/ })
        .first()
        .click();
      await page.getByRole('complementary').getByText('a try').first().waitFor();
    },
  ],
  [
    'everything about an event',
    '/audit',
    (page) =>
      page
        .getByRole('button', { name: /^Everything about event/ })
        .first()
        .click(),
  ],
  [
    'the form of a server without an agent',
    '/agentless',
    (page) => page.getByRole('button', { name: 'Add a server…' }).click(),
  ],
  [
    'a rule with what it would have made',
    '/problems?view=rules&rule=server-booted',
    (page) => page.getByText(/series looked at/).waitFor(),
  ],
  [
    'a rule that is wrong',
    '/problems?view=rules&rule=%2B',
    async (page) => {
      await page.getByRole('textbox', { name: /^Rule/ }).fill('[[rule]]');
      await page.getByRole('alert').getByText('missing field').waitFor();
    },
  ],
  [
    'the form of a channel',
    '/notifications?view=channels',
    (page) => page.getByRole('button', { name: 'Add a channel…' }).click(),
  ],
  [
    'the form of a route with a time and a step',
    '/notifications?view=routes',
    async (page) => {
      await page.getByRole('button', { name: 'Add a route…' }).click();
      await page.getByRole('button', { name: 'Add a time' }).click();
      await page.getByRole('button', { name: 'Add a step' }).click();
      await page.getByRole('button', { name: 'Add the route' }).click();
      await page.getByRole('dialog').getByText('a name is missing').waitFor();
    },
  ],
  [
    'the form of a package',
    '/packages',
    (page) => page.getByRole('button', { name: 'Add a package…' }).click(),
  ],
  [
    'a new configuration',
    '/configurations',
    (page) => page.getByRole('button', { name: 'New configuration…' }).click(),
  ],
  [
    'the form of a freeze',
    '/actions?view=safety',
    (page) => page.getByRole('button', { name: 'Announce a freeze…' }).click(),
  ],
  [
    'the form of a policy',
    '/actions?view=safety',
    (page) => page.getByRole('button', { name: 'Set a policy…' }).click(),
  ],
  ['the form of a user', '/access', (page) => page.getByRole('button', { name: 'Add a user…' }).click()],
  ['the form of a token', '/access', (page) => page.getByRole('button', { name: 'Make a token…' }).click()],
  [
    'a page that stands still',
    '/services',
    async (page) => {
      await page.keyboard.press('P');
      await page.getByText('What you see stands still').waitFor();
    },
  ],
];

async function panel(page: Page): Promise<void> {
  const details = page.getByRole('complementary', { name: /^Details of/ });
  await details.getByRole('heading', { level: 2 }).waitFor();
  await details.getByText('Events').first().waitFor();
}

/** What axe finds in both themes. */
async function inBothThemes(page: Page, what: string): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.locator(`html[data-theme=${colorScheme}]`).waitFor();
    found.push(...(await violations(page)).map((text) => `${what}, ${colorScheme}: ${text}`));
  }
  return found;
}

test('axe finds nothing on any page, in both themes', async () => {
  const page = await world.page();
  await page.goto(world.url);
  await page.getByLabel('User').waitFor();
  const found = await inBothThemes(page, 'the login');
  await login(page);
  for (const address of PAGES) {
    await page.goto(world.url + address);
    await settled(page);
    found.push(...(await inBothThemes(page, address)));
  }
  assert.deepEqual(found, []);
  await page.context().close();
});

test('axe finds nothing on what is not live any more, in both themes', async () => {
  const page = await world.open('/services');
  await settled(page);
  await page.getByText('MC_CREDIT').first().waitFor();
  world.hang(true);
  try {
    await page.locator('html[data-live=lost]').waitFor();
    assert.deepEqual(await inBothThemes(page, 'a table'), []);
  } finally {
    world.hang(false);
  }
  await settled(page);
  await page.context().close();
});

test('axe finds nothing in anything that opens, in both themes', async () => {
  const page = await world.open('/');
  const found: string[] = [];
  for (const [what, address, open] of OPENED) {
    const there = address.replace('APPLICATION', path).replace('SERVER', path.replace(/\/[^/]+$/, ''));
    await page.goto(world.url + there);
    await settled(page);
    await page.locator('main').getByText(/\S/).first().waitFor();
    await open(page);
    found.push(...(await inBothThemes(page, what)));
  }
  assert.deepEqual(found, []);
  await page.context().close();
});

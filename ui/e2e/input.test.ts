// Whatever comes in: hostile texts and missing numbers from a real source, wrong clocks, zones, small and huge screens.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { after, before, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { telling } from './units.ts';
import { eventually, settled, USER, World } from './world.ts';

const MARKUP = '<img src=x onerror=alert(1)><b>"&amp;\'';
/** Of 500 letters in a code, 64 are kept; a message may have this many whole. */
const LONG = 'ж'.repeat(400);
/** An override that would turn round what follows it, right-to-left words, and signs beyond the first plane. */
const MIXED = '\u202Elevel\u202C שלום مرحبا 👩‍👩‍👧‍👦 😀';
/** The longest name that a path may have. */
const LONGEST = 'n'.repeat(253);

const SERVICES = {
  services: [
    {
      name: 'hostile',
      status: 'MALFUNCTION',
      // A code twice, and an empty one: sources do that.
      codes: [MARKUP, MIXED, MARKUP, '', 'ж'.repeat(500)],
      message: `${MIXED} ${MARKUP} ${LONG}`,
      transactions_total: null,
      errors_total: null,
    },
    { name: 'silent', status: 'STARTED' },
    { name: LONGEST, status: 'STARTED', transactions_total: 1e300, errors_total: 0 },
  ],
  tasks: [{ name: 'odd', status: 'FAILED', schedule: MARKUP, message: `${MIXED} ${LONG}`, next_due: 1 }],
};
const METRICS = 'tx_total{scheme="nan"} NaN\ntx_total{scheme="inf"} +Inf\ntx_total{scheme="counts"} 12\n';

let source: Server;
let world: World;
before(async () => {
  source = createServer((request, response) => {
    response.end(request.url === '/metrics' ? METRICS : JSON.stringify(SERVICES));
  }).listen(0, '127.0.0.1');
  await once(source, 'listening');
  const address = source.address();
  assert.ok(address !== null && typeof address === 'object');
  const url = `http://127.0.0.1:${address.port}`;
  world = await World.start(() => ({
    odd: telling({ topmast: `${url}/services`, prometheus: `${url}/metrics` }),
  }));
});
after(async () => {
  await world.stop();
  source.close();
});

/** A page that notes what must not happen on it. */
async function watched(path: string, options = {}): Promise<{ page: Page; wrong: string[] }> {
  const page = await world.open(path, options);
  const wrong: string[] = [];
  page.on('dialog', (dialog) => {
    wrong.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('pageerror', (error) => wrong.push(`an error: ${error.message}`));
  await settled(page);
  return { page, wrong };
}

const COLUMNS = ['name', 'tps', 'transactions_total', 'errors_total', 'error_pct', 'latency_p95_ms', 'since'];
/** The services of an address with these columns, and one cell of them. */
const TABLE = `/services?columns=${COLUMNS.join(',')}&sort=name&filter=`;

function cell(page: Page, service: string, column: string): Locator {
  // The first column is the tick.
  return page.locator(`[data-path$="/${service}"] [aria-colindex="${COLUMNS.indexOf(column) + 2}"]`);
}

test('what a source says is text, whatever it says', async () => {
  const { page, wrong } = await watched('/services?filter=application%3Dodd&sort=name');
  await page.getByText(MARKUP).first().waitFor();
  await page.getByText(MIXED).first().waitFor();
  assert.equal(await page.locator('[data-path] img, [data-path] b').count(), 0);
  for (const row of await page.locator('[data-path]').all()) {
    assert.ok(((await row.boundingBox())?.height ?? 99) < 50, 'a long text keeps to its row');
  }
  await page.getByRole('link', { name: 'hostile', exact: true }).click();
  const drawer = page.getByRole('complementary', { name: /^Details of/ });
  await drawer.getByRole('heading', { name: 'hostile' }).waitFor();
  await drawer.getByText(MARKUP).first().waitFor();
  await drawer.getByText(LONG, { exact: false }).first().waitFor();
  assert.equal(await drawer.locator('img').count(), 0);
  const across = await drawer.evaluate((panel) => panel.scrollWidth - panel.clientWidth);
  assert.ok(across <= 0, `the panel is ${across} pixels too wide`);
  for (const path of ['/', '/?wall', '/tasks', '/servers', '/actions', '/audit']) {
    await page.goto(world.url + path);
    await settled(page);
    await page.locator('main').getByText(/\S/).first().waitFor();
  }
  assert.deepEqual(wrong, []);
  await page.context().close();
});

test('a number that nobody told is a dash, and never a zero', async () => {
  const { page, wrong } = await watched(`${TABLE}application%3Dodd`);
  await cell(page, 'counts', 'transactions_total').getByText('12', { exact: true }).waitFor();
  for (const service of ['hostile', 'silent', 'nan', 'inf']) {
    for (const column of ['tps', 'transactions_total', 'errors_total', 'error_pct', 'latency_p95_ms']) {
      const shown = cell(page, service, column);
      await shown.waitFor();
      assert.equal((await shown.textContent())?.trim(), '–', `${column} of ${service}`);
    }
  }
  const text = await page.locator('main').textContent();
  assert.doesNotMatch(text ?? '', /NaN|Infinity|undefined|null/);
  assert.deepEqual(wrong, []);
  await page.context().close();
});

test('a reason is text of any kind up to its length, and is refused beyond it while it is typed', async () => {
  const { page, wrong } = await watched('/applications?filter=odd');
  await page.getByRole('button', { name: 'Restart odd' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('is stopped, then started').waitFor();
  // Two bytes each: more than the 1,000 that are kept.
  await dialog.getByLabel('Reason').fill('ж'.repeat(501));
  await dialog.getByText('1,002 of 1,000 bytes').waitFor();
  const order = dialog.getByRole('button', { name: /^Restart odd/ });
  assert.equal(await order.isDisabled(), true);
  const reason = `${MARKUP} ${MIXED}`;
  await dialog.getByLabel('Reason').fill(reason);
  await order.click();
  await dialog.getByText('SUCCEEDED').first().waitFor();
  for (const path of ['/actions', '/audit']) {
    await page.goto(world.url + path);
    await page.getByText(reason).first().waitFor();
    assert.equal(await page.locator('main img').count(), 0);
  }
  assert.deepEqual(wrong, []);
  await page.context().close();
});

for (const [words, minutes] of [
  ['ahead of', 10],
  ['behind', -10],
] as const) {
  test(`a computer whose clock is ten minutes ${words} the master's shows the master's ages and times`, async () => {
    const page = await world.page();
    await page.clock.install({ time: Date.now() + minutes * 60_000 });
    await page.goto(`${world.url}${TABLE}AcqDB`);
    await page.getByLabel('User').fill(USER);
    await page.getByLabel('Password').fill('correct horse battery staple');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByText(new RegExp(`clock is (10m|9m5\\ds|10m\\ds)\\s+${words} the master's`)).waitFor();
    const { items } = await world.api<{ items: { since: string }[] }>('GET', '/api/v1/services?filter=AcqDB');
    const right = (Date.now() - Date.parse(items[0]?.since ?? '')) / 1_000;
    const shown = (await cell(page, 'AcqDB', 'since').textContent())?.trim() ?? '';
    const [, m = '0', s = '0'] = /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(shown) ?? assert.fail(`an age: ${shown}`);
    // Wrong by the clock's error would be ten minutes; the test itself may be slow by some seconds.
    assert.ok(Math.abs(Number(m) * 60 + Number(s) - right) < 60, `${shown} is shown for ${right} s`);
    await page.context().close();
  });
}

test('times are in the zone of who looks, of the master or UTC, and say which', async () => {
  const page = await world.open('/audit', { timezoneId: 'Asia/Kolkata', locale: 'en-GB' });
  await settled(page);
  const first = page.locator('time').first();
  const at = Date.parse((await first.getAttribute('datetime')) ?? '');
  const expected = (timeZone?: string) =>
    new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone }).format(at);
  const shows = (time: string) =>
    eventually(`the time ${time}`, async () => ((await first.textContent()) === time ? true : undefined));
  await shows(expected('Asia/Kolkata'));
  await page.getByRole('banner').getByText('GMT+5:30').waitFor();
  for (const [zone, name] of [
    ['The master’s', Intl.DateTimeFormat().resolvedOptions().timeZone],
    ['UTC', 'UTC'],
    ['Mine', 'Asia/Kolkata'],
  ] as const) {
    await page.getByRole('button', { name: USER }).click();
    await page.getByRole('menuitemradio', { name: zone }).click();
    await page.keyboard.press('Escape');
    await shows(expected(name));
  }
  await page.context().close();
});

test('a phone shows hostile texts without growing wider, with the panel and the dialog open', async () => {
  const { page, wrong } = await watched('/services?filter=hostile', {
    viewport: { width: 320, height: 640 },
  });
  const fits = async (what: string) => {
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 320, `${what} is ${width} pixels wide`);
  };
  await page.getByRole('link', { name: 'hostile', exact: true }).click();
  await page.getByRole('heading', { name: 'hostile' }).waitFor();
  await fits('the panel');
  await page.goto(`${world.url}/applications?filter=odd`);
  const { path } = await world.application('odd');
  await page.goto(`${world.url}/applications?open=${path}`);
  await page.getByRole('complementary').getByRole('button', { name: 'Restart' }).click();
  await page.getByRole('dialog').getByText('Nothing is done before').waitFor();
  await fits('the dialog');
  const box = await page.getByRole('dialog').boundingBox();
  assert.ok(box && box.x >= 0 && box.x + box.width <= 320 && box.y + box.height <= 640, JSON.stringify(box));
  assert.deepEqual(wrong, []);
  await page.context().close();
});

test('a wall of 3840 pixels is read from across a room, and does not run over', async () => {
  const { page, wrong } = await watched('/', { viewport: { width: 3840, height: 2160 } });
  await page.goto(`${world.url}/?wall`);
  await settled(page);
  await page.getByText('MC_CREDIT').first().waitFor();
  const texts = await page.evaluate(() => {
    const walker = document.createTreeWalker(document.querySelector('main') ?? document.body, 4);
    const found: { text: string; pixels: number }[] = [];
    while (walker.nextNode()) {
      const text = walker.currentNode.textContent?.trim() ?? '';
      const parent = walker.currentNode.parentElement;
      if (text === '' || parent === null || parent.closest('.hidden-text, canvas, .u-legend') !== null)
        continue;
      found.push({ text, pixels: parseFloat(getComputedStyle(parent).fontSize) * parent.currentCSSZoom });
    }
    return found;
  });
  assert.ok(texts.length > 20, 'there is something to read');
  // Of a screen 1.4 m wide, 27 pixels are 10 mm: letters of 7 mm, which is 10 minutes of arc at 2.5 m.
  const small = texts.filter(({ pixels }) => pixels < 27);
  assert.deepEqual(small, []);
  for (const service of ['MC_CREDIT', 'hostile']) {
    const pixels = texts.find(({ text }) => text === service)?.pixels ?? 0;
    assert.ok(pixels >= 31, `${service} is ${pixels} pixels high`);
  }
  const across = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(across <= 3840, `the wall is ${across} pixels wide`);
  assert.deepEqual(wrong, []);
  await page.context().close();
});

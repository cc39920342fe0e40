// The past in the browser: every page as of a moment, a banner that says so, and nothing that can be done there.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from './axe.ts';
import { steady } from './units.ts';
import { eventually, World } from './world.ts';

let world: World;
/** A moment while the worker ran. */
let then: string;
before(async () => {
  world = await World.start(() => ({ worker: steady() }));
  const { since } = await world.application('worker');
  // The first whole second after its start; what follows is later than that.
  then = `${new Date(Math.ceil(Date.parse(since) / 1_000) * 1_000).toISOString().slice(0, 19)}Z`;
  await eventually('that second to be over', () =>
    Promise.resolve(Date.now() > Date.parse(then) + 1_000 ? true : undefined),
  );
  await world.api('POST', '/api/v1/actions', { operation: 'stop', filter: 'name=worker', reason: 'a test' });
  await eventually('the worker to be stopped', async () =>
    (await world.application('worker')).status === 'STOPPED' ? true : undefined,
  );
});
after(() => world.stop());

test('a moment shows what was so then, and the way back what is so now', async () => {
  const page = await world.open(`/applications?filter=name%3Dworker&at=${then}`);
  const banner = page.getByRole('region', { name: 'The past' });
  await banner.getByText(`As of ${then.slice(0, 10)} ${then.slice(11, 19)}`, { exact: false }).waitFor();
  const row = page.getByRole('row').filter({ hasText: 'worker' });
  await row.getByText('STARTED').waitFor();
  assert.ok(await page.getByRole('button', { name: 'Stop worker' }).isDisabled());
  assert.deepEqual(await violations(page), []);
  await banner.getByRole('button', { name: 'Back to now' }).click();
  await row.getByText('STOPPED').waitFor();
  await banner.waitFor({ state: 'detached' });
  assert.ok(!page.url().includes('at='));
  await page.context().close();
});

test('the slider is moved by keys, and its moment is in the address', async () => {
  const page = await world.open('/applications');
  await page.getByRole('button', { name: 'Past' }).click();
  const banner = page.getByRole('region', { name: 'The past' });
  await banner.getByRole('combobox', { name: 'Span of the slider' }).selectOption('6 hours');
  const before = page.url();
  await banner.getByRole('slider').focus();
  await page.keyboard.press('ArrowLeft');
  await page.waitForURL((url) => url.href !== before && url.searchParams.has('at'));
  await banner.getByRole('slider').focus();
  await page.keyboard.press('End');
  await banner.waitFor({ state: 'detached' });
  await page.context().close();
});

test('a moment before the journal shows no rows of another one, and says since when there is something', async () => {
  const page = await world.open('/applications?at=2020-01-01T00:00:00Z');
  await page.getByText('the journal begins later than 2020-01-01T00:00:00.000Z').waitFor();
  assert.equal(await page.getByRole('row').filter({ hasText: 'worker' }).count(), 0);
  await page.getByRole('button', { name: 'Back to now' }).click();
  await page.getByRole('row').filter({ hasText: 'worker' }).waitFor();
  await page.context().close();
});

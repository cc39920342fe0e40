// Dashboards that AWS' tools put, in the browser: what stands on them, live, on a narrow screen, by keys, and for axe.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { Tool } from './aws.ts';
import { World } from './world.ts';

const AXE = await readFile(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

let world: World;
let tool: Tool;

const alarm = (name: string, threshold: number) => ({
  AlarmName: name,
  Namespace: 'Shop',
  MetricName: 'Orders',
  Dimensions: [{ Name: 'Place', Value: 'east' }],
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: threshold,
  ComparisonOperator: 'GreaterThanThreshold',
});

const metric = (
  x: number,
  y: number,
  width: number,
  height: number,
  properties: Record<string, unknown>,
) => ({
  ...{ type: 'metric', x, y, width, height },
  properties: { region: 'us-east-1', period: 60, stat: 'Sum', ...properties },
});

const ORDERS = [
  ['Shop', 'Orders', 'Place', 'east'],
  ['...', 'west'],
];

const BODY = {
  widgets: [
    {
      ...{ type: 'text', x: 0, y: 0, width: 24, height: 3 },
      properties: {
        markdown:
          '# Shop\nOrders of **both** places, <img src=x onerror=alert(1)>, see the [runbook](https://wiki.example/shop) ' +
          'or [not](javascript:alert(1)).',
      },
    },
    metric(0, 3, 12, 7, {
      title: 'Orders a minute',
      metrics: ORDERS,
      annotations: { horizontal: [{ value: 40, label: 'capacity' }] },
      yAxis: { left: { label: 'Orders', min: 0 } },
    }),
    metric(12, 3, 6, 7, { title: 'Added up', metrics: ORDERS, stacked: true }),
    metric(18, 3, 6, 7, { title: 'Now', metrics: ORDERS, view: 'singleValue' }),
    metric(0, 10, 6, 6, { title: 'Shares', metrics: ORDERS, view: 'pie' }),
    {
      ...{ type: 'alarm', x: 6, y: 10, width: 9, height: 6 },
      properties: {
        title: 'Alarms',
        alarms: ['arn:aws:cloudwatch:us-east-1:1:alarm:many', 'calm', 'nowhere'],
      },
    },
    {
      ...{ type: 'log', x: 15, y: 10, width: 5, height: 6 },
      properties: { title: 'Errors', query: 'fields @message' },
    },
    metric(20, 10, 4, 6, { title: 'Wrong', metrics: [['Shop']] }),
  ],
};

before(async () => {
  world = await World.start();
  const { items } = await world.api<{ items: { path: string }[] }>('GET', '/api/v1/servers');
  const tenant = items[0]?.path.split('/')[0] ?? '';
  tool = await Tool.of(world, [{ role: 'admin', path: tenant }]);
  const now = Math.floor(Date.now() / 60_000) * 60;
  for (const [place, phase] of [
    ['east', 0],
    ['west', 2],
  ] as const) {
    await tool.cloudwatch('PutMetricData', {
      Namespace: 'Shop',
      MetricData: Array.from({ length: 170 }, (_, minute) => ({
        MetricName: 'Orders',
        Dimensions: [{ Name: 'Place', Value: place }],
        Timestamp: now - minute * 60,
        Value: Math.round(20 + 12 * Math.sin(minute / 18 + phase)),
      })),
    });
  }
  await tool.cloudwatch('PutMetricAlarm', alarm('many', 1_000));
  await tool.cloudwatch('PutMetricAlarm', alarm('calm', 1_000));
  await tool.cloudwatch('SetAlarmState', { AlarmName: 'many', StateValue: 'ALARM', StateReason: 'a try' });
  await tool.cloudwatch('PutDashboard', { DashboardName: 'shop', DashboardBody: JSON.stringify(BODY) });
});
after(() => world.stop());

function widget(page: Page, name: string) {
  return page.getByRole('article', { name, exact: true });
}

/** What axe finds on the page as it is now. */
async function violations(page: Page): Promise<string[]> {
  return page.evaluate(async (source) => {
    (0, eval)(source);
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    return (await axe.run()).violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`),
    );
  }, AXE);
}

async function drawn(page: Page): Promise<void> {
  await widget(page, 'Orders a minute')
    .getByRole('img', { name: /^Orders a minute\. east: latest \d/ })
    .waitFor();
  await widget(page, 'Now').getByText('west').waitFor();
}

test('a dashboard is found in the list and shows its widgets with their age', async () => {
  const page = await world.open('/dashboards');
  await page.getByRole('link', { name: 'shop', exact: true }).click();
  await page.waitForURL(/[?&]name=shop(&|$)/);
  await drawn(page);
  await widget(page, 'Orders a minute')
    .getByText(/^\d+s ago$/)
    .waitFor();
  const alarms = widget(page, 'Alarms').getByRole('listitem');
  await alarms.filter({ hasText: 'many' }).getByText('ALARM', { exact: true }).waitFor();
  await alarms.filter({ hasText: 'nowhere' }).getByText('NOT THERE').waitFor();
  await widget(page, 'Errors').getByText('A query of logs, which is not shown here.').waitFor();
  await widget(page, 'Wrong').getByText('/metrics/0').waitFor();
  const text = page.getByRole('article', { name: 'Text' });
  await text.getByRole('heading', { name: 'Shop' }).waitFor();
  assert.equal(await text.getByRole('link').count(), 1);
  assert.equal(await text.locator('img').count(), 0);
  await page.context().close();
});

test('a longer time is chosen, stays in the address, and is drawn', async () => {
  const page = await world.open('/dashboards?tenant=default&name=shop');
  await drawn(page);
  const span = page.getByLabel('Time shown');
  const asked = page.waitForRequest((request) => request.url().includes('minutes=60'));
  await span.focus();
  await span.selectOption('Last hour');
  await asked;
  await page.waitForURL(/[?&]minutes=60(&|$)/);
  await drawn(page);
  await page.getByRole('link', { name: 'All dashboards' }).click();
  await page.getByRole('heading', { name: 'Dashboards', level: 2 }).waitFor();
  await page.context().close();
});

test('what a tool changes is seen without a reload', async () => {
  const page = await world.open('/dashboards?tenant=default&name=live');
  await page.getByText('there is no dashboard').waitFor();
  const body = (markdown: string) =>
    JSON.stringify({ widgets: [{ type: 'text', properties: { markdown } }] });
  await tool.cloudwatch('PutDashboard', { DashboardName: 'live', DashboardBody: body('first') });
  await page.getByText('first').waitFor();
  await tool.cloudwatch('PutDashboard', { DashboardName: 'live', DashboardBody: body('second') });
  await page.getByText('second').waitFor();
  await page.context().close();
});

for (const colorScheme of ['dark', 'light'] as const) {
  test(`axe finds nothing on a dashboard (${colorScheme})`, async () => {
    const page = await world.open('/dashboards?tenant=default&name=shop', { colorScheme });
    await drawn(page);
    if (process.env['PICTURES'] !== undefined) {
      await page.screenshot({ path: `${process.env['PICTURES']}/dashboard-${colorScheme}.png` });
    }
    assert.deepEqual(await violations(page), []);
    await page.context().close();
  });
}

test('on 320 pixels the widgets stand one below the other and nothing is cut off', async () => {
  const page = await world.open('/dashboards?tenant=default&name=shop', {
    viewport: { width: 320, height: 640 },
  });
  await widget(page, 'Orders a minute').scrollIntoViewIfNeeded();
  await widget(page, 'Orders a minute')
    .getByRole('img', { name: /latest \d/ })
    .waitFor();
  const lefts = await page
    .getByRole('article')
    .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().left));
  assert.equal(new Set(lefts).size, 1, `one column: ${lefts.join(' ')}`);
  const over = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  assert.equal(over, 0);
  if (process.env['PICTURES'] !== undefined) {
    await page.screenshot({ path: `${process.env['PICTURES']}/dashboard-narrow.png` });
  }
  assert.deepEqual(await violations(page), []);
  await page.context().close();
});

// What is told on the pictures: channels with a receiver, a route, a rule of ours, metrics, alarms and a dashboard.

import { createServer } from 'node:http';
import { Tool } from '../../e2e/aws.ts';
import { api, URL } from './fleet.ts';

const RECEIVER = 'http://127.0.0.1:7490/';

const CHANNELS = `
[[channel]]
name = "on-call"
webhook = { url = "${RECEIVER}pager" }
[[channel]]
name = "ops-chat"
chat = { url = "${RECEIVER}chat" }
[[channel]]
name = "shift-lead"
webhook = { url = "${RECEIVER}lead" }
`;

const ROUTES = `
[[route]]
name = "payments"
order = 10
severity = "major"
channels = ["on-call"]
group = { by = "object", wait = "5s" }
repeat = "1h"
escalation = [{ after = "15m", channels = ["shift-lead"] }]
continue = true
[[route]]
name = "everything"
channels = ["ops-chat"]
`;

/** What was slow on purpose is a problem, and the rest of the time is none. */
const RULES = `
[[rule]]
name = "service-slow"
severity = "warning"
when.threshold = { query = "service_latency_seconds{quantile=\\"0.95\\"}", compare = ">", value = 0.25, clear = 0.15 }
for = "10s"
message = "one in twenty transactions of {service} of {application} on {server} takes longer than {value} s"
advice = "Is its line slow? The runbook of its scheme has whom to call."
`;

const SCHEMES = [
  ['VISA', 0, 62],
  ['MC', 2, 41],
  ['AMEX', 4, 12],
] as const;

const CLEARED = SCHEMES.map(([scheme], index) =>
  index === 0 ? ['Payments', 'Cleared', 'Scheme', scheme] : ['...', scheme],
);

function widget(x: number, y: number, width: number, height: number, properties: object): object {
  const base = { region: 'us-east-1', period: 60, stat: 'Sum' };
  return { type: 'metric', x, y, width, height, properties: { ...base, ...properties } };
}

function board(server: string): string {
  const markdown =
    '## Clearing\nRuns at **22:00** and **04:00**. Late? See the [runbook](https://wiki.example.com/clearing).';
  return JSON.stringify({
    start: '-PT3H',
    widgets: [
      { type: 'text', x: 0, y: 0, width: 16, height: 3, properties: { markdown } },
      widget(16, 0, 8, 3, { title: 'Cleared a minute', metrics: CLEARED, view: 'singleValue' }),
      widget(0, 3, 12, 7, {
        title: 'Cleared by scheme',
        metrics: CLEARED,
        annotations: { horizontal: [{ value: 80, label: 'capacity' }] },
      }),
      widget(12, 3, 12, 7, { title: 'All schemes', metrics: CLEARED, stacked: true }),
      widget(0, 10, 8, 6, { title: 'Shares', metrics: CLEARED, view: 'pie' }),
      {
        ...{ type: 'alarm', x: 8, y: 10, width: 8, height: 6 },
        properties: { title: 'Alarms', alarms: ['visa-busy', 'clearing-late', 'clearing-slow'] },
      },
      widget(16, 10, 8, 6, {
        title: 'switch-1',
        stat: 'Average',
        metrics: [
          ['Topmast/Server', 'cpu_pct', 'InstanceId', server],
          ['.', 'memory_pct', '.', '.'],
        ],
      }),
    ],
  });
}

/** Announces channels and routes; whatever is told is taken. */
export async function tell(): Promise<void> {
  createServer((request, response) => request.resume().on('end', () => response.end('ok'))).listen(7490);
  await api('POST', '/api/v1/channels', { text: CHANNELS });
  await api('POST', '/api/v1/routes', { text: ROUTES });
  await api('POST', '/api/v1/rules', { text: RULES });
}

/** Puts metrics of the last hours, alarms on them and a dashboard, as AWS' tools do. */
export async function put(server: string): Promise<void> {
  const tool = await Tool.of({ api, url: URL }, [{ role: 'admin', path: 'default' }]);
  const now = Math.floor(Date.now() / 60_000) * 60;
  for (const [scheme, phase, usual] of SCHEMES) {
    await tool.cloudwatch('PutMetricData', {
      Namespace: 'Payments',
      MetricData: Array.from({ length: 185 }, (_, minute) => ({
        MetricName: 'Cleared',
        Dimensions: [{ Name: 'Scheme', Value: scheme }],
        Timestamp: now - minute * 60,
        Value: Math.round(
          usual * (1 + 0.2 * Math.sin(minute / 23 + phase) + 0.06 * Math.sin(minute * 1.7 + phase)),
        ),
      })),
    });
  }
  for (const [name, threshold] of [
    ['clearing-late', 500],
    ['clearing-slow', 800],
    ['visa-busy', 55],
  ] as const) {
    await tool.cloudwatch('PutMetricAlarm', {
      ...{ AlarmName: name, Namespace: 'Payments', MetricName: 'Cleared', Statistic: 'Sum', Period: 60 },
      Dimensions: [{ Name: 'Scheme', Value: 'VISA' }],
      ...{ EvaluationPeriods: 3, Threshold: threshold, ComparisonOperator: 'GreaterThanThreshold' },
    });
  }
  await tool.cloudwatch('PutDashboard', { DashboardName: 'clearing', DashboardBody: board(server) });
}

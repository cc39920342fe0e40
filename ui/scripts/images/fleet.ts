// The fleet on the pictures: real masters, agents and applications, four servers on one machine.
//
// Each server is a process in host-name and network namespaces of its own, so that nothing of the machine
// that takes the pictures is on them. Agents reach the master, which serves on loopback alone, through a
// socket in the file system:
//
// ```text
// switch-1: topmast dev :7400 <-- master.sock <-- relay :7400 <-- topmast-agent   (switch-2, db-1, web-1)
// ```
//
// Everything runs inside a process namespace that ends with the script (images.ts).

import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { eventually, PASSWORD, USER } from '../../e2e/world.ts';
import { bridge } from './relay.ts';

export const URL = 'http://127.0.0.1:7400';
const DEMO = 'http://127.0.0.1:7480';

interface Server {
  name: string;
  /** Of 192.0.2.0/24, which stands for examples only. */
  address: string;
  label: string;
  /** Unit files by application. */
  units: Readonly<Record<string, string>>;
}

/** A program that runs and does little. */
function runs(version: string, more = ''): string {
  return `version = "${version}"\ncommand = ["/bin/sh", "-c", "while sleep 2; do :; done"]\n${more}`;
}

function checked(...services: string[]): string {
  return services
    .map((name) => `\n[[service]]\nsource = "exec"\nname = "${name}"\ninterval = "2s"\ncommand = ["true"]\n`)
    .join('');
}

const FIRST = { name: 'switch-1', address: '192.0.2.11' };

/** Where a server's vault has its files. */
export function vaultFolder(data: string, server: string): string {
  return join(data, server, 'vault');
}

function vault(version: string, data: string, server: string): string {
  const folder = vaultFolder(data, server);
  mkdirSync(folder, { recursive: true });
  return runs(version, `working_directory = "${folder}"\n${checked('KeyStore', 'Tokenizer')}`);
}

/** Every minute: one that ends well, one that does not. */
const TASKS = `
[[task]]
name = "clean-up"
every = "1m"
command = ["/bin/sh", "-c", "echo looking through /var/spool/ledger; sleep 1; echo 17 files removed"]

[[task]]
name = "reconcile"
every = "1m"
retries = 1
retry_wait = "5s"
command = ["/bin/sh", "-c", "echo 18,204 postings read; sleep 1; echo 'line 4,711: 120.00 EUR against 12.00 EUR' >&2; exit 3"]

[[task]]
name = "month-end"
schedule = "0 22 28-31 * *"
time_zone = "Europe/Berlin"
command = "/bin/true"
`;

function further(binaries: string, data: string): readonly Server[] {
  const demo = JSON.stringify([
    join(binaries, 'payment-switch'),
    '--listen',
    '127.0.0.1:7480',
    '--rate',
    '120',
  ]);
  return [
    {
      name: 'switch-2',
      address: '192.0.2.12',
      label: 'role=switch',
      units: {
        'payment-switch':
          `command = ${demo}\nhttp_port = 7480\n\n[health]\nhttp = "/health"\n` +
          '\n[[service]]\nsource = "topmast"\ninterval = "1s"\n',
        'card-vault': vault('1.8.1', data, 'switch-2'),
      },
    },
    {
      name: 'db-1',
      address: '192.0.2.21',
      label: 'role=database',
      units: { ledger: runs('12.4', checked('LedgerDB', 'Journal') + TASKS), archive: runs('3.0.2') },
    },
    {
      name: 'web-1',
      address: '192.0.2.31',
      label: 'role=web',
      units: {
        'merchant-portal': runs('5.1.0', checked('Login', 'Reports')),
        'card-vault': vault('1.8.2', data, 'web-1'),
        // Starts, and soon ends with an error, until its budget is spent.
        'fraud-score':
          'version = "0.9.0"\nstart_wait = "500ms"\ncommand = ["/bin/sh", "-c", "sleep 2; exit 70"]\n' +
          '\n[restart]\ninitial = "1s"\nfactor = 1\nmax_restarts = 4\n',
        reporting:
          'version = "2.2.0"\ncommand = ["/bin/sh", "-c", "exit 3"]\nautostart = false\n\n[restart]\npolicy = "never"\n',
      },
    },
  ];
}

/** Gives this network namespace a card with an address; nothing is at its other end. */
const NETWORK = 'ip link set lo up; ip tuntap add dev eth0 mode tap; ip link set eth0 up';

/** Asks the master as a program does. */
export async function api<T>(method: string, path: string, body?: unknown, user = USER): Promise<T> {
  const response = await fetch(URL + path, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(`${user}:${PASSWORD}`).toString('base64')}`,
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** Breaks a service of the first switch. */
export async function fault(what: Record<string, unknown>): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  await fetch(`${DEMO}/fault`, { method: 'POST', headers, body: JSON.stringify(what) });
}

/** Gives an order, and waits until it is over. */
export async function done(
  operation: string,
  filter: string,
  reason: string,
  user: string,
  more = {},
): Promise<void> {
  await over('/api/v1/actions', { operation, filter, reason, ...more }, user);
}

/** Asks for an action, and waits until it is over. */
export async function over(path: string, order: object, user: string): Promise<void> {
  const { id } = await api<{ id: string }>('POST', path, order, user);
  await eventually(`action ${id} to be over`, async () => {
    const { status } = await api<{ status: string }>('GET', `/api/v1/actions/${id}`);
    return status === 'PENDING' || status === 'RUNNING' ? undefined : true;
  });
}

function writeUnits(directory: string, units: Readonly<Record<string, string>>): void {
  mkdirSync(directory, { recursive: true });
  for (const [name, unit] of Object.entries(units)) writeFileSync(join(directory, `${name}.toml`), unit);
}

/** Starts everything, and waits until every server is UP and the demo runs. */
export async function start(binaries: string, data: string): Promise<void> {
  execFileSync('sh', [
    '-c',
    `hostname ${FIRST.name}; ${NETWORK}; ip address add ${FIRST.address}/24 dev eth0`,
  ]);
  const env = { ...process.env, TOPMAST_ADMIN_PASSWORD: PASSWORD, TZ: 'UTC' };
  writeUnits(join(data, FIRST.name, 'apps.d'), { 'card-vault': vault('1.8.2', data, FIRST.name) });
  spawn(join(binaries, 'topmast'), ['dev', '--data', join(data, FIRST.name)], { stdio: 'ignore', env });
  await eventually('the master to answer', () =>
    api('GET', '/api/v1/servers').then(
      () => true,
      () => undefined,
    ),
  );
  const socket = join(data, 'master.sock');
  createServer((agent) => bridge(agent, connect(7400, '127.0.0.1'))).listen(socket);
  for (const { name, address, label, units } of further(binaries, data)) {
    writeUnits(join(data, name, 'apps.d'), units);
    const { secret } = await api<{ secret: string }>('POST', '/api/v1/join-tokens', { uses: 1 });
    const flags = ['--master', URL, '--join-token', secret, '--label', label];
    const folders = ['--data', join(data, name), '--units', join(data, name, 'apps.d')];
    const inside =
      `hostname ${name}; ${NETWORK}; ip address add ${address}/24 dev eth0; ` +
      `"$0" "$1" "$2" & shift 2; exec "$@"`;
    const relay = [process.execPath, join(import.meta.dirname, 'relay.ts'), socket];
    const agent = [join(binaries, 'topmast-agent'), ...flags, ...folders];
    spawn('unshare', ['--uts', '--net', 'sh', '-c', inside, ...relay, ...agent], { stdio: 'ignore', env });
  }
  await eventually('all servers to be UP', async () => {
    const { items } = await api<{ items: { status: string }[] }>('GET', '/api/v1/servers');
    return items.filter(({ status }) => status === 'UP').length === 4 ? true : undefined;
  });
}

// What administrators manage on the pictures: packages, a configuration with its revisions, and what keeps from harm.

import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PASSWORD, USER } from '../../e2e/world.ts';
import { api, over, URL, vaultFolder } from './fleet.ts';

const WITHIN = 'default/main';

/** Uploads a version of a program that runs and does little. */
async function upload(name: string, version: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'topmast-package-'));
  mkdirSync(join(folder, 'bin'));
  const unit = `description = "turns card numbers into tokens"\ncommand = ["{version_dir}/bin/${name}"]\nstart_wait = "300ms"\n`;
  writeFileSync(join(folder, 'topmast.toml'), unit);
  writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n# ${version}\nwhile sleep 2; do :; done\n`);
  chmodSync(join(folder, 'bin', name), 0o755);
  const bytes = execFileSync('tar', ['-cz', '-C', folder, '.']);
  rmSync(folder, { recursive: true });
  const query = new URLSearchParams({ name, version, file: `${name}-${version}.tar.gz` });
  const response = await fetch(`${URL}/api/v1/packages?${query}`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`,
      'content-type': 'application/octet-stream',
    },
    body: new Uint8Array(bytes),
  });
  if (!response.ok) throw new Error(`${name} ${version} was not taken: ${await response.text()}`);
}

/** Three versions of the tokenizer, one of them on two servers and a newer one on the first. */
export async function packages(): Promise<void> {
  for (const version of ['3.1.4', '3.2.0', '3.3.0-rc.1']) await upload('tokenizer', version);
  const targets = ['switch-1', 'switch-2'].map((server) => `${WITHIN}/${server}/tokenizer`);
  const install = { operation: 'install', targets, package: 'tokenizer@3.1.4', reason: 'tokens for wallets' };
  await over('/api/v1/actions', install, 'ida');
  const upgrade = {
    operation: 'upgrade',
    targets: targets.slice(0, 1),
    package: 'tokenizer@3.2.0',
    reason: 'the first switch goes ahead, change 4714',
  };
  await over('/api/v1/actions', upgrade, 'ida');
}

function vault(timeout: number, schemes: readonly string[], more: string): string {
  return `[[configuration]]
name = "vault"
within = "${WITHIN}"
application = "card-vault"
after = "nothing"

[[configuration.file]]
path = "vault.conf"
template = true
content = '''
# Where keys are, and how long to wait for them.
server = {{ server.name }}
store = {{ value.store }}
password = {{ secret.password }}
timeout_ms = ${timeout}
retries = 3
cipher = aes-256-gcm
${more}'''

[[configuration.file]]
path = "schemes.list"
content = '''
${schemes.join('\n')}
'''

[configuration.values."${WITHIN}"]
store = "hsm-1.example.com:9000"

[configuration.secrets]
password = "correct horse"
`;
}

/** Three revisions: the second lies everywhere but where somebody changed it by hand, the third nowhere yet. */
export async function configuration(data: string): Promise<void> {
  const revise = (text: string, base: number | null, reason: string) =>
    api('POST', '/api/v1/configurations', { text, base, reason });
  const apply = (reason: string) => {
    const rolling = { batch: 1, on_error: 'stop' };
    return over('/api/v1/configurations/vault/apply', { reason, rolling }, 'ida');
  };
  await revise(vault(500, ['VISA', 'MC', 'AMEX'], 'rotation = 90d\n'), null, 'first draft');
  await apply('first draft');
  const second = vault(800, ['VISA', 'MC', 'AMEX', 'JCB'], 'rotation = 90d\n');
  await revise(second, 1, 'the line to the store is slow, change 4716');
  await apply('change 4716');
  const third = vault(800, ['VISA', 'MC', 'JCB', 'UNIONPAY'], 'rotation = 30d\naudit = on\n');
  await revise(third, 2, 'UnionPay goes live on Monday, change 4722');
  appendFileSync(join(vaultFolder(data, 'switch-2'), 'vault.conf'), 'timeout_ms = 5000\n');
}

/** The key of whoever releases; what is installed without a signature already stays. */
export async function trust(): Promise<void> {
  const key = 'RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3';
  await api('POST', '/api/v1/trust-keys', { key, comment: 'release team, the second half is in the safe' });
}

/** A freeze, policies, a removal that waits for its permit, and an order that waits for a second person; its id. */
export async function safety(): Promise<string> {
  const hour = 3_600_000;
  const at = (hours: number) => new Date(Math.ceil(Date.now() / hour) * hour + hours * hour).toISOString();
  const window = { once: { starts_at: at(4), ends_at: at(64) } };
  const freeze = { name: 'the quarter is closed', objects: [`${WITHIN}/db-1`], window };
  await api('POST', '/api/v1/freezes', freeze);
  const policies = [
    {
      name: 'four-eyes',
      operations: ['stop', 'restart'],
      within: WITHIN,
      only: 'name=ledger',
      expires: '4h',
    },
    { name: 'removals', requests: ['remove-server'], within: WITHIN, expires: '8h' },
    { name: 'versions', operations: ['upgrade', 'rollback'], only: 'name=tokenizer', expires: '1d' },
  ];
  for (const policy of policies) await api('POST', '/api/v1/approval-policies', policy);
  const removal = await fetch(`${URL}/api/v1/servers/${WITHIN}/web-1`, {
    method: 'DELETE',
    headers: { authorization: `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}` },
  });
  if (removal.status !== 409) throw new Error(`the removal was answered with ${removal.status}`);
  const order = {
    operation: 'restart',
    filter: 'name=ledger',
    reason: 'new certificate of the bank, change 4723',
  };
  return (await api<{ id: string }>('POST', '/api/v1/actions', order, 'ida')).id;
}

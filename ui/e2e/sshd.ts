// OpenSSH's server on a loopback port, for the account that runs the tests, with one key that may log in.

import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { eventually, freePort } from './world.ts';

const SSHD = '/usr/sbin/sshd';

/** True when there is a server to start. */
export function isInstalled(): boolean {
  return existsSync(SSHD);
}

export class Sshd {
  readonly port: number;
  readonly #folder: string;
  #process: ChildProcess;

  private constructor(port: number, folder: string, process: ChildProcess) {
    this.port = port;
    this.#folder = folder;
    this.#process = process;
  }

  static async start(): Promise<Sshd> {
    const [port, folder] = [await freePort(), await mkdtemp(join(tmpdir(), 'topmast-sshd-'))];
    makeKey(join(folder, 'login'));
    makeKey(join(folder, 'host'));
    await writeFile(join(folder, 'authorized_keys'), await readFile(join(folder, 'login.pub')));
    const lines = [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${join(folder, 'host')}`,
      `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
      'PidFile none',
      'StrictModes no',
      'UsePAM no',
      'UseDNS no',
      'PasswordAuthentication no',
      'PermitRootLogin prohibit-password',
    ];
    await writeFile(join(folder, 'sshd_config'), `${lines.join('\n')}\n`);
    // What sshd wants to be there when root starts it.
    if (userInfo().uid === 0) await mkdir('/run/sshd', { recursive: true });
    const sshd = new Sshd(port, folder, run(folder));
    await sshd.#answers();
    return sshd;
  }

  /** USER@HOST:PORT, as one writes it. */
  get host(): string {
    return `${userInfo().username}@127.0.0.1:${this.port}`;
  }

  /** The private key that may log in. */
  key(): Promise<string> {
    return readFile(join(this.#folder, 'login'), 'utf8');
  }

  fingerprint(): string {
    const shown = execFileSync('ssh-keygen', ['-lf', join(this.#folder, 'host.pub')], { encoding: 'utf8' });
    return shown.split(' ')[1] ?? '';
  }

  /** The same place with another host key, as after it was installed anew. */
  async changeHostKey(): Promise<void> {
    await this.#end();
    await Promise.all(['host', 'host.pub'].map((name) => rm(join(this.#folder, name))));
    makeKey(join(this.#folder, 'host'));
    this.#process = run(this.#folder);
    await this.#answers();
  }

  async stop(): Promise<void> {
    await this.#end();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Ends it with its connections, which have processes of their own. */
  async #end(): Promise<void> {
    const { pid } = this.#process;
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
    for (const child of children.split(' ').filter((text) => text !== '')) {
      try {
        process.kill(Number(child), 'SIGKILL');
      } catch {
        // What has ended by itself need not be ended.
      }
    }
  }

  #answers(): Promise<true> {
    return eventually('sshd to answer', async () => {
      const socket = connect(this.port, '127.0.0.1');
      const answered = await once(socket, 'connect').then(
        () => true as const,
        () => undefined,
      );
      socket.destroy();
      return answered;
    });
  }
}

function makeKey(path: string): void {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path]);
}

function run(folder: string): ChildProcess {
  return spawn(SSHD, ['-D', '-e', '-f', join(folder, 'sshd_config')], { stdio: 'ignore' });
}

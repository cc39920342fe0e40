// Unit files of small applications that the tests run beside the demo: shell loops, nothing that needs installing.

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FOREVER = 'while sleep 1; do :; done';

function unit(script: string, more = ''): string {
  return `kind = "process"\ncommand = ["/bin/sh", "-c", ${JSON.stringify(script)}]\n${more}`;
}

/** Runs until it is stopped. */
export function steady(): string {
  return unit(FOREVER, 'start_wait = "100ms"\n');
}

/** Ends with a code as soon as it is started, which somebody has to do. */
export function failing(code: number): string {
  return unit(`exit ${code}`, 'autostart = false\n\n[restart]\npolicy = "never"\n');
}

/**
 * Becomes healthy only once its gate is open, and stays so: a start can be looked at for as long as a test
 * likes. The gate is open at first.
 */
export class Gate {
  readonly #open: string;
  readonly #ready: string;

  constructor(data: string, name: string) {
    this.#open = join(data, `${name}.open`);
    this.#ready = join(data, `${name}.ready`);
  }

  unit(): string {
    const [open, ready] = [this.#open, this.#ready];
    // What is over takes its readiness along: whoever looks before the next shell got going must not find it.
    const leave = `trap 'rm -f ${ready}' EXIT; trap 'exit 0' TERM`;
    const script = `${leave}; until [ -e ${open} ]; do sleep 0.1; done; touch ${ready}; ${FOREVER}`;
    const exec = JSON.stringify(['test', '-e', ready]);
    return unit(script, `start_timeout = "10m"\n\n[health]\nexec = ${exec}\ninterval = "1s"\n`);
  }

  async open(): Promise<void> {
    await writeFile(this.#open, '');
  }

  async close(): Promise<void> {
    await rm(this.#open, { force: true });
  }
}

/** A steady application whose services are told at these addresses. */
export function telling(sources: Readonly<Record<'topmast' | 'prometheus', string>>): string {
  return `${steady()}
[[service]]
source = "topmast"
interval = "1s"
url = "${sources.topmast}"

[[service]]
source = "prometheus"
interval = "1s"
url = "${sources.prometheus}"
[[service.rule]]
service = "{scheme}"
transactions = "tx_total"
`;
}

// Requests as AWS' tools sign them: what the tests put is put by the same way as anybody's.

import { createHash, createHmac } from 'node:crypto';
import type { World } from './world.ts';

const REGION = 'us-east-1';

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** A tool with an access key of the admin's. */
export class Tool {
  readonly #url: string;
  readonly #id: string;
  readonly #secret: string;

  private constructor(url: string, id: string, secret: string) {
    [this.#url, this.#id, this.#secret] = [url, id, secret];
  }

  static async of(world: Pick<World, 'api' | 'url'>, grants: readonly unknown[]): Promise<Tool> {
    const made = await world.api<{ id: string; secret: string }>('POST', '/api/v1/access-keys', {
      name: 'e2e',
      grants,
    });
    return new Tool(world.url, made.id, made.secret);
  }

  /** Asks CloudWatch for something. */
  async cloudwatch(operation: string, input: Readonly<Record<string, unknown>>): Promise<unknown> {
    const body = JSON.stringify(input);
    const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    const scope = `${date.slice(0, 8)}/${REGION}/monitoring/aws4_request`;
    const headers: readonly (readonly [string, string])[] = [
      ['content-type', 'application/x-amz-json-1.0'],
      ['host', new URL(this.#url).host],
      ['x-amz-date', date],
      ['x-amz-target', `GraniteServiceVersion20100801.${operation}`],
    ];
    const signed = headers.map(([name]) => name).join(';');
    const lines = headers.map(([name, value]) => `${name}:${value}\n`).join('');
    const request = ['POST', '/', '', lines, signed, sha256(body)].join('\n');
    const text = ['AWS4-HMAC-SHA256', date, scope, sha256(request)].join('\n');
    const key = scope
      .split('/')
      .reduce<string | Buffer>((key, part) => hmac(key, part), `AWS4${this.#secret}`);
    const signature = hmac(key, text).toString('hex');
    const response = await fetch(`${this.#url}/`, {
      method: 'POST',
      headers: {
        ...Object.fromEntries(headers.filter(([name]) => name !== 'host')),
        authorization: `AWS4-HMAC-SHA256 Credential=${this.#id}/${scope}, SignedHeaders=${signed}, Signature=${signature}`,
      },
      body,
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`${operation} answered ${response.status}: ${answer}`);
    return answer === '' ? undefined : JSON.parse(answer);
  }
}

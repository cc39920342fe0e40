// Writes src/table/fields.ts, the fields that filters can name, from the model's own list: the HTTP
// contract does not tell them. With --check only says whether it is up to date.

import { readFile, writeFile } from 'node:fs/promises';
import prettier from 'prettier';

const source = new URL('../../crates/model/src/filter/fields.rs', import.meta.url);
const target = new URL('../src/table/fields.ts', import.meta.url);

/** The words between quotes. */
const words = (/** @type {string} */ text) => [...text.matchAll(/"([^"]*)"/g)].map(([, word]) => word);

/** The lists by the kind of row that they describe. */
function fieldsOf(/** @type {string} */ rust) {
  /** @type {Map<string, string[]>} */
  const constants = new Map();
  for (const [, name = '', list = ''] of rust.matchAll(/const ([A-Z_]+): &\[&str\] = &\[([^\]]*)\]/g)) {
    constants.set(name, words(list));
  }
  /** @type {Record<string, unknown[]>} */
  const lists = {};
  for (const [, kind = '', body = ''] of rust.matchAll(/fields! \{[^{]*?[A-Z]+ ([a-z]+) \{(.*?)\n {4}\}/gs)) {
    const field = /"([a-z0-9_]+)" ([A-Z][a-z]+)(?:\((?:&\[([^\]]*)\]|([A-Z_]+))\))? \[([^\]]*)\];/g;
    lists[kind] = [...body.matchAll(field)].map(([, name, of, list, constant, aliases = '']) => ({
      name,
      kind: of?.toLowerCase(),
      words: list === undefined ? (constants.get(constant ?? '') ?? []) : words(list),
      aliases: words(aliases),
    }));
  }
  return lists;
}

const text = await prettier.format(
  `// The fields of each kind of row, made from the model's list by \`npm run fields\`. Not edited by hand.

/** One field that a filter and a sort can name. */
export interface Field {
  readonly name: string;
  /** What its values are; those of \`status\` and \`choice\` are one of \`words\`. */
  readonly kind: 'text' | 'status' | 'choice' | 'number' | 'bytes' | 'seconds' | 'millis' | 'time';
  readonly words: readonly string[];
  readonly aliases: readonly string[];
}

export const FIELDS = ${JSON.stringify(fieldsOf(await readFile(source, 'utf8')))} as const satisfies Readonly<Record<string, readonly Field[]>>;
`,
  { parser: 'typescript', printWidth: 110, singleQuote: true },
);

if (process.argv.includes('--check')) {
  const present = await readFile(target, 'utf8').catch(() => '');
  if (present !== text) {
    process.stderr.write('src/table/fields.ts is not what the model says: run `npm run fields`\n');
    process.exit(1);
  }
} else {
  await writeFile(target, text);
}

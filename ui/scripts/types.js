// Writes src/api/schema.ts from openapi/v1.json; with --check only says whether it is up to date.

import { readFile, writeFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';

const source = new URL('../../openapi/v1.json', import.meta.url);
const target = new URL('../src/api/schema.ts', import.meta.url);

const header =
  '// Types of the HTTP contract, made from openapi/v1.json by `npm run types`. Not edited by hand.\n\n';
const nodes = await openapiTS(source, { rootTypes: true, rootTypesNoSchemaPrefix: true, alphabetize: true });
const text = header + astToString(nodes);

if (process.argv.includes('--check')) {
  const present = await readFile(target, 'utf8').catch(() => '');
  if (present !== text) {
    process.stderr.write('src/api/schema.ts is not what openapi/v1.json says: run `npm run types`\n');
    process.exit(1);
  }
} else {
  await writeFile(target, text);
}

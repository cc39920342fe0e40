// Builds the console into dist/, which the master embeds, and serves it while it is being written.

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** The master that `npm run dev` talks to. */
const master = process.env['TOPMAST_URL'] ?? 'http://127.0.0.1:7400';

/**
 * Writes each hashed file compressed beside it, `.br` and `.gz`, as well as can be: once here, instead of
 * quickly and less well at each request. Browsers take Brotli over TLS and on loopback only.
 */
function compressed(): Plugin {
  let folder = '';
  return {
    name: 'compressed',
    apply: 'build',
    configResolved({ root, build }) {
      folder = join(root, build.outDir, build.assetsDir);
    },
    async closeBundle() {
      for (const name of await readdir(folder)) {
        if (!/\.(?:js|css|svg)$/.test(name)) {
          continue;
        }
        const path = join(folder, name);
        const content = await readFile(path);
        const params = {
          [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
          [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
        };
        await writeFile(`${path}.br`, await promisify(brotliCompress)(content, { params }));
        await writeFile(
          `${path}.gz`,
          await promisify(gzip)(content, { level: constants.Z_BEST_COMPRESSION }),
        );
      }
    },
  };
}

export default defineConfig(({ mode }) => ({
  plugins: [svelte(), compressed()],
  build: {
    target: 'es2023',
    // Inlined files would be data: addresses, which the content security policy refuses.
    assetsInlineLimit: 0,
    // The policy allows no inline script, and no browser that runs this needs the polyfill.
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    rolldownOptions: {
      output: {
        codeSplitting: {
          // What several pages use is one file; a file for each set of pages that share something would
          // be dozens of some hundred bytes, each with a request of its own.
          groups: [{ name: 'shared', test: /\/src\/(?!.*\.test\.)/, minShareCount: 5 }],
        },
      },
    },
  },
  server: {
    // The master checks the origin of what a browser asks for: it must see its own.
    proxy: { '/api': { target: master, changeOrigin: true, ws: true, headers: { origin: master } } },
  },
  // Unit tests of components need the browser's half of Svelte.
  ...(mode === 'test' ? { resolve: { conditions: ['browser'] } } : {}),
  test: { environment: 'happy-dom', include: ['src/**/*.test.ts'] },
}));

// Builds the console into dist/, which the master embeds, and serves it while it is being written.

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

/** The master that `npm run dev` talks to. */
const master = process.env['TOPMAST_URL'] ?? 'http://127.0.0.1:7400';

export default defineConfig(({ mode }) => ({
  plugins: [svelte()],
  build: {
    target: 'es2023',
    // Inlined files would be data: addresses, which the content security policy refuses.
    assetsInlineLimit: 0,
    // The policy allows no inline script, and no browser that runs this needs the polyfill.
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    // The master checks the origin of what a browser asks for: it must see its own.
    proxy: { '/api': { target: master, changeOrigin: true, ws: true, headers: { origin: master } } },
  },
  // Unit tests of components need the browser's half of Svelte.
  ...(mode === 'test' ? { resolve: { conditions: ['browser'] } } : {}),
  test: { environment: 'happy-dom', include: ['src/**/*.test.ts'] },
}));

// The console's pages and dialogs: each a file of its own, loaded when the address or a key asks for it.

import { Chunk } from '../chunk/chunk.svelte.ts';
import type { Tab } from '../state/route.svelte.ts';

export const PAGES: Readonly<Record<Tab, Chunk>> = {
  overview: new Chunk(() => import('../pages/overview.svelte')),
  servers: new Chunk(() => import('../pages/server.svelte')),
  applications: new Chunk(() => import('../pages/application.svelte')),
  services: new Chunk(() => import('../pages/service.svelte')),
  tasks: new Chunk(() => import('../pages/task.svelte')),
  logs: new Chunk(() => import('../pages/log.svelte')),
  problems: new Chunk(() => import('../pages/problem.svelte')),
  availability: new Chunk(() => import('../pages/availability.svelte')),
  configurations: new Chunk(() => import('../pages/configuration.svelte')),
  notifications: new Chunk(() => import('../pages/notification.svelte')),
  packages: new Chunk(() => import('../pages/package.svelte')),
  dashboards: new Chunk(() => import('../pages/dashboard.svelte')),
  actions: new Chunk(() => import('../pages/action.svelte')),
  audit: new Chunk(() => import('../pages/audit.svelte')),
  agentless: new Chunk(() => import('../pages/agentless.svelte')),
  access: new Chunk(() => import('../pages/access.svelte')),
};

/** What an order is given in. */
export const ACT = new Chunk(() => import('../acting/ActDialog.svelte'));
export const PALETTE = new Chunk(() => import('./Palette.svelte'));
export const KEY_HELP = new Chunk(() => import('./KeyHelp.svelte'));
export const PASSWORD = new Chunk(() => import('./PasswordDialog.svelte'));
export const SECOND_FACTOR = new Chunk(() => import('./SecondFactor.svelte'));
export const SESSION_ENDED = new Chunk(() => import('./SessionEnded.svelte'));

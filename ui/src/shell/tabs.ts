// The tabs, and who gets them. What a tab needs is decided by the master; a tab that it would refuse is absent.

import { session } from '../state/session.svelte.ts';
import type { Tab } from '../state/route.svelte.ts';

export interface TabLink {
  tab: Tab;
  label: string;
}

const ALL: readonly TabLink[] = [
  { tab: 'overview', label: 'Overview' },
  { tab: 'servers', label: 'Servers' },
  { tab: 'applications', label: 'Applications' },
  { tab: 'services', label: 'Services' },
  { tab: 'tasks', label: 'Tasks' },
  { tab: 'logs', label: 'Logs' },
  { tab: 'problems', label: 'Problems' },
  { tab: 'availability', label: 'Availability' },
  { tab: 'configurations', label: 'Configurations' },
  { tab: 'notifications', label: 'Notifications' },
  { tab: 'packages', label: 'Packages' },
  { tab: 'dashboards', label: 'Dashboards' },
  { tab: 'actions', label: 'Actions' },
  { tab: 'audit', label: 'Audit' },
  { tab: 'agentless', label: 'Agentless' },
  { tab: 'access', label: 'Access' },
];

/** The tabs of the present user. */
export function tabs(): readonly TabLink[] {
  return ALL.filter(({ tab }) => {
    switch (tab) {
      case 'audit':
        return session.may('read-audit');
      case 'logs':
        return session.may('read-logs');
      case 'agentless':
        return session.may('manage-servers');
      // Everybody has tokens of their own.
      case 'access':
        return true;
      default:
        return session.may('read');
    }
  });
}

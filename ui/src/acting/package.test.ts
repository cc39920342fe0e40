import { describe, expect, it } from 'vitest';
import type { PackageRow } from '../api/schema.ts';
import { choicesOf, namedBy } from './package.ts';

function row(tenant: string, name: string, version: string, added_at: string): PackageRow {
  const rest = {
    format: 'zip',
    file: null,
    sha256: '',
    size_bytes: 1,
    signed: false,
    added_by: 'user a',
  } as const;
  return { tenant, name, version, added_at, applications: [], ...rest };
}

describe('packages', () => {
  it('are offered of the tenant, those of the name first and the newest first', () => {
    const packages = [
      row('acme', 'router', '9', '2026-03-01T00:00:00Z'),
      row('acme', 'switch', '1', '2026-01-01T00:00:00Z'),
      row('acme', 'switch', '2', '2026-02-01T00:00:00Z'),
      row('other', 'switch', '3', '2026-03-01T00:00:00Z'),
    ];
    const ids = (targets: string[]) => choicesOf(packages, { targets }).map(({ id }) => id);
    expect(ids(['acme/main/db/switch'])).toEqual(['switch@2', 'switch@1', 'router@9']);
    expect(choicesOf(packages, null)).toHaveLength(4);
  });

  it('are named by their files', () => {
    expect(namedBy('switch-2.4.1.tar.gz')).toEqual({ name: 'switch', version: '2.4.1' });
    expect(namedBy('pay-switch-2.4.1-rc.1.zip')).toEqual({ name: 'pay-switch', version: '2.4.1-rc.1' });
    expect(namedBy('card-3d-1.0.jar')).toEqual({ name: 'card-3d', version: '1.0' });
    expect(namedBy('switch.zip')).toBeNull();
    expect(namedBy('switch-latest.zip')).toBeNull();
  });
});

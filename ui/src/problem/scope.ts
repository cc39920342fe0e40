// Which problems a list shows beside what its filter says: open ones, with symptoms folded under their cause.

import { fieldNamed } from '../table/completion.ts';
import { FIELDS } from '../table/fields.ts';
import { pieces } from '../table/filter.ts';

/** True when a filter says something of a field, by its name or a short one. */
function asks(filter: string, field: string): boolean {
  return pieces(filter).some(
    (piece) =>
      piece.kind === 'term' &&
      piece.field !== null &&
      fieldNamed(piece.field, FIELDS.problems)?.name === field,
  );
}

/**
 * The terms to add to a filter; empty for none.
 *
 * Whoever asks for a status gets that one, and whoever asks for causes sees symptoms.
 */
export function scopeOf(filter: string, { over, symptoms }: { over: boolean; symptoms: boolean }): string {
  const terms: string[] = [];
  if (!over && !asks(filter, 'status') && !asks(filter, 'closed_at')) {
    terms.push('status=OPEN');
  }
  if (!symptoms && !asks(filter, 'cause') && !asks(filter, 'id')) {
    terms.push('cause=none');
  }
  return terms.join(' ');
}

// Owned names: what people of a tenant make ends in the tenant's name, `cpu-high@acme`, and the master refuses other names of theirs.

/** What a name still needs at its end; nothing when it has it. `known`: names of what there is, which keep theirs. */
export function ending(name: string, suffix: string, known: readonly string[] = []): string {
  return name.includes('@') || known.includes(name.trim()) ? '' : suffix;
}

/** The name with its ending. */
export function owned(name: string, suffix: string, known: readonly string[] = []): string {
  return name.trim() + ending(name, suffix, known);
}

/** A text as files have it, in which the first name gets the ending. */
export function ownedText(text: string, suffix: string): string {
  return text.replace(/^name = "([^"]+)"/m, (_, name: string) => `name = "${owned(name, suffix)}"`);
}

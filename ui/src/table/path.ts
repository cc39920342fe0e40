// Paths of objects: `tenant/cluster/server/application/service`.

/** The path of the server that something is on. */
export function serverOf(path: string): string {
  return path.split('/').slice(0, 3).join('/');
}

/** The terms for an object and everything inside it; in quotes `*` would be a star. */
export function withinTerms(path: string): string {
  return `path=${path},${path}/*`;
}

/** The path of the application that something belongs to. */
export function applicationOf(path: string): string {
  return path.split('/').slice(0, 4).join('/');
}

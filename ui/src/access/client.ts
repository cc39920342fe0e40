// What a client calls itself, in words that tell one's sessions apart.

/** Browsers, the more particular first: most claim to be others too. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bFirefox\//, 'Firefox'],
  [/\b(?:Headless)?Chrom(?:e|ium)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\bAndroid\b/, 'Android'],
  [/\b(?:iPhone|iPad)\b/, 'iOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
];

function found(names: typeof BROWSERS, text: string): string | undefined {
  return names.find(([pattern]) => pattern.test(text))?.[1];
}

/** `Firefox on Linux`, `topmast 0.1.0`, or what the client says of itself, cut. */
export function clientWords(client: string | null | undefined): string {
  if (!client) return 'an unknown client';
  const own = /^topmast\/(\S+)/.exec(client);
  if (own) return `topmast ${own[1]}`;
  const browser = found(BROWSERS, client);
  const system = found(SYSTEMS, client);
  if (browser === undefined) return client.length > 40 ? `${client.slice(0, 39)}…` : client;
  return system === undefined ? browser : `${browser} on ${system}`;
}

// The dark modules of a QR code as one path, run by run.

/** `lines`: `1` is dark, `0` is light. Each run of dark modules of a line is a rectangle of height 1. */
export function qrPath(lines: readonly string[]): string {
  return lines
    .flatMap((line, y) =>
      [...line.matchAll(/1+/g)].map(({ index, 0: run }) => `M${index} ${y}h${run.length}v1h-${run.length}z`),
    )
    .join('');
}

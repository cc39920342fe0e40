// Lines of JSON as they come over a connection: bytes in pieces of any size, messages out.

/** A line that is longer than this is none of the master's. */
const LINE_MAX = 2_000_000;

/** Takes a stream of text apart. */
export class Lines {
  #rest = '';

  /** The messages that are whole with this piece. */
  push(piece: string): unknown[] {
    const lines = (this.#rest + piece).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LINE_MAX) throw new Error('the master tells a line that does not end');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as unknown);
  }
}

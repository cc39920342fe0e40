// SHA-256 of what comes in pieces.
//
// A browser's own digest wants all bytes at once, and only over TLS: a package of a gigabyte does not fit into its
// memory, and is read piece by piece instead. Source: FIPS 180-4.

/** The first 64 primes, of which the constants are made. */
const PRIMES: readonly number[] = (() => {
  const found: number[] = [];
  for (let n = 2; found.length < 64; n += 1) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
})();

/** The first 32 bits behind the point of a root. */
function behindPoint(root: number): number {
  return Math.floor((root % 1) * 2 ** 32) | 0;
}

const ROUNDS = Int32Array.from(PRIMES, (prime) => behindPoint(Math.cbrt(prime)));
const BEGIN = Int32Array.from(PRIMES.slice(0, 8), (prime) => behindPoint(Math.sqrt(prime)));
const BLOCK = 64;

export class Sha256 {
  readonly #state = BEGIN.slice();
  readonly #words = new Int32Array(64);
  /** Bytes that do not fill a block yet. */
  readonly #rest = new Uint8Array(BLOCK);
  #held = 0;
  #length = 0;

  update(bytes: Uint8Array): void {
    this.#length += bytes.length;
    let at = 0;
    if (this.#held > 0) {
      at = Math.min(BLOCK - this.#held, bytes.length);
      this.#rest.set(bytes.subarray(0, at), this.#held);
      this.#held += at;
      if (this.#held < BLOCK) return;
      this.#take(view(this.#rest), 0);
    }
    const all = view(bytes);
    for (; at + BLOCK <= bytes.length; at += BLOCK) this.#take(all, at);
    this.#rest.set(bytes.subarray(at));
    this.#held = bytes.length - at;
  }

  /** The digest in 64 digits; nothing more can be taken then. */
  finish(): string {
    const bits = new DataView(new ArrayBuffer(8));
    bits.setBigUint64(0, BigInt(this.#length) * 8n);
    const padding = new Uint8Array(((2 * BLOCK - 9 - this.#held) % BLOCK) + 1);
    padding[0] = 0x80;
    this.update(padding);
    this.update(new Uint8Array(bits.buffer));
    return [...this.#state].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }

  #take(block: DataView, at: number): void {
    const state = this.#state;
    const words = this.#words;
    for (let i = 0; i < 16; i += 1) words[i] = block.getInt32(at + 4 * i);
    for (let i = 16; i < 64; i += 1) {
      const x = word(words, i - 15);
      const y = word(words, i - 2);
      const early = turn(x, 7) ^ turn(x, 18) ^ (x >>> 3);
      const late = turn(y, 17) ^ turn(y, 19) ^ (y >>> 10);
      words[i] = (word(words, i - 16) + early + word(words, i - 7) + late) | 0;
    }
    // Eight variables: an array that is taken apart costs three times as much.
    let a = word(state, 0);
    let b = word(state, 1);
    let c = word(state, 2);
    let d = word(state, 3);
    let e = word(state, 4);
    let f = word(state, 5);
    let g = word(state, 6);
    let h = word(state, 7);
    for (let i = 0; i < 64; i += 1) {
      const chosen = (e & f) ^ (~e & g);
      const one =
        (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + chosen + word(ROUNDS, i) + word(words, i)) | 0;
      const most = (a & b) ^ (a & c) ^ (b & c);
      const other = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + most) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + one) | 0;
      d = c;
      c = b;
      b = a;
      a = (one + other) | 0;
    }
    state[0] = word(state, 0) + a;
    state[1] = word(state, 1) + b;
    state[2] = word(state, 2) + c;
    state[3] = word(state, 3) + d;
    state[4] = word(state, 4) + e;
    state[5] = word(state, 5) + f;
    state[6] = word(state, 6) + g;
    state[7] = word(state, 7) + h;
  }
}

function word(words: Int32Array, index: number): number {
  return words[index] ?? 0;
}

function turn(value: number, by: number): number {
  return (value >>> by) | (value << (32 - by));
}

function view({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

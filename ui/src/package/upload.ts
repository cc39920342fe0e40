// Sends a package's bytes and tells how far they are. One that was cut goes on where it stopped.
//
// ```text
// SHA-256 of the file ─► bytes that the master has of it ─► the rest ─► cut? the same again, a moment later
// ```
//
// `fetch` cannot tell how far an upload is, so the bytes go by XMLHttpRequest.

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { get, isProblem, localProblem, ProblemError, queryText } from '../api/client.ts';
import type { PackageRow, PackageUploaded } from '../api/schema.ts';

/** What is said beside the bytes. */
export interface Told {
  tenant: string;
  name: string;
  version: string;
  file: string;
  signature?: string;
}

/** How far it is, in bytes: the file is read, then sent; `cut` waits to go on. */
export interface Progress {
  phase: 'reading' | 'sending' | 'cut';
  done: number;
  /** Bytes that were there from an earlier try. */
  kept: number;
}

/** Times that an upload is begun or goes on, and the wait between two in milliseconds, as the command line has them. */
const TRIES = 10;
const RETRY_MS = 1_000;
/** Bytes read at once: few enough that the page goes on meanwhile. */
const PIECE = 1 << 20;

/** Resolves once the master has it. */
export async function upload(
  file: File,
  told: Told,
  progress: (how: Progress) => void,
  signal: AbortSignal,
): Promise<PackageRow> {
  const digest = await digestOf(file, (done) => progress({ phase: 'reading', done, kept: 0 }), signal);
  let done = 0;
  for (let left = TRIES - 1; ; left -= 1) {
    try {
      const path = `/api/v1/packages/uploads/${digest}`;
      const { bytes } = await get<PackageUploaded>(path, { tenant: told.tenant }, signal);
      // All of it, and it was not taken: from the beginning.
      const offset = bytes < file.size ? bytes : 0;
      const query = { ...told, sha256: digest, ...(offset > 0 ? { offset } : {}) };
      const tell = (sent: number) => {
        done = offset + sent;
        progress({ phase: 'sending', done, kept: offset });
      };
      tell(0);
      return await post(`/api/v1/packages${queryText(query)}`, file.slice(offset), tell, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (left === 0 || !isPassing(error)) throw error;
      progress({ phase: 'cut', done, kept: 0 });
      await moment(signal);
    }
  }
}

/** True of what may go well when it is tried again: no answer, a session to renew, a master that cannot just now. */
function isPassing(error: unknown): boolean {
  return error instanceof ProblemError && [0, 401, 502, 503, 504].includes(error.status);
}

/** SHA-256 piece by piece: a browser's own wants all bytes at once, and a package may be larger than its memory. */
async function digestOf(file: File, progress: (done: number) => void, signal: AbortSignal): Promise<string> {
  const digest = sha256.create();
  for (let at = 0; at < file.size; at += PIECE) {
    signal.throwIfAborted();
    progress(at);
    const piece = await file.slice(at, at + PIECE).arrayBuffer();
    digest.update(new Uint8Array(piece));
  }
  return bytesToHex(digest.digest());
}

function post(
  path: string,
  bytes: Blob,
  progress: (sent: number) => void,
  signal: AbortSignal,
): Promise<PackageRow> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open('POST', path);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.responseType = 'json';
    request.upload.onprogress = (event) => progress(event.loaded);
    request.onload = () => {
      const answer: unknown = request.response;
      if (request.status === 201) resolve(answer as PackageRow);
      else reject(new ProblemError(isProblem(answer) ? answer : unclear(request.status)));
    };
    const lost = () =>
      reject(
        new ProblemError(localProblem('No answer', 'the upload was cut; add the same file again to go on')),
      );
    request.onerror = lost;
    request.onabort = lost;
    request.onloadend = () => signal.removeEventListener('abort', abort);
    signal.addEventListener('abort', abort);
    request.send(bytes);
  });
}

/** Waits a little; ends at once when it is not wanted any more. */
function moment(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, RETRY_MS);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new DOMException('not wanted any more', 'AbortError'));
    });
  });
}

function unclear(status: number) {
  return { ...localProblem('Request failed', `the answer was ${status}`), status };
}

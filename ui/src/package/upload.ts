// Sends a package's bytes and tells how far they are. `fetch` cannot tell that, so this is XMLHttpRequest.

import { isProblem, localProblem, ProblemError, queryText } from '../api/client.ts';
import type { PackageRow } from '../api/schema.ts';

/** What is said beside the bytes. */
export interface Told {
  name: string;
  version: string;
  file: string;
  signature?: string;
}

/** Resolves once the master has it; `progress` is told bytes. */
export function upload(
  file: File,
  told: Told,
  progress: (sent: number) => void,
  signal: AbortSignal,
): Promise<PackageRow> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', `/api/v1/packages${queryText({ ...told })}`);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.responseType = 'json';
    request.upload.onprogress = (event) => progress(event.loaded);
    request.onload = () => {
      const answer: unknown = request.response;
      if (request.status === 201) resolve(answer as PackageRow);
      else reject(new ProblemError(isProblem(answer) ? answer : unclear(request.status)));
    };
    const lost = () =>
      reject(new ProblemError(localProblem('No answer', 'the upload was cut; send it again')));
    request.onerror = lost;
    request.onabort = lost;
    signal.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}

function unclear(status: number) {
  return { ...localProblem('Request failed', `the answer was ${status}`), status };
}

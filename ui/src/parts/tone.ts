// How a status is drawn. The words are those of the API; nothing else decides a colour.

export type Tone = 'healthy' | 'degraded' | 'failed' | 'unknown' | 'idle';

const TONES: ReadonlyMap<string, Tone> = new Map(
  Object.entries({
    UP: 'healthy',
    STARTED: 'healthy',
    OK: 'healthy',
    SUCCEEDED: 'healthy',
    DONE: 'healthy',
    healthy: 'healthy',
    STALE: 'degraded',
    STARTING: 'degraded',
    STOPPING: 'degraded',
    LATE: 'degraded',
    RUNNING: 'degraded',
    degraded: 'degraded',
    DOWN: 'failed',
    FAILED: 'failed',
    QUARANTINED: 'failed',
    MALFUNCTION: 'failed',
    failed: 'failed',
    critical: 'failed',
    major: 'failed',
    warning: 'degraded',
    info: 'idle',
    WORKING: 'healthy',
    FAILING: 'failed',
    off: 'idle',
    delivered: 'healthy',
    sending: 'idle',
    waiting: 'idle',
    withdrawn: 'idle',
    'given-up': 'failed',
    refused: 'failed',
    REFUSED: 'failed',
    ALARM: 'failed',
    OPEN: 'failed',
    CLOSED: 'idle',
    STOPPED: 'idle',
    PENDING: 'idle',
    IN_SYNC: 'healthy',
    DRIFTED: 'failed',
  } as const),
);

/** The tone of a status; what is late is never healthy, and a word not known here is unknown. */
export function toneOf(status: string, stale = false): Tone {
  const tone = TONES.get(status) ?? 'unknown';
  return stale && tone === 'healthy' ? 'unknown' : tone;
}

// Why something changed its state, in words: the twin of the cause's text in the model, which the CLI shows.

/** A cause in words; null when it is none or one that is not known here. */
export function causeWords(cause: unknown): string | null {
  if (typeof cause === 'string') return cause;
  if (typeof cause !== 'object' || cause === null) return null;
  const fields = new Map(Object.entries(cause));
  const said = (name: string) => String(fields.get(name) ?? '–');
  switch (fields.get('kind')) {
    case 'action':
      return `action by ${said('principal')}`;
    case 'exit':
      return `exited with code ${said('code')}`;
    case 'signal':
      return `ended by signal ${said('number')} (${said('name')})`;
    case 'out_of_memory':
      return 'ended by the kernel, out of memory';
    case 'start_failed':
      return `could not be started: ${said('message')}`;
    case 'health':
      return `health check: ${said('message')}`;
    case 'restart':
      return `restart ${said('attempt')} after ${said('delay_ms')} ms`;
    case 'budget':
      return `${said('restarts')} restarts within ${said('window_s')} s, last: ${said('last')}`;
    case 'dependency':
      return `depends on ${said('application')}: ${said('message')}`;
    case 'agent_start':
      return 'started with the agent';
    case 'adopted':
      return `found running as process ${said('pid')}`;
    default:
      return fields.has('message') ? said('message') : null;
  }
}

/**
 * Probes that may crash or hang run in a process of their own, so that a crash is an answer. It gets the probe's source
 * text, so a probe must not use anything from outside.
 */
import { spawnSync } from 'node:child_process';
import { createRetryStats, retryAtOnce, type RetryStats } from '../../../common/retry.ts';

/** What a probe can load in its process. */
export interface ChildTools {
  /** A module of Node or a CommonJS package, by absolute path. */
  readonly require: (name: string) => unknown;
  /** An ES module by URL. */
  readonly load: (url: string) => Promise<unknown>;
}

export type ChildProbe<A> = (tools: ChildTools, argument: A) => string | Promise<string>;

export type ChildAnswer = { readonly detail: string } | { readonly reason: string };

const TIMEOUT_MS = 20_000;
/** A child that died may have been killed by somebody else, for want of memory for one; once more decides. */
const ATTEMPTS = 2;

/** Of all probes of this process. */
export const probeRetries: RetryStats = createRetryStats();

class ChildDied extends Error {}

/** What the probe returned, or the message of what it threw, or how its process ended. */
export function askChild<A>(probe: ChildProbe<A>, argument: A, timeout = TIMEOUT_MS): ChildAnswer {
  const program = `Promise.resolve({ require, load: (url) => import(url) })
    .then((tools) => (${probe.toString()})(tools, ${JSON.stringify(argument)}))
    .then((detail) => [0, { detail }], (error) => [1, { reason: String(error?.message ?? error) }])
    .then(([status, answer]) => {
      require('node:fs').writeSync(1, '\\n' + JSON.stringify(answer));
      process.exit(status);
    });`;
  try {
    return retryAtOnce(() => runOnce(program, timeout), {
      ...{ attempts: ATTEMPTS, what: 'the probe', stats: probeRetries },
      isTransient: (error) => error instanceof ChildDied,
    });
  } catch (error) {
    return { reason: firstLine(error) };
  }
}

function runOnce(program: string, timeout: number): ChildAnswer {
  const child = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8', timeout, killSignal: 'SIGKILL' });
  if (child.error !== undefined && (child.error as NodeJS.ErrnoException).code === 'ETIMEDOUT')
    return { reason: `its process did not end within ${String(timeout / 1000)} s` };
  if (child.error !== undefined) return { reason: `its process could not be started: ${child.error.message}` };
  if (child.signal !== null) throw new ChildDied(`its process ended with ${child.signal}`);
  // Drivers may print something of their own before.
  const answer = child.stdout.split('\n').at(-1) ?? '';
  if (!answer.startsWith('{')) throw new ChildDied(`its process ended with status ${String(child.status)}`);
  return JSON.parse(answer) as ChildAnswer;
}

export function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n')[0] ?? '';
}

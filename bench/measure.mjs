// @ts-check
/** What the benchmarks share: CPU time of commands, taken in turns, and what is made of the figures. */
import { spawnSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';

/** @param {readonly number[]} values */
export const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;

/** @param {readonly number[]} values */
export const geometricMean = (values) =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

/** What a user can do something about; it is told in one sentence, without a stack. */
export class BenchError extends Error {}

/**
 * A command to measure; one that is repeated is run once before, so that all its runs have what an earlier one kept.
 *
 * @typedef {{ command: readonly string[], cwd?: string, input?: Buffer, isRepeated?: boolean }} Job
 */

/**
 * Output and CPU seconds of a command with all its threads and children. bash's `time` tells milliseconds, where time(1)
 * tells hundredths.
 *
 * @param {Job} job
 * @returns {{ output: string, seconds: number }}
 */
export function timed({ command, cwd, input }) {
  const script = 'TIMEFORMAT="%3U %3S"; time "$@"';
  const result = spawnSync('bash', ['-c', script, 'bash', ...command], {
    // The point of the figures, and the same for all that is compared.
    env: { ...process.env, LC_ALL: 'C' },
    maxBuffer: 1 << 28,
    ...(cwd === undefined ? {} : { cwd }),
    ...(input === undefined ? {} : { input }),
  });
  if (result.error) throw new BenchError(`bash, which measures CPU time, cannot be run: ${result.error.message}`);
  const lines = result.stderr.toString().trimEnd().split('\n');
  const times = /^(\d+\.\d+) (\d+\.\d+)$/.exec(lines.pop() ?? '');
  if (result.status !== 0 || times === null)
    throw new BenchError(`${command.join(' ')}: status ${String(result.status)}: ${lines.join(' ').trim()}`);
  return { output: result.stdout.toString('latin1'), seconds: Number(times[1]) + Number(times[2]) };
}

/**
 * Runs the jobs in turns, so that other work on the machine falls on all alike. All have to print the same.
 *
 * @param {string} name
 * @param {Readonly<Record<string, Job>>} jobs
 * @param {number} runs
 * @returns {Record<string, number[]>} CPU seconds by job
 */
export function measureInTurns(name, jobs, runs) {
  /** @type {Record<string, number[]>} */
  const seconds = Object.fromEntries(Object.keys(jobs).map((job) => [job, []]));
  /** @type {{ job: string, output: string } | undefined} */
  let first;
  for (const what of Object.values(jobs)) if (what.isRepeated === true) timed(what);
  for (let run = 0; run < runs; run++)
    for (const [job, what] of Object.entries(jobs)) {
      const { output, seconds: spent } = timed(what);
      first ??= { job, output };
      if (output !== first.output)
        throw new BenchError(`${name}: ${job} and ${first.job} print different things: ${brief(output, first.output)}`);
      seconds[job]?.push(spent);
    }
  return seconds;
}

/** @param {string[]} texts */
const brief = (...texts) => texts.map((text) => JSON.stringify(text.slice(0, 60))).join(' and ');

/** Version of a program, by its first line. @param {string} program @param {string} needed what to do without it */
export function versionOf(program, needed) {
  const result = spawnSync(program, ['--version'], { encoding: 'utf8' });
  if (result.error || result.status !== 0) throw new BenchError(`${program} cannot be run: ${needed}`);
  return result.stdout.split('\n')[0] ?? '';
}

/** The machine, for the results: a busy one measures worse. @param {number} loadBefore */
export const machine = (loadBefore) => ({
  cores: cpus().length,
  model: cpus()[0]?.model ?? '',
  load: [loadBefore, loadNow()],
});

export const loadNow = () => loadavg()[0] ?? NaN;

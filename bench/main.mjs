// @ts-check
/**
 * `npm run bench`: CPU time of whole processes over our own kernels: `hospes run` with default settings beside the
 * reference emulator, in turns, medians, outputs compared.
 *
 *   npm run bench -- [--guest riscv64] [--runs 3] [--filter TEXT] [--factor 1]
 *
 * Each kernel's work is scaled so that the reference takes about a second; `--factor` multiplies it. Results go to
 * bench/results/kernels-GUEST-nodeN.json when all kernels ran.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    guest: { type: 'string', default: 'riscv64' },
    runs: { type: 'string', default: '3' },
    filter: { type: 'string', default: '' },
    factor: { type: 'string', default: '1' },
  },
});
const emulators = { riscv64: 'qemu-riscv64-static', aarch64: 'qemu-aarch64-static', x64: 'qemu-x86_64-static' };
/** How often each kernel's work is repeated. @type {Record<string, number>} */
const scales = {
  bytecode: 2,
  chase: 3,
  dispatch: 6,
  fib: 5,
  hashmap: 10,
  lz: 10,
  matmul: 3,
  matrix32: 2,
  nbody: 2,
  nbody32: 1,
  quicksort: 8,
  sha256: 8,
  sieve: 10,
  states: 6,
  strings: 5,
};
const TIME = '/usr/bin/time';
const here = new URL('./', import.meta.url);
const folder = fileURLToPath(new URL(`kernels/${options.guest}/`, here));
const cli = fileURLToPath(new URL('../dist/cli/main.js', here));
const emulator = emulators[/** @type {keyof typeof emulators} */ (options.guest)];

/** @param {number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
/** @param {number[]} values */
const geometricMean = (values) => Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

/** Output and CPU seconds (in ticks of 10 ms) of a command. @param {string[]} command */
function timed(command) {
  const result = spawnSync(TIME, ['-f', '%U %S', ...command], { encoding: 'utf8' });
  if (result.error) throw result.error;
  if (result.status !== 0)
    throw new Error(`${command.join(' ')}: status ${String(result.status)}, ${result.stderr.trim()}`);
  const [user = NaN, system = NaN] = (result.stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { output: result.stdout, seconds: user + system };
}

/** @param {string} name */
function measure(name) {
  const scale = String((scales[name] ?? 1) * Number(options.factor));
  /** @type {number[]} */ const ours = [];
  /** @type {number[]} */ const theirs = [];
  for (let run = 0; run < Number(options.runs); run++) {
    const mine = timed([process.execPath, cli, 'run', folder + name, scale]);
    const other = timed([emulator, folder + name, scale]);
    if (mine.output !== other.output) throw new Error(`${name}: the outputs differ`);
    ours.push(mine.seconds);
    theirs.push(other.seconds);
  }
  const ratio = median(ours) / median(theirs);
  console.log(
    `${name.padEnd(10)} hospes ${median(ours).toFixed(2)} s, qemu ${median(theirs).toFixed(2)} s, ratio ${ratio.toFixed(2)}`,
  );
  return { hospes: ours, qemu: theirs, ratio };
}

if (!existsSync(TIME)) throw new Error(`${TIME} is needed; Debian's package is time`);
const load = loadavg()[0] ?? NaN;
console.log(`Node ${process.versions.node}, ${options.guest}, load ${load.toFixed(1)} at the start`);
const names = readdirSync(folder).filter((name) => name.includes(options.filter));
const kernels = Object.fromEntries(names.map((name) => [name, measure(name)]));
const mean = geometricMean(Object.values(kernels).map(({ ratio }) => ratio));
console.log(`geometric mean of ${String(names.length)} kernels: ${mean.toFixed(2)} of qemu's CPU time (goal: 0.33)`);
if (options.filter === '') {
  const results = new URL('results/', here);
  mkdirSync(results, { recursive: true });
  const version = process.versions.node;
  const machine = { cores: cpus().length, model: cpus()[0]?.model ?? '', load: [load, loadavg()[0]] };
  const text = JSON.stringify({ node: version, guest: options.guest, machine, mean, kernels }, null, 2);
  const file = `kernels-${options.guest}-node${version.split('.')[0] ?? ''}.json`;
  writeFileSync(new URL(file, results), `${text}\n`);
}

// @ts-check
/**
 * `npm run bench:interpreter`: guest instructions a second of tier 0 over our own kernels, by process CPU time, beside
 * the reference emulator's time for the same files where it is installed; then what starting up costs.
 *
 *   npm run bench:interpreter -- [--runs 3] [--filter TEXT]
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: { runs: { type: 'string', default: '3' }, filter: { type: 'string', default: '' } },
});
const runs = Number(options.runs);
const here = new URL('./', import.meta.url);
const folder = fileURLToPath(new URL('kernels/riscv64/', here));
const cli = fileURLToPath(new URL('../dist/cli/main.js', here));
const hello = fileURLToPath(new URL('../tests/fixtures/riscv64/hello', here));

/** @param {number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
/** @param {number[]} values */
const geometricMean = (values) => Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

/**
 * Runs a command; its user and system CPU seconds (from the difference of this process's children), wall seconds, output.
 *
 * @param {string} program
 * @param {string[]} args
 */
function measure(program, args) {
  const before = children();
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  const wall = (performance.now() - began) / 1000;
  return { status, stdout, stderr, wall, cpu: children() - before };
}

/** CPU seconds of the children that have ended, from the shell's own accounting (`times` counts this process's). */
function children() {
  const { stdout } = spawnSync('cat', [`/proc/${String(process.pid)}/stat`], { encoding: 'utf8' });
  const fields = stdout.slice(stdout.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

const hasReference = spawnSync('qemu-riscv64-static', ['--version']).status === 0;
/** @type {Record<string, { millionPerSecond: number, seconds: number, reference: number | null }>} */
const kernels = {};
const idle = median(Array.from({ length: runs }, () => measure(process.execPath, [cli, 'run', hello]).cpu));
for (const name of readdirSync(folder).filter((file) => file.includes(options.filter))) {
  const ours = [];
  const theirs = [];
  let instructions = 0;
  for (let run = 0; run < runs; run++) {
    const mine = measure(process.execPath, [cli, 'run', '--stats', folder + name]);
    instructions = Number(/(\d+) instructions,/.exec(mine.stderr)?.[1]);
    ours.push(mine.cpu - idle);
    if (!hasReference) continue;
    const other = measure('qemu-riscv64-static', [folder + name]);
    if (other.stdout !== mine.stdout) throw new Error(`${name}: the outputs differ`);
    theirs.push(other.cpu);
  }
  const seconds = median(ours);
  const reference = hasReference ? median(theirs) : null;
  kernels[name] = { millionPerSecond: instructions / seconds / 1e6, seconds, reference };
  const beside = reference === null ? '' : `, qemu ${reference.toFixed(2)} s`;
  console.log(
    `${name.padEnd(10)} ${(instructions / seconds / 1e6).toFixed(0).padStart(5)} M/s, ${seconds.toFixed(2)} s${beside}`,
  );
}
const mean = geometricMean(Object.values(kernels).map(({ millionPerSecond }) => millionPerSecond));
console.log(`geometric mean ${mean.toFixed(0)} M guest instructions/s (Node ${process.versions.node})`);

const walls = { hospes: /** @type {number[]} */ ([]), node: /** @type {number[]} */ ([]) };
for (let run = 0; run < 15; run++) {
  walls.node.push(measure(process.execPath, ['-e', '0']).wall);
  walls.hospes.push(measure(process.execPath, [cli, 'run', hello]).wall);
}
const startUp = (median(walls.hospes) - median(walls.node)) * 1000;
console.log(`start-up: ${startUp.toFixed(0)} ms more than node -e 0 (median of 15)`);
const results = new URL('results/', here);
mkdirSync(results, { recursive: true });
const version = process.versions.node;
const text = JSON.stringify({ node: version, mean, kernels, startUp }, null, 2);
writeFileSync(new URL(`interpreter-node${version.split('.')[0] ?? ''}.json`, results), `${text}\n`);

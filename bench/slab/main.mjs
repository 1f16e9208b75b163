// @ts-check
/**
 * `npm run bench:slab`: the slab allocator beside a boundary-tag and a first-fit allocator, generated as WebAssembly with the
 * same encoder, and beside JavaScript's own objects: CPU time an operation, in one thread (memory unshared) and in two
 * (shared), and the memory that the objects in use take. Results go to bench/results/.
 *
 *   npm run bench:slab -- [--runs 5] [--workload NAME]
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { geometricMean, loadNow, machine, median } from '../measure.mjs';
import { allocators } from './allocators.mjs';
import { workloads } from './workloads.mjs';

const { values: options } = parseArgs({
  options: { runs: { type: 'string', default: '5' }, workload: { type: 'string', default: '' } },
});
const runs = Number(options.runs);
const child = fileURLToPath(new URL('run.mjs', import.meta.url));
const names = Object.keys(allocators);
const chosen = Object.keys(workloads).filter((name) => options.workload === '' || name === options.workload);

/** @param {string} allocator @param {string} workload @param {number} threads */
function measure(allocator, workload, threads) {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--expose-gc', child, allocator, workload, String(threads)],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`${allocator}, ${workload}, ${threads} threads: status ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

/** @param {readonly string[][]} rows */
function table(rows) {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n');
}

const loadBefore = loadNow();
/** @type {Record<string, Record<string, { nanoseconds: number[], footprint?: number, requested?: number }>>} */
const results = {};
for (const workload of chosen)
  for (const threads of [1, 2]) {
    const row = (results[`${workload}, ${threads === 1 ? '1 thread' : '2 threads'}`] ??= {});
    // In turns, so that other work on the machine falls on all alike.
    for (let run = 0; run < runs; run++)
      for (const name of names) {
        const { nanoseconds, ...memory } = measure(name, workload, threads);
        const cell = (row[name] ??= { nanoseconds: [] });
        cell.nanoseconds.push(nanoseconds);
        Object.assign(cell, memory);
      }
  }

const lines = Object.entries(results);
console.log(
  `ns of CPU time an operation, median of ${runs} runs, Node ${process.versions.node}, load ${loadBefore.toFixed(1)}`,
);
/** @param {(typeof lines)[number]} line @param {string} name */
const timeOf = ([, row], name) => median(row[name]?.nanoseconds ?? []);
/** @param {(typeof lines)[number]} line */
const ratioOf = (line) => timeOf(line, 'boundary-tag') / timeOf(line, 'slab');
console.log(
  table([
    ['workload', ...names, 'boundary-tag / slab'],
    ...lines.map((line) => [line[0], ...names.map((name) => timeOf(line, name).toFixed(1)), ratioOf(line).toFixed(2)]),
  ]),
);
for (const threads of ['1 thread', '2 threads']) {
  const mean = geometricMean(lines.filter(([workload]) => workload.endsWith(threads)).map(ratioOf));
  console.log(`boundary-tag / slab, ${threads}, geometric mean: ${mean.toFixed(2)}`);
}
const withMemory = lines.filter(([, row]) => (row['slab']?.requested ?? 0) > 0);
if (withMemory.length > 0) {
  console.log('\nbytes taken for each byte asked for');
  console.log(
    table([
      ['workload', ...names],
      ...withMemory.map(([workload, row]) => [
        workload,
        ...names.map((name) => ((row[name]?.footprint ?? NaN) / (row[name]?.requested ?? NaN)).toFixed(2)),
      ]),
    ]),
  );
}
// A part of the workloads must not overwrite the results of all.
if (options.workload === '') {
  const folder = new URL('../results/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  const version = process.versions.node;
  const file = new URL(`slab-node${version.split('.')[0] ?? ''}.json`, folder);
  writeFileSync(file, `${JSON.stringify({ node: version, machine: machine(loadBefore), runs, results }, null, 2)}\n`);
}

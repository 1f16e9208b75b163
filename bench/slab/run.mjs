// @ts-check
/**
 * Measures one allocator with one workload, in one or several threads, and prints as JSON the nanoseconds of CPU time an
 * operation took (of all threads, the garbage collector's included), and the footprint.
 *
 *   node --expose-gc run.mjs ALLOCATOR WORKLOAD THREADS
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { allocators } from './allocators.mjs';
import { workloads } from './workloads.mjs';

const WARM_UP_MS = 150;
const MEASURED_MS = 300;

/** @param {import('./workloads.mjs').Workload} workload @param {number} milliseconds */
function runFor(workload, milliseconds) {
  const until = performance.now() + milliseconds;
  let operations = 0;
  do operations += workload.run();
  while (performance.now() < until);
  return operations;
}

/** @param {string} allocator @param {string} workload */
function find(allocator, workload) {
  const open = allocators[allocator];
  const start = workloads[/** @type {keyof typeof workloads} */ (workload)];
  if (open === undefined || start === undefined) throw new RangeError(`no ${allocator} or no ${workload}`);
  return { open, start };
}

const cpu = (/** @type {NodeJS.CpuUsage} */ since) => {
  const { user, system } = process.cpuUsage(since);
  return user + system;
};

/** Bytes that JavaScript's objects take: buffers go some time after the objects that own them. */
async function inUse() {
  let least = Infinity;
  for (let turn = 0; turn < 5; turn++) {
    /** @type {any} */ (globalThis).gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    least = Math.min(least, heapUsed + arrayBuffers);
  }
  return least;
}

/** @param {string} name @param {string} workloadName */
async function runAlone(name, workloadName) {
  const { open, start } = find(name, workloadName);
  const allocator = open(undefined, false);
  const before = await inUse();
  const workload = start(allocator, 1);
  runFor(workload, WARM_UP_MS);
  const began = process.cpuUsage();
  const operations = runFor(workload, MEASURED_MS);
  const nanoseconds = (cpu(began) * 1000) / operations;
  return { nanoseconds, footprint: allocator.footprint() ?? (await inUse()) - before, requested: workload.requested() };
}

/** @param {string} name @param {string} workload @param {number} threads */
async function runThreads(name, workload, threads) {
  const { handle } = find(name, workload).open(undefined, true);
  const gate = new Int32Array(new SharedArrayBuffer(8));
  const workers = Array.from(
    { length: threads },
    (_, index) =>
      new Worker(new URL(import.meta.url), { workerData: { name, workload, handle, gate, seed: index + 1 } }),
  );
  const next = () => Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
  await next();
  const ended = next();
  const began = process.cpuUsage();
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
  const operations = await ended;
  return { nanoseconds: (cpu(began) * 1000) / operations.reduce((sum, count) => sum + count, 0) };
}

function runAsThread() {
  const { name, workload: workloadName, handle, gate, seed } = workerData;
  const { open, start } = find(name, workloadName);
  const workload = start(open(handle, true), seed);
  runFor(workload, WARM_UP_MS);
  parentPort?.postMessage(0);
  Atomics.wait(gate, 0, 0);
  parentPort?.postMessage(runFor(workload, MEASURED_MS));
}

if (isMainThread) {
  const [, , name = '', workload = '', threads = '1'] = process.argv;
  const result = await (threads === '1' ? runAlone(name, workload) : runThreads(name, workload, Number(threads)));
  console.log(JSON.stringify(result));
} else runAsThread();

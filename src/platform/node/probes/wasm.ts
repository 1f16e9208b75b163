/** What of WebAssembly needs a thread of its own, or much address space, to be tried. */
import type * as WorkerThreads from 'node:worker_threads';
import type { Probe } from '../../../common/capability.ts';
import { askChild, type ChildProbe } from './child.ts';

/** `(memory (import "e" "m") 1 1 shared)` and `add(address, value)`, an i32.atomic.rmw.add. */
const ADDER =
  '0061736d0100000001070160027f7f017f0209010165016d02030101030201000707010361646400000a0c010a0020002001fe1e02000b';
/** `(memory i64 65537)` with `store(i64, i32)` and `load(i64)`: one page more than 32 bits can address. */
const WIDE =
  '0061736d01000000010b0260027e7f0060017e017f0303020001050501048180040710020573746f72650000046c6f616400010a13020900200020013602000b070020002802000b';

/** Two threads count in one memory, and one waits for the other. */
const countTogether: ChildProbe<string> = async ({ require }, hex) => {
  const { Worker } = require('node:worker_threads') as typeof WorkerThreads;
  const rounds = 20_000;
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const module = new WebAssembly.Module(Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)));
  const add = new WebAssembly.Instance(module, { e: { m: memory } }).exports['add'] as (
    at: number,
    by: number,
  ) => number;
  const worker = new Worker(
    `const { workerData: { module, memory, rounds } } = require('node:worker_threads');
     const { add } = new WebAssembly.Instance(module, { e: { m: memory } }).exports;
     for (let round = 0; round < rounds; round++) add(0, 1);
     add(8, 1);
     Atomics.notify(new Int32Array(memory.buffer), 2);`,
    { eval: true, workerData: { module, memory, rounds } },
  );
  for (let round = 0; round < rounds; round++) add(0, 1);
  const cells = new Int32Array(memory.buffer);
  const outcome = Atomics.wait(cells, 2, 0, 10_000);
  await worker.terminate();
  if (outcome === 'timed-out') throw new Error('a Worker did not wake its waiter');
  if (cells[0] !== 2 * rounds) throw new Error(`two threads counted to ${String(cells[0])}, not ${String(2 * rounds)}`);
  return '';
};

const reachFar: ChildProbe<string> = (_tools, hex) => {
  const bytes = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  if (!WebAssembly.validate(bytes)) throw new Error('V8 does not know 64-bit memories');
  const { store, load } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as unknown as {
    readonly store: (at: bigint, value: number) => void;
    readonly load: (at: bigint) => number;
  };
  const far = 0x1_0000_0010n;
  store(far, 42);
  if (load(far) !== 42 || load(0x10n) !== 0) throw new Error('an address above 4 GiB reaches another place');
  return 'more than 4 GiB';
};

function childProbe(name: string, title: string, remedy: string, program: ChildProbe<string>, hex: string): Probe {
  return {
    ...{ name, title },
    key: () => process.versions.v8,
    run() {
      const answer = askChild(program, hex);
      if ('reason' in answer) return { name, available: false, reason: answer.reason, remedy };
      return { name, available: true, ...(answer.detail === '' ? {} : { detail: answer.detail }) };
    },
  };
}

export const threadsProbe = childProbe(
  ...(['threads', 'threads and shared memory', 'run a Node that has Workers and SharedArrayBuffer'] as const),
  ...([countTogether, ADDER] as const),
);

export const memory64Probe = childProbe(
  ...(['memory64', '64-bit memory', 'Node 24 or later, and address space for more than 4 GiB'] as const),
  ...([reachFar, WIDE] as const),
);

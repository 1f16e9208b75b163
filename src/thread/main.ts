/** The thread that compiles: answers the requests that come in through a port, in their order, until it is closed. */
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { workerData, type MessagePort, type Transferable } from 'node:worker_threads';
import type * as service from '../api/compile-service.ts';
import type { BackgroundRequest } from '../engine/background-messages.ts';
import { NodeClock } from '../platform/node/clock.ts';
import { runBundle } from '../platform/node/run-bundle.ts';

/** What `platform/node/compile-thread.ts` gives: where messages come from, and what counts those that went back. */
interface ThreadData {
  readonly port: MessagePort;
  readonly replies: Int32Array;
}

// The guest goes first where there are not enough processors: for Linux a thread has a priority of its own, elsewhere the
// call would be for the whole process.
if (process.platform === 'linux') setPriority(0, 5);

const { port, replies } = workerData as ThreadData;
const bundle = fileURLToPath(new URL('../bundle/thread/compile-service.cjs', import.meta.url));
const { CompileService } = runBundle(bundle) as typeof service;
const clock = new NodeClock();
const compiler = new CompileService(() => clock.monotonic());

let queue = Promise.resolve();
port.on('message', (request: BackgroundRequest) => {
  queue = queue.then(() => answer(request));
});

async function answer(request: BackgroundRequest): Promise<void> {
  if (request.kind === 'compile') await compiler.load(request.guest);
  const reply = compiler.handle(request);
  if (reply === null) return;
  const transfer: Transferable[] = [];
  if (reply.result !== null) transfer.push(reply.result.batch.wasm.buffer as ArrayBuffer);
  port.postMessage(reply, transfer);
  Atomics.add(replies, 0, 1);
}

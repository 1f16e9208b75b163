/** The thread that compiles: answers the requests that come in through a port, in their order, until it is closed. */
import { fileURLToPath } from 'node:url';
import { workerData, type MessagePort, type TransferListItem } from 'node:worker_threads';
import type * as service from '../api/compile-service.ts';
import { runBundle } from '../platform/node/run-bundle.ts';

/** What `platform/node/compile-thread.ts` gives: where messages come from, and what counts those that went back. */
interface ThreadData {
  readonly port: MessagePort;
  readonly replies: Int32Array;
}

const { port, replies } = workerData as ThreadData;
const bundle = fileURLToPath(new URL('../bundle/thread/compile-service.cjs', import.meta.url));
const { createCompileServer } = runBundle(bundle) as typeof service;
const server = createCompileServer(() => process.hrtime.bigint());

port.on('message', (request: Parameters<typeof server.handle>[0]) => {
  const reply = server.handle(request);
  if (reply === null) return;
  const transfer: TransferListItem[] = [];
  if (reply.result !== null) transfer.push(reply.result.batch.wasm.buffer as ArrayBuffer);
  port.postMessage(reply, transfer);
  Atomics.add(replies, 0, 1);
});

/** A thread that runs guest code: does what comes in through a port, until it is ended from outside. */
import { fileURLToPath } from 'node:url';
import { receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import type * as service from '../api/guest-thread-service.ts';
import type { Command } from '../engine/parallel/protocol.ts';
import { nodeSleep } from '../platform/node/guest-thread.ts';
import { NodeClock } from '../platform/node/clock.ts';
import { nodeRandom } from '../platform/node/random.ts';
import { enableRelaxedSimd } from '../platform/node/relaxed-simd.ts';
import { runBundle } from '../platform/node/run-bundle.ts';

/** What `platform/node/guest-thread.ts` gives. */
interface ThreadData {
  readonly control: SharedArrayBuffer;
  readonly bell: SharedArrayBuffer;
  /** For messages both ways, and for waking the other side's event loop. */
  readonly port: MessagePort;
  readonly wake: MessagePort;
}

const { control, bell, port, wake } = workerData as ThreadData;
const bundle = fileURLToPath(new URL('../bundle/guest/guest-thread-service.cjs', import.meta.url));
const { GuestThreadService } = runBundle(bundle) as typeof service;
const clock = new NodeClock();
const words = new BigUint64Array(1);

const guests = new GuestThreadService(
  { control, bell },
  {
    receive: () => receiveMessageOnPort(port)?.message as Command | undefined,
    send: (message) => {
      port.postMessage(message);
    },
    wake: () => {
      wake.postMessage(null);
    },
    sleep: nodeSleep,
    clock: () => clock.monotonic(),
    random: () => {
      nodeRandom(new Uint8Array(words.buffer));
      return words[0] ?? 0n;
    },
    enableWasmFeatures: enableRelaxedSimd,
  },
);
await guests.run();

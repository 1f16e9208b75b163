/** One opener of `/dev/hospes-gpu`. Everything it says is checked here or by the device; nothing is trusted. */
import { AttemptsError, GpuError, messageOf } from '../../common/errors.ts';
import type { MessageSession } from '../../common/message-service.ts';
import type { Binding, DeviceInfo, GpuBuffer, GpuDevice, Kernel } from '../types.ts';
import {
  deviceRecord,
  LARGEST_PART,
  LONGEST_CODE,
  OPERATION,
  Refusal,
  refusal,
  reply,
  RequestReader,
  type ErrnoName,
} from './protocol.ts';
import type { GuestGpu } from './service.ts';

const NOTHING = new Uint8Array(0);
const MOST_BINDINGS = 8;
const MOST_PARAMETERS = 256;
/** Adapters found, by the code of the error, where there is more to say than EIO. */
const ERRNO_OF: Readonly<Record<string, ErrnoName>> = {
  'gpu-unavailable': 'ENODEV',
  'gpu-no-adapter': 'ENODEV',
  'gpu-compile': 'EBADMSG',
  'gpu-timeout': 'ETIMEDOUT',
  'gpu-out-of-memory': 'ENOMEM',
  'gpu-validation': 'EINVAL',
};

type Operation = (session: GuestSession, request: RequestReader) => Promise<Uint8Array> | Uint8Array;

export class GuestSession implements MessageSession {
  readonly service: GuestGpu;
  readonly buffers: Handles<GpuBuffer>;
  readonly kernels: Handles<Kernel>;
  #device: GpuDevice | undefined;
  #closed = false;

  constructor(service: GuestGpu) {
    this.service = service;
    this.buffers = new Handles('buffer', service.limits.objects);
    this.kernels = new Handles('kernel', service.limits.objects);
  }

  async answer(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    try {
      const request = new RequestReader(bytes);
      const operation = operations[request.operation];
      if (operation === undefined) throw new Refusal('EINVAL', `there is no operation ${String(request.operation)}`);
      return reply(await operation(this, request));
    } catch (error) {
      return refusal(refusalOf(error));
    } finally {
      // What was made after the opener had gone.
      if (this.#closed) this.#release();
    }
  }

  get device(): GpuDevice {
    if (this.#device === undefined) throw new Refusal('EINVAL', 'no device was opened');
    return this.#device;
  }

  /** What the device held before goes with it. */
  async open(info: DeviceInfo | undefined): Promise<void> {
    if (info === undefined) throw new Refusal('ENODEV', 'there is no such device');
    this.#release();
    this.#device = await this.service.gpu.device({ type: info.type, name: info.name });
  }

  async buffer(size: number): Promise<number> {
    const { device } = this;
    this.buffers.checkRoom();
    this.service.charge(size);
    try {
      return this.buffers.add(await device.buffer(size));
    } catch (error) {
      this.service.charge(-size);
      throw error;
    }
  }

  freeBuffer(handle: number): void {
    const buffer = this.buffers.remove(handle);
    this.service.charge(-buffer.size);
    buffer.destroy();
  }

  #release(): void {
    for (const handle of this.buffers.all()) this.freeBuffer(handle);
    for (const handle of this.kernels.all()) this.kernels.remove(handle);
    this.#device = undefined;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#release();
    this.service.released();
  }
}

/** Things that a guest knows by numbers from 1 on; a number is not used again. */
class Handles<T> {
  readonly #what: string;
  readonly #most: number;
  readonly #known = new Map<number, T>();
  #last = 0;

  constructor(what: string, most: number) {
    this.#what = what;
    this.#most = most;
  }

  checkRoom(): void {
    if (this.#known.size >= this.#most)
      throw new Refusal('ENOSPC', `there are ${String(this.#most)} ${this.#what}s already`);
  }

  add(thing: T): number {
    this.#known.set(++this.#last, thing);
    return this.#last;
  }

  get(handle: number): T {
    const thing = this.#known.get(handle);
    if (thing === undefined) throw new Refusal('EBADF', `there is no ${this.#what} ${String(handle)}`);
    return thing;
  }

  remove(handle: number): T {
    const thing = this.get(handle);
    this.#known.delete(handle);
    return thing;
  }

  all(): number[] {
    return [...this.#known.keys()];
  }
}

const operations: Readonly<Record<number, Operation>> = {
  [OPERATION.LIST]: async ({ service }, request) => {
    request.end();
    const records = (await service.gpu.devices()).map(recordOf);
    if (records.length === 0)
      throw new Refusal('ENODEV', 'there is no graphics device with a driver that WebGPU accepts');
    const list = new Uint8Array(records.length * 128);
    for (const [index, record] of records.entries()) list.set(record, index * 128);
    return list;
  },
  [OPERATION.OPEN]: async (session, request) => {
    const index = request.u32();
    request.end();
    await session.open((await session.service.gpu.devices())[index]);
    return NOTHING;
  },
  [OPERATION.BUFFER]: async (session, request) => {
    const size = request.u64();
    request.end();
    return word(await session.buffer(size));
  },
  [OPERATION.FREE_BUFFER]: (session, request) => {
    const handle = request.u32();
    request.end();
    session.freeBuffer(handle);
    return NOTHING;
  },
  [OPERATION.UPLOAD]: (session, request) => {
    const buffer = session.buffers.get(request.u32());
    const offset = request.u64();
    buffer.write(request.rest(), offset);
    return NOTHING;
  },
  [OPERATION.DOWNLOAD]: (session, request) => {
    const buffer = session.buffers.get(request.u32());
    const [offset, length] = [request.u64(), request.u64()];
    request.end();
    if (length > LARGEST_PART) throw new Refusal('EINVAL', `at most ${String(LARGEST_PART)} bytes are read at once`);
    return buffer.read(offset, length);
  },
  [OPERATION.KERNEL]: makeKernel,
  [OPERATION.FREE_KERNEL]: (session, request) => {
    const handle = request.u32();
    request.end();
    session.kernels.remove(handle);
    return NOTHING;
  },
  [OPERATION.LAUNCH]: launch,
};

async function makeKernel(session: GuestSession, request: RequestReader): Promise<Uint8Array> {
  const [bindingCount, parameterCount] = [request.u32(), request.u32()];
  if (bindingCount > MOST_BINDINGS || parameterCount > MOST_PARAMETERS)
    throw new Refusal(
      'EINVAL',
      `a kernel has at most ${String(MOST_BINDINGS)} buffers and ${String(MOST_PARAMETERS)} parameters`,
    );
  const bindings = request.words(bindingCount).map((written): Binding => {
    if (written > 1) throw new Refusal('EINVAL', 'a buffer is read (0) or written (1)');
    return { type: 'u32', access: written === 1 ? 'write' : 'read' };
  });
  const text = request.rest();
  if (text.length > LONGEST_CODE)
    throw new Refusal('EINVAL', `a kernel has at most ${String(LONGEST_CODE)} bytes of code`);
  session.kernels.checkRoom();
  const parameters = Object.fromEntries(
    Array.from({ length: parameterCount }, (_, index) => [`p${String(index)}`, 'u32'] as const),
  );
  const kernel: Kernel = {
    ...{ name: 'of the guest', code: new TextDecoder().decode(text), bindings },
    ...(parameterCount === 0 ? {} : { parameters }),
  };
  await session.device.compile(kernel);
  return word(session.kernels.add(kernel));
}

async function launch(session: GuestSession, request: RequestReader): Promise<Uint8Array> {
  const kernel = session.kernels.get(request.u32());
  const grid = request.words(3);
  const [timeout, bufferCount, parameterCount] = [request.u32(), request.u32(), request.u32()];
  const buffers = request.words(bufferCount).map((handle) => session.buffers.get(handle));
  const parameters = Object.fromEntries(
    request.words(parameterCount).map((value, index) => [`p${String(index)}`, value]),
  );
  request.end();
  const { timeout: longest } = session.service.limits;
  await session.device.run(kernel, {
    ...{ buffers, grid, parameters },
    timeout: timeout === 0 ? longest : Math.min(timeout, longest),
  });
  return NOTHING;
}

function recordOf({ type, name, limits, memory = 0 }: DeviceInfo): Uint8Array {
  return deviceRecord({
    software: type !== 'hardware',
    invocations: limits.maxComputeInvocationsPerWorkgroup,
    groups: limits.maxComputeWorkgroupsPerDimension,
    largestBuffer: Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize),
    ...{ memory, name },
  });
}

/** What the guest is told of an error. A bug of ours is not for it to see: EIO, and no more. */
function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  // The device's own checks of what was asked for.
  if (error instanceof RangeError || error instanceof TypeError) return new Refusal('EINVAL', messageOf(error));
  if (error instanceof GpuError) return new Refusal(ERRNO_OF[error.code] ?? 'EIO', error.message);
  return new Refusal('EIO', error instanceof AttemptsError ? error.message : 'the device fails');
}

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

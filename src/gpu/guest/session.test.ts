import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GpuError } from '../../common/errors.ts';
import type { MessageSession } from '../../common/message-service.ts';
import { Gpu } from '../gpu.ts';
import { nodeGpuHost } from '../node/index.ts';
import type { GpuHost } from '../types.ts';
import { ERRNO, LARGEST_PART, OPERATION } from './protocol.ts';
import { GUEST_LIMITS, GuestGpu } from './service.ts';

const none: GpuHost = {
  ...nodeGpuHost,
  source: () => Promise.reject(new GpuError('gpu-unavailable', 'no WebGPU in this test')),
};

/** Buffers work here, kernels do not compile: the processor runs functions, and guests have none. */
const service = (limits = GUEST_LIMITS): GuestGpu => new GuestGpu(new Gpu(none, { fallback: 'cpu' }), limits);

function request(operation: number, ...words: readonly number[]): Uint8Array<ArrayBuffer> {
  const all = Uint32Array.of(0, operation, ...words);
  all[0] = all.byteLength;
  return new Uint8Array(all.buffer);
}

interface Reply {
  readonly errno: number;
  readonly payload: Uint8Array;
  readonly text: string;
}

async function ask(session: MessageSession, bytes: Uint8Array<ArrayBuffer>): Promise<Reply> {
  const reply = await session.answer(bytes);
  const view = new DataView(reply.buffer, reply.byteOffset, reply.byteLength);
  expect(view.getUint32(0, true)).toBe(reply.length);
  const payload = reply.subarray(8);
  return { errno: view.getUint32(4, true), payload, text: new TextDecoder().decode(payload) };
}

async function opened(gpu: GuestGpu): Promise<MessageSession> {
  const session = gpu.open()!;
  expect((await ask(session, request(OPERATION.OPEN, 0))).errno).toBe(0);
  return session;
}

describe('a guest of the graphics device', () => {
  it('lists, opens, makes buffers, writes and reads them', async () => {
    const session = await opened(service());
    const { payload } = await ask(session, request(OPERATION.LIST));
    expect(payload).toHaveLength(128);
    expect(new TextDecoder().decode(payload.subarray(32, 127)).replace(/\0+$/, '')).toBe('TypeScript on the processor');
    expect([...(await ask(session, request(OPERATION.BUFFER, 16, 0))).payload]).toEqual([1, 0, 0, 0]);
    expect(await ask(session, request(OPERATION.UPLOAD, 1, 4, 0, 7, 8))).toMatchObject({ errno: 0, text: '' });
    expect([...(await ask(session, request(OPERATION.DOWNLOAD, 1, 0, 0, 16, 0))).payload]).toEqual([
      ...[0, 0, 0, 0, 7, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0],
    ]);
  });

  it('is told what is missing on the host', async () => {
    const session = new GuestGpu(new Gpu(none)).open()!;
    for (const message of [request(OPERATION.LIST), request(OPERATION.OPEN, 0)])
      expect(await ask(session, message)).toMatchObject({ errno: ERRNO.ENODEV, text: 'no WebGPU in this test' });
    expect(await ask(session, request(OPERATION.BUFFER, 16, 0))).toMatchObject({
      errno: ERRNO.EINVAL,
      text: 'no device was opened',
    });
  });

  it('gets numbers that are not used again, and only its own', async () => {
    const gpu = service();
    const [one, two] = [await opened(gpu), await opened(gpu)];
    await ask(one, request(OPERATION.BUFFER, 16, 0));
    expect((await ask(two, request(OPERATION.DOWNLOAD, 1, 0, 0, 16, 0))).errno).toBe(ERRNO.EBADF);
    expect((await ask(one, request(OPERATION.FREE_BUFFER, 1))).errno).toBe(0);
    expect([...(await ask(one, request(OPERATION.BUFFER, 16, 0))).payload]).toEqual([2, 0, 0, 0]);
    expect(gpu.counters()).toMatchObject({ launches: 0, fallbacks: 0 });
  });

  it('has limits together with all other openers', async () => {
    const gpu = service({ ...GUEST_LIMITS, memory: 100, sessions: 2, objects: 3 });
    const [one, two] = [await opened(gpu), await opened(gpu)];
    expect(gpu.open()).toBeNull();
    expect((await ask(one, request(OPERATION.BUFFER, 64, 0))).errno).toBe(0);
    expect(await ask(two, request(OPERATION.BUFFER, 40, 0))).toMatchObject({ errno: ERRNO.ENOMEM });
    for (let count = 0; count < 3; count++) expect((await ask(two, request(OPERATION.BUFFER, 4, 0))).errno).toBe(0);
    expect(await ask(two, request(OPERATION.BUFFER, 4, 0))).toMatchObject({ errno: ERRNO.ENOSPC });
    one.close();
    one.close();
    expect(gpu.memory).toBe(12);
    const three = gpu.open();
    expect(three).not.toBeNull();
    expect(gpu.open()).toBeNull();
  });

  it('loses what it made when it goes while it is made', async () => {
    const gpu = service();
    const session = await opened(gpu);
    const answer = session.answer(request(OPERATION.BUFFER, 64, 0));
    session.close();
    await answer;
    expect(gpu.memory).toBe(0);
  });

  it('reads no more at once than a part', async () => {
    const session = await opened(service());
    await ask(session, request(OPERATION.BUFFER, 2 * LARGEST_PART, 0));
    expect((await ask(session, request(OPERATION.DOWNLOAD, 1, 0, 0, LARGEST_PART, 0))).payload).toHaveLength(
      LARGEST_PART,
    );
    expect((await ask(session, request(OPERATION.DOWNLOAD, 1, 0, 0, LARGEST_PART + 4, 0))).errno).toBe(ERRNO.EINVAL);
    expect((await ask(session, request(OPERATION.DOWNLOAD, 1, 4, 2 ** 31, 4, 0))).errno).toBe(ERRNO.EINVAL);
  });

  it('may say anything: there is an answer, and nothing is left behind', async () => {
    const errors = new Set<number>([0, ...Object.values(ERRNO)]);
    const word = fc.oneof(
      fc.constantFrom(0, 1, 2, 4, 16, 0xffffffff, 0x80000000),
      fc.nat(300),
      fc.nat({ max: 0xffffffff }),
    );
    const message = fc.oneof(
      fc
        .tuple(fc.integer({ min: 0, max: 10 }), fc.array(word, { maxLength: 12 }))
        .map(([operation, words]) => request(operation, ...words)),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => new Uint8Array(bytes)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 30 }), async (messages) => {
        const gpu = service();
        const session = await opened(gpu);
        for (const each of messages) expect(errors).toContain((await ask(session, each)).errno);
        session.close();
        expect(gpu.memory).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});

it('agrees with the header for C', () => {
  const header = readFileSync(new URL('../../../guest-sdk/hospes_gpu.h', import.meta.url), 'utf8');
  const names = /enum hospes_gpu_operation \{(.*?)\}/s.exec(header)![1]!.matchAll(/HOSPES_GPU_(\w+)( = 1)?,/g);
  const found = Object.fromEntries([...names].map(([, name], index) => [name, index + 1]));
  expect(found).toEqual(OPERATION);
  expect(header).toContain(`#define HOSPES_GPU_PART (1u << ${Math.log2(LARGEST_PART)})`);
});

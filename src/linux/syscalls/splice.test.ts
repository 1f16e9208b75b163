import { expect, it } from 'vitest';
import { errno, scripted, type Script } from '../testing/scripted.ts';

const AT_FDCWD = -100;
const O_RDWR = 2;
const O_APPEND = 0o2000;
const NONBLOCK = 2;

async function run(body: (guest: ReturnType<typeof scripted>) => Script) {
  const guest = scripted({ files: { f: '0123456789' } });
  const exit = await guest.run(() => body(guest));
  expect(exit).toEqual({ kind: 'exit', code: 0 });
}

it('moves bytes between pipes and files', async () => {
  await run(function* ({ process: { memory }, scratch }) {
    const text = (length: number) => Buffer.from(memory.readBytes(scratch + 64, length)).toString();
    const file = yield ['openat', AT_FDCWD, 'f', O_RDWR, 0];
    expect(yield ['pipe2', scratch, 0]).toBe(0);
    const [reader, writer] = [memory.readU32(scratch), memory.readU32(scratch + 4)];
    expect(yield ['pipe2', scratch, 0]).toBe(0);
    const [reader2, writer2] = [memory.readU32(scratch), memory.readU32(scratch + 4)];
    memory.writeU64(scratch + 8, 3);
    expect(yield ['splice', file, scratch + 8, writer, 0, 4, 0]).toBe(4);
    expect(memory.readU64(scratch + 8)).toBe(7n);
    expect(yield ['splice', file, 0, writer, 0, 2, 0]).toBe(2);
    expect(yield ['lseek', file, 0, 1]).toBe(2);
    expect(yield ['tee', reader, writer2, 100, 0]).toBe(6);
    expect(yield ['splice', reader, 0, writer2, 0, 5, 0]).toBe(5);
    expect(yield ['read', reader, scratch + 64, 100]).toBe(1);
    expect(text(1)).toBe('1');
    expect(yield ['read', reader2, scratch + 64, 100]).toBe(11);
    expect(text(11)).toBe('34560134560');
    expect(yield ['write', writer, 'AB', 2]).toBe(2);
    memory.writeU64(scratch + 8, 8);
    expect(yield ['splice', reader, 0, file, scratch + 8, 100, 0]).toBe(2);
    expect(yield ['pread64', file, scratch + 64, 3, 7]).toBe(3);
    expect(text(3)).toBe('7AB');
    memory.writeBytes(scratch + 64, Buffer.from('gathered'));
    [scratch + 64, 3, scratch + 67, 5].forEach((word, index) => memory.writeU64(scratch + 16 + index * 8, word));
    expect(yield ['vmsplice', writer, scratch + 16, 2, 0]).toBe(8);
    memory.writeU64(scratch + 24, 8);
    memory.writeBytes(scratch + 64, new Uint8Array(8));
    expect(yield ['vmsplice', reader, scratch + 16, 1, 0]).toBe(8);
    expect(text(8)).toBe('gathered');
    expect(yield ['splice', reader, 0, writer2, 0, 5, NONBLOCK]).toBe(errno('EAGAIN'));
    expect(yield ['tee', reader, writer2, 5, NONBLOCK]).toBe(errno('EAGAIN'));
    expect(yield ['close', writer]).toBe(0);
    expect(yield ['splice', reader, 0, writer2, 0, 5, 0]).toBe(0);
  });
});

it('refuses what Linux refuses', async () => {
  await run(function* ({ process: { memory }, scratch }) {
    const file = yield ['openat', AT_FDCWD, 'f', O_RDWR, 0];
    const appending = yield ['openat', AT_FDCWD, 'f', O_RDWR | O_APPEND, 0];
    expect(yield ['pipe2', scratch, 0]).toBe(0);
    const [reader, writer] = [memory.readU32(scratch), memory.readU32(scratch + 4)];
    expect(yield ['write', writer, 'x', 1]).toBe(1);
    expect(yield ['splice', file, 0, file, 0, 1, 0]).toBe(errno('EINVAL'));
    expect(yield ['splice', reader, 0, writer, 0, 1, 0]).toBe(errno('EINVAL'));
    expect(yield ['splice', reader, 0, appending, 0, 1, 0]).toBe(errno('EINVAL'));
    expect(yield ['splice', reader, scratch, file, 0, 1, 0]).toBe(errno('ESPIPE'));
    expect(yield ['splice', writer, 0, file, 0, 1, 0]).toBe(errno('EBADF'));
    expect(yield ['splice', reader, 0, file, 0, 1, 16]).toBe(errno('EINVAL'));
    expect(yield ['tee', reader, file, 1, 0]).toBe(errno('EINVAL'));
    expect(yield ['vmsplice', file, scratch, 1, 0]).toBe(errno('EBADF'));
    expect(yield ['splice', 99, 0, file, 0, 1, 0]).toBe(errno('EBADF'));
    expect(yield ['close', reader]).toBe(0);
    expect(yield ['rt_sigaction', 13, 0, 0, 8]).toBe(0);
    expect(yield ['splice', file, 0, writer, 0, 0, 0]).toBe(0);
  });
});

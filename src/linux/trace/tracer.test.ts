import { expect, it } from 'vitest';
import { riscv64 } from '../abi/riscv64.ts';
import { scripted, type Script } from '../testing/scripted.ts';
import { signatures } from './signatures.ts';
import { RunEvents, type RunEvent } from './events.ts';
import { createTracer } from './tracer.ts';

async function trace(
  body: (guest: ReturnType<typeof scripted>) => Script,
  stdin: string | null = 'input',
): Promise<string[]> {
  const lines: string[] = [];
  const guest = scripted({ tracer: createTracer({ line: (text) => lines.push(text) }), files: { f: '' }, stdin });
  await guest.run(() => body(guest));
  return lines;
}

it('writes calls with their arguments and results', async () => {
  const lines = await trace(function* ({ scratch }) {
    yield ['openat', -100, '/case/f', 0o2000002, 0];
    yield ['openat', 5, '/none', 0, 0];
    yield ['openat', -100, 0, 0o101, 0o644];
    yield ['write', 1, 'say "hi"\n\x01', 10];
    yield ['read', 0, scratch, 100];
    yield ['read', 0, 8, 100];
    yield ['write', 1, 'x'.repeat(40), 40];
    yield ['mmap', 0, 4096, 3, 0x22, -1, 0];
    yield ['mmap', 0, 4096, 0, 0x1000022, -1, 0];
    yield ['clone', 0x10011, 0, 0, 0, 0];
    yield ['rt_sigaction', 11, 0, 0, 8];
    yield ['lookup_dcookie', 1, 2, -1, 0, 0, 0];
  });
  expect(lines).toEqual([
    'openat(AT_FDCWD, "/case/f", O_RDWR|O_CLOEXEC, 00) = 3',
    'openat(5, "/none", O_RDONLY, 00) = -1 ENOENT',
    'openat(AT_FDCWD, NULL, O_WRONLY|O_CREAT, 0644) = -1 EFAULT',
    'write(1, "say \\"hi\\"\\n\\x01", 10) = 10',
    'read(0, "input", 100) = 5',
    'read(0, 0x8, 100) = -1 EFAULT',
    `write(1, "${'x'.repeat(32)}"..., 40) = 40`,
    'mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x3b6ff000',
    'mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS|0x1000000, -1, 0) = 0x3b6fe000',
    'clone(0x10011, NULL, NULL, NULL, NULL) = -1 EINVAL',
    'rt_sigaction(SIGSEGV, NULL, NULL, 8) = 0',
    'lookup_dcookie(0x1, 0x2, 0xffffffffffffffff, 0, 0, 0) = -1 ENOSYS',
    'exit_group(0) = ?',
    '+++ exited with 0 +++',
  ]);
});

it('writes signals, interrupted calls and the end', async () => {
  const lines = await trace(function* (guest) {
    guest.vcpu.setX(2, guest.scratch + 0x8000);
    const action = guest.data(new Uint8Array(BigUint64Array.from([0x4000n, 0x10000000n, 0n]).buffer));
    yield ['rt_sigaction', 10, action, 0, 8];
    setTimeout(() => {
      guest.process.post({ signal: 10, code: 0, origin: { kind: 'kernel' } });
    }, 3);
    yield ['read', 0, guest.scratch, 1];
    yield ['kill', 2, 9];
  }, null);
  expect(lines.slice(1)).toEqual([
    'read(0, 0x20000000, 1) = ? ERESTARTSYS',
    '--- SIGUSR1 ---',
    'kill(2, SIGKILL) = 0',
    '+++ killed by SIGKILL +++',
  ]);
});

it('tells the same as events, and how long calls took', async () => {
  const seen: RunEvent[] = [];
  let now = 0n;
  const events = new RunEvents(
    () => now++,
    (event) => seen.push(event),
  );
  const guest = scripted({ tracer: createTracer({ events }), stdin: null });
  await guest.run(function* () {
    yield ['close', 77];
    setTimeout(() => {
      guest.process.post({ signal: 15, code: 0, origin: { kind: 'kernel' } });
    }, 3);
    yield ['read', 0, guest.scratch, 1];
  });
  const who = { pid: 2, tid: 2 };
  expect(seen).toEqual([
    { kind: 'process-start', parent: null, name: '', time: 1, ...who },
    { kind: 'syscall', name: 'close', args: '77', result: '-1 EBADF', time: 2, duration: 1, ...who },
    { kind: 'signal', signal: 'SIGTERM', action: 'terminate', time: 5, ...who },
    { kind: 'syscall', name: 'read', args: expect.stringMatching(/^0, 0x/), result: '?', time: 4, duration: 2, ...who },
    { kind: 'thread-exit', time: 7, ...who },
    { kind: 'process-exit', code: null, signal: 'SIGTERM', crash: null, time: 8, ...who },
  ]);
});

it('names strings of execve, cut off after eight', async () => {
  const lines = await trace(function* (guest) {
    const strings = Array.from({ length: 9 }, (_, index) => BigInt(guest.text(`a${index}`)));
    yield ['execve', '/none', guest.data(new Uint8Array(BigUint64Array.from([...strings, 0n]).buffer)), 0];
    yield ['execve', '/none', 8, 0];
  });
  expect(lines[0]).toBe('execve("/none", ["a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", ...], NULL) = -1 ENOENT');
  expect(lines[1]).toBe('execve("/none", 0x8, NULL) = -1 EFAULT');
});

it('has signatures only for calls that exist', () => {
  const names = new Set([...riscv64.syscalls.values(), 'renameat']);
  for (const name of signatures.keys()) expect(names, name).toContain(name);
});

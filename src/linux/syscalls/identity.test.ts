import { expect, it } from 'vitest';
import { errno, run } from '../testing/scripted.ts';

it('lets root take any id, and then none', async () => {
  await run({}, function* ({ process: { memory }, scratch }) {
    expect(yield ['setgroups', 2, new Uint8Array([5, 0, 0, 0, 6, 0, 0, 0])]).toBe(0);
    expect(yield ['getgroups', 0, 0]).toBe(2);
    expect(yield ['getgroups', 1, scratch]).toBe(errno('EINVAL'));
    expect(yield ['getgroups', 2, scratch]).toBe(2);
    expect(memory.readU32(scratch + 4)).toBe(6);
    expect(yield ['setregid', 7, 8]).toBe(0);
    expect(yield ['getresgid', scratch, scratch + 4, scratch + 8]).toBe(0);
    expect([0, 4, 8].map((offset) => memory.readU32(scratch + offset))).toEqual([7, 8, 8]);
    expect(yield ['setresuid', 1, 2, 3]).toBe(0);
    expect([yield ['getuid'], yield ['geteuid'], yield ['getgid'], yield ['getegid']]).toEqual([1, 2, 7, 8]);
    expect(yield ['setuid', 3]).toBe(0);
    expect(yield ['geteuid']).toBe(3);
    expect(yield ['setuid', 9]).toBe(errno('EPERM'));
    expect(yield ['setgid', 7]).toBe(0);
    expect(yield ['setresgid', -1, 99, -1]).toBe(errno('EPERM'));
    expect(yield ['setreuid', -1, 1]).toBe(0);
    expect(yield ['getresuid', scratch, scratch + 4, scratch + 8]).toBe(0);
    expect([0, 4, 8].map((offset) => memory.readU32(scratch + offset))).toEqual([1, 1, 3]);
    expect(yield ['setgroups', 0, 0]).toBe(errno('EPERM'));
    expect(yield ['getgroups', -1, 0]).toBe(errno('EINVAL'));
  });
});

it('names the machine', async () => {
  await run({}, function* ({ process: { memory }, scratch }) {
    expect(yield ['uname', scratch]).toBe(0);
    const field = (index: number): string => Buffer.from(memory.readCString(scratch + index * 65, 65)!).toString();
    expect([field(0), field(1), field(4), field(5)]).toEqual(['Linux', 'hospes', 'riscv64', '(none)']);
    expect(field(2)).toMatch(/^6\.\d+/);
    expect(yield ['sysinfo', scratch]).toBe(0);
    expect(memory.readPointer(scratch + 32)).toBeGreaterThan(memory.readPointer(scratch + 40));
    expect([memory.readU16(scratch + 80), memory.readU32(scratch + 104)]).toEqual([1, 1]);
  });
});

it('takes other names', async () => {
  await run({}, function* ({ process: { memory }, scratch }) {
    expect(yield ['sethostname', 'host\0rest', 9]).toBe(0);
    expect(yield ['setdomainname', 'example', 7]).toBe(0);
    expect(yield ['uname', scratch]).toBe(0);
    const field = (index: number): string => Buffer.from(memory.readCString(scratch + index * 65, 65)!).toString();
    expect([field(1), field(5)]).toEqual(['host', 'example']);
    expect(yield ['sethostname', scratch, 65]).toBe(errno('EINVAL'));
    expect(yield ['setresuid', 7, 7, 7]).toBe(0);
    expect(yield ['sethostname', 'x', 1]).toBe(errno('EPERM'));
  });
});

it('gives random bytes', async () => {
  await run({}, function* ({ process: { memory }, scratch }) {
    expect(yield ['getrandom', scratch, 10, 0]).toBe(10);
    expect([...memory.readBytes(scratch, 11)]).toEqual([...new Array<number>(10).fill(0x5a), 0]);
    expect(yield ['getrandom', scratch, 65536, 1]).toBe(65536);
    expect(yield ['getrandom', scratch, 1, 8]).toBe(errno('EINVAL'));
    expect(yield ['getrandom', scratch, 1, 6]).toBe(errno('EINVAL'));
    expect(yield ['getrandom', 16, 1, 0]).toBe(errno('EFAULT'));
  });
});

it('answers riscv_hwprobe and flushes code', async () => {
  await run({}, function* ({ process: { memory, space }, scratch, vcpu }) {
    [3, 99, 4, 99, 1234, 99].forEach((word, index) => {
      memory.writeU64(scratch + index * 8, word);
    });
    expect(yield ['riscv_hwprobe', scratch, 3, 0, 0, 0]).toBe(0);
    expect(memory.readU64(scratch + 8)).toBe(1n);
    expect(memory.readU64(scratch + 24)).toBe(0b111011n);
    expect([memory.readI64(scratch + 32), memory.readU64(scratch + 40)]).toEqual([-1n, 0n]);
    expect(yield ['riscv_hwprobe', scratch, 3, 0, 0, 1]).toBe(errno('EINVAL'));
    expect(yield ['riscv_hwprobe', scratch, 1, 8, new Uint8Array(8), 0]).toBe(errno('EINVAL'));
    expect(yield ['riscv_flush_icache', 0, 0, 0]).toBe(0);
    expect(vcpu.invalidated).toContainEqual([0, space.limit]);
    expect(yield ['riscv_flush_icache', 0, 0, 4]).toBe(errno('EINVAL'));
  });
});

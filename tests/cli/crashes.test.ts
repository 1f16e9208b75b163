/** How programs end that trap: exit status, and the one line that says why. */
import { spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { nodeVirtualization } from '../../src/platform/node/kvm-probe.ts';
import { fixture, hospes } from './hospes.ts';

const { virtualization, reason } = nodeVirtualization();
const runs = [
  { guest: 'riscv64', accel: 'wasm' },
  { guest: 'aarch64', accel: 'wasm' },
  { guest: 'x64', accel: 'wasm' },
  { guest: 'x64', accel: 'kvm' },
];
const all = ['riscv64', 'aarch64', 'x64'];
const cases = [
  {
    program: 'crash',
    name: 'illegal',
    guests: ['x64'],
    status: 132,
    line: 'SIGILL',
    why: 'illegal instruction 0x00000f0b',
  },
  {
    program: 'crash',
    name: 'illegal',
    guests: ['aarch64'],
    status: 132,
    line: 'SIGILL',
    why: 'illegal instruction 0xffffffff',
  },
  { program: 'crash', name: 'breakpoint', guests: all, status: 133, line: 'SIGTRAP', why: 'breakpoint' },
  {
    program: 'crash',
    name: 'stack-overflow',
    guests: all,
    status: 139,
    line: 'SIGSEGV',
    why: 'writing 0x[0-9a-f]+, which is not mapped',
  },
  {
    program: 'x64-traps',
    name: 'divide-by-zero',
    guests: ['x64'],
    status: 136,
    line: 'SIGFPE',
    why: 'integer division',
  },
  {
    program: 'x64-traps',
    name: 'divide-overflow',
    guests: ['x64'],
    status: 136,
    line: 'SIGFPE',
    why: 'integer division',
  },
  {
    program: 'x64-traps',
    name: 'float-trap',
    guests: ['x64'],
    status: 136,
    line: 'SIGFPE',
    why: 'floating-point exception',
  },
  {
    program: 'x64-traps',
    name: 'misaligned',
    guests: ['x64'],
    status: 139,
    line: 'SIGSEGV',
    why: 'general protection',
  },
];

describe.each(runs)(`$guest, $accel (kvm: ${reason ?? 'available'})`, ({ guest, accel }) => {
  const skip = accel === 'kvm' && virtualization === null;
  it.skipIf(skip).each(cases.filter(({ guests }) => guests.includes(guest)))(
    '$program $name ends with $status',
    async ({ program, name, status, line, why }) => {
      const outcome = await hospes(['run', '--accel', accel, fixture(program, guest), name]);
      expect(outcome).toMatchObject({ status, stdout: `${name}\n` });
      expect(outcome.stderr).toMatch(new RegExp(`^hospes: ${line} at 0x[0-9a-f]+ \\(.* in .*${program}\\): ${why}\n$`));
    },
  );
});

describe.runIf(process.platform === 'linux' && process.arch === 'x64')('the machine itself', () => {
  it.each(cases.filter(({ guests }) => guests.includes('x64')))('$program $name', ({ program, name, status }) => {
    const { signal } = spawnSync(fixture(program, 'x64'), [name]);
    expect(128 + constants.signals[signal!]).toBe(status);
  });
});

/** `--accel`, from the outside. */
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeVirtualization } from '../../src/platform/node/kvm-probe.ts';
import { fixture, hospes } from './hospes.ts';

const { virtualization, reason } = nodeVirtualization();

interface Figures {
  readonly accelerator: Readonly<Record<string, number>> & { readonly name: string };
  readonly instructions: number;
  readonly syscalls: number;
}

it('is refused in one line where it does not fit the program', async () => {
  expect(await hospes(['run', '--accel', 'kvm', fixture('hello')])).toEqual({
    status: 125,
    stdout: '',
    stderr: 'hospes: accelerator kvm runs x86-64 programs, and the program is for riscv64\n',
  });
  const { status, stderr } = await hospes(['run', '--accel', 'tcg', fixture('hello')]);
  expect(status).toBe(125);
  expect(stderr).toMatch(/^hospes: .*--accel.*tcg.*\n$/);
});

it('leaves it to the loader to say what is wrong with a program', async () => {
  const place = ['--root', dirname(fixture('hello')), '/nowhere'];
  const missing = await hospes(['run', '--accel', 'kvm', ...place]);
  expect(missing).toEqual(await hospes(['run', '--accel', 'wasm', ...place]));
  expect(missing.status).toBe(127);
});

it('is wasm for what KVM does not run', async () => {
  const { status, stderr } = await hospes(['run', '--stats=json', fixture('hello')]);
  expect(status).toBe(0);
  expect((JSON.parse(stderr) as Figures).accelerator).toEqual({ name: 'wasm' });
});

describe.skipIf(virtualization !== null)('without KVM', () => {
  it('says why there is none', async () => {
    const { status, stderr } = await hospes(['run', '--accel', 'kvm', fixture('hello', 'x64')]);
    expect({ status, stderr }).toEqual({
      status: 125,
      stderr: `hospes: accelerator kvm is not available: ${reason!}\n`,
    });
  });
});

describe.skipIf(virtualization === null)(`with KVM${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  it.each(['auto', 'kvm'])('%s runs x64 programs on the processor', async (accel) => {
    const args = ['run', '--accel', accel, '--stats=json', fixture('hello', 'x64')];
    const { status, stdout, stderr } = await hospes(args);
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'Hello from the guest!\n' });
    const { accelerator, syscalls } = JSON.parse(stderr) as Figures;
    expect(accelerator).toMatchObject({ name: 'kvm', syscalls, machines: 1 });
    const { runs, pageFaults, exceptions, interruptions, surrenders } = accelerator;
    expect(syscalls + pageFaults! + exceptions! + interruptions! + surrenders!).toBe(runs);
  });

  it('ends an endless loop in time', async () => {
    const before = performance.now();
    const { status, stderr } = await hospes(['run', '--accel', 'kvm', '--timeout', '300ms', fixture('loop', 'x64')]);
    expect(status).toBe(124);
    expect(stderr).toMatch(/limit of 300 ms/);
    expect(performance.now() - before).toBeLessThan(20_000);
  });

  it('hands on signals to an endless loop', async () => {
    const { status } = await hospes(['run', '--accel', 'kvm', fixture('loop', 'x64')], {
      onOutput: (child) => child.kill('SIGTERM'),
    });
    expect(status).toBe(128 + 15);
  });

  it('names the place of a crash', async () => {
    const { status, stderr } = await hospes(['run', '--accel', 'kvm', fixture('crash', 'x64'), 'null-read']);
    expect(status).toBe(128 + 11);
    expect(stderr).toMatch(/^hospes: SIGSEGV at 0x[0-9a-f]+ .*0x0/);
  });
});

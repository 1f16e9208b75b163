import { describe, expect, it } from 'vitest';
import { ConfigurationError, UnsupportedError } from '../common/errors.ts';
import type { Virtualization } from '../platform/types.ts';
import { testPlatform } from '../linux/testing/run-program.ts';
import { chooseAccelerator } from './accelerator.ts';
import type { ProgramOptions } from './types.ts';

const kvm: Virtualization = {
  supportedCpuid: new Uint8Array(),
  virtualizesCpuid: true,
  createMachine: () => {
    throw new Error('nothing is run here');
  },
};
const { platform } = testPlatform();
const having = { ...platform, virtualization: () => ({ virtualization: kvm, reason: null }) };
const lacking = { ...platform, virtualization: () => ({ virtualization: null, reason: 'there is no /dev/kvm' }) };

describe('the accelerator', () => {
  it('is KVM for x64 where it is there', () => {
    for (const options of [{}, { accel: 'auto' }, { accel: 'kvm' }] as const)
      expect(chooseAccelerator(having, options, 'x64')).not.toBeNull();
  });

  it('is the translator where that is asked for, or all there is', () => {
    expect(chooseAccelerator(having, { accel: 'wasm' }, 'x64')).toBeNull();
    expect(chooseAccelerator(lacking, {}, 'x64')).toBeNull();
    expect(chooseAccelerator(platform, {}, 'x64')).toBeNull();
  });

  it('is refused in one sentence where it is not there', () => {
    expect(() => chooseAccelerator(lacking, { accel: 'kvm' }, 'x64')).toThrow(
      new UnsupportedError('kvm', 'accelerator kvm is not available: there is no /dev/kvm'),
    );
    expect(() => chooseAccelerator(platform, { accel: 'kvm' }, 'x64')).toThrow(/this platform has none/);
  });

  const conflicts: readonly (readonly [ProgramOptions, 'x64' | 'riscv64', RegExp])[] = [
    [{}, 'riscv64', /runs x86-64 programs, and the program is for riscv64/],
    [{ limits: { instructions: 5 } }, 'x64', /cannot count instructions/],
    [{ tier: 0 }, 'x64', /tier 0/],
    [{ memoryModel: 'range' }, 'x64', /memory model range/],
  ];
  it.each(conflicts)('leaves %o of %s to the translator', (options, guest, message) => {
    expect(chooseAccelerator(having, options, guest)).toBeNull();
    const asking = (): unknown => chooseAccelerator(having, { ...options, accel: 'kvm' }, guest);
    expect(asking).toThrow(ConfigurationError);
    expect(asking).toThrow(message);
  });
});

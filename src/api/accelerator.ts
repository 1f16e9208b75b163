/** Chooses what runs guest code: the host's own processor where it can and may, else the translator. */
import { KvmAccelerator } from '../accel/kvm/index.ts';
import { ConfigurationError, UnsupportedError } from '../common/errors.ts';
import type { Guest } from '../guest/guest.ts';
import type { Platform } from '../platform/types.ts';
import type { ProgramOptions } from './types.ts';

/** Null for the translator. Throws where `kvm` is asked for and cannot be had. */
export function chooseAccelerator(
  platform: Platform,
  request: ProgramOptions,
  guest: Guest['name'],
): KvmAccelerator | null {
  const { accel = 'auto', cpu = 'v3' } = request;
  if (accel === 'wasm') return null;
  const conflict = conflictOf(request, guest);
  if (conflict !== null) {
    if (accel === 'auto') return null;
    throw new ConfigurationError('bad-option', `accelerator kvm ${conflict}`);
  }
  const { virtualization, reason } = platform.virtualization?.() ?? { virtualization: null, reason: null };
  if (virtualization !== null) return new KvmAccelerator(virtualization, { cpu });
  if (accel === 'auto') return null;
  throw new UnsupportedError('kvm', `accelerator kvm is not available: ${reason ?? 'this platform has none'}`);
}

/** What else is asked for that a host's processor does not do. */
function conflictOf({ limits, tier, memoryModel, parallel }: ProgramOptions, guest: Guest['name']): string | null {
  if (guest !== 'x64') return `runs x86-64 programs, and the program is for ${guest}`;
  if (limits?.instructions !== undefined) return 'cannot count instructions, for which there is a limit';
  if (parallel === true) return 'and parallel exclude each other: KVM runs threads in turns';
  if (tier === 0) return 'and tier 0 exclude each other';
  if (memoryModel !== undefined && memoryModel !== 'auto')
    return `and memory model ${memoryModel} exclude each other: the processor checks all accesses`;
  return null;
}

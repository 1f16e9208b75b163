/**
 * Whether KVM can run guest code here: a guest of a few instructions runs in a child process, so that whatever goes wrong with
 * it is an answer, which is kept.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { capabilityOf, type Capability, type Probe } from '../../common/capability.ts';
import type { Virtualization } from '../types.ts';
import { openKvm } from './kvm.ts';
import { probeKvmIn } from './kvm-probe-program.ts';
import { askChild, firstLine } from './probes/child.ts';
import { KOFFI_REMEDY } from './probes/koffi.ts';
import { findPackage } from './probes/packages.ts';
import { probeFiles } from './probes/store.ts';

const DEVICE = '/dev/kvm';
const SEES_HOST = "user code sees the host's CPUID, so its pages are searched";

const missing = (reason: string, remedy: string): Capability => ({ name: 'kvm', available: false, reason, remedy });

/** Tries it out, every time. */
export function probeKvm(): Capability {
  const koffi = findPackage('koffi');
  const inTheWay = obstacle();
  if (inTheWay !== null) return inTheWay;
  if ('reason' in koffi) return missing(koffi.reason, KOFFI_REMEDY);
  const answer = askChild(probeKvmIn, koffi.path);
  if ('reason' in answer)
    return missing(
      `the probe failed: ${answer.reason}`,
      'use --accel wasm; an x86-64 kernel with a working KVM is needed',
    );
  const [nanoseconds, cpuid] = answer.detail.split(' ');
  const cost = `a system call of a guest takes ${(Number(nanoseconds) / 1000).toFixed(1)} us`;
  return { name: 'kvm', available: true, detail: cpuid === 'virtual' ? cost : `${cost}; ${SEES_HOST}` };
}

export const kvmProbe: Probe = {
  name: 'kvm',
  title: 'KVM',
  key() {
    const stat = statSync(DEVICE, { throwIfNoEntry: false });
    const device = stat && [stat.mode, stat.uid, stat.gid];
    return JSON.stringify([device, process.getuid?.(), process.getgroups?.(), findPackage('koffi')]);
  },
  run: probeKvm,
};

/** What can be seen without running anything. */
function obstacle(): Capability | null {
  if (process.platform !== 'linux') return missing(`KVM is Linux's, and this is ${process.platform}`, 'run on Linux');
  if (process.arch !== 'x64')
    return missing(`KVM runs x86-64 guests on x86-64 hosts, and this is ${process.arch}`, 'run on an x86-64 machine');
  if (statSync(DEVICE, { throwIfNoEntry: false }) === undefined)
    return missing(
      `there is no ${DEVICE}`,
      'load the kernel module kvm_intel or kvm_amd, or give the container the device',
    );
  try {
    accessSync(DEVICE, constants.R_OK | constants.W_OK);
  } catch {
    return missing(`${DEVICE} may not be opened by this user`, 'add the user to the group kvm');
  }
  return null;
}

type Outcome =
  | { readonly virtualization: Virtualization; readonly reason: null }
  | { readonly virtualization: null; readonly reason: string };

let outcome: Outcome | undefined;

/** KVM, or why it cannot be used. Found out at the first call. */
export function nodeVirtualization(): Outcome {
  outcome ??= findOut();
  return outcome;
}

function findOut(): Outcome {
  const { available, detail = '', reason = '' } = capabilityOf(kvmProbe, probeFiles());
  if (!available) return { virtualization: null, reason };
  try {
    return { virtualization: openKvm(!detail.includes(SEES_HOST)), reason: null };
  } catch (error) {
    return { virtualization: null, reason: firstLine(error) };
  }
}

/**
 * Whether KVM can run guest code here: a guest of a few instructions runs in a child process, so that whatever goes wrong with
 * it is an answer. The answer is kept in the user's cache folder for each version of Node and of the kernel.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { release } from 'node:os';
import type { Virtualization } from '../types.ts';
import { askChild, firstLine, keptAnswer } from './child-probe.ts';
import { loadKoffi } from './koffi.ts';
import { openKvm } from './kvm.ts';
import { probeKvm as probeProgram } from './kvm-probe-program.ts';

const DEVICE = '/dev/kvm';

export interface KvmProbe {
  readonly name: 'kvm';
  readonly available: boolean;
  /** What was measured, where it is available. */
  readonly detail?: string;
  /** Why it is not, and what to do about that. */
  readonly reason?: string;
  readonly remedy?: string;
}

const missing = (reason: string, remedy: string): KvmProbe => ({ name: 'kvm', available: false, reason, remedy });

/** Tries it out, every time. */
export function probeKvm(): KvmProbe {
  return obstacle() ?? probeFrom(askChild(probeProgram));
}

const answerForm = /^works (\d+) (virtual|native)$/;

function probeFrom(answer: string): KvmProbe {
  const [, nanoseconds, cpuid] = answerForm.exec(answer) ?? [];
  if (nanoseconds === undefined)
    return missing(`the probe failed: ${answer}`, 'use --accel wasm; an x86-64 kernel with a working KVM is needed');
  const microseconds = (Number(nanoseconds) / 1000).toFixed(1);
  const detail = `a system call of a guest takes ${microseconds} us`;
  return {
    name: 'kvm',
    available: true,
    detail: cpuid === 'virtual' ? detail : `${detail}; user code sees the host's CPUID, so its pages are searched`,
  };
}

/** What can be seen without running anything. */
function obstacle(): KvmProbe | null {
  if (process.platform !== 'linux') return missing(`KVM is Linux's, and this is ${process.platform}`, 'run on Linux');
  if (process.arch !== 'x64')
    return missing(`KVM runs x86-64 guests on x86-64 hosts, and this is ${process.arch}`, 'run on an x86-64 machine');
  if (!existsSync(DEVICE))
    return missing(
      `there is no ${DEVICE}`,
      'load the kernel module kvm_intel or kvm_amd, or give the container the device',
    );
  try {
    accessSync(DEVICE, constants.R_OK | constants.W_OK);
  } catch {
    return missing(`${DEVICE} may not be opened by this user`, 'add the user to the group kvm');
  }
  try {
    loadKoffi();
  } catch (error) {
    return missing(`the package koffi cannot be used: ${firstLine(String(error))}`, 'npm install koffi');
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
  const inTheWay = obstacle();
  if (inTheWay !== null) return { virtualization: null, reason: inTheWay.reason ?? '' };
  const answer = knownAnswer();
  const { available, reason = '' } = probeFrom(answer);
  if (!available) return { virtualization: null, reason };
  try {
    return { virtualization: openKvm(answer.endsWith('virtual')), reason: null };
  } catch (error) {
    return { virtualization: null, reason: firstLine(error instanceof Error ? error.message : String(error)) };
  }
}

/** What is in the way may go, so only success is kept. */
function knownAnswer(): string {
  return keptAnswer(
    `kvm-2-${process.version}-${release()}`,
    () => askChild(probeProgram),
    (answer) => probeFrom(answer).available,
  );
}

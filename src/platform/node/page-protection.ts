/**
 * Page protection by mprotect(2), through the optional dependency koffi. V8 turns a fault in WebAssembly code into a trap
 * where it relies on guard pages; whether it does is tried out in a child process, which may die of it, once for each
 * version of Node and of Hospes, and kept in the user's cache folder.
 */
import { capabilityOf, type Probe } from '../../common/capability.ts';
import type { PageAccess, PageProtection } from '../types.ts';
import { loadKoffi, type Koffi } from './koffi.ts';
import { askChild, firstLine } from './probes/child.ts';
import { KOFFI_REMEDY } from './probes/koffi.ts';
import { findPackage } from './probes/packages.ts';
import { probePageProtection } from './probes/page-protection-probe.ts';
import { probeFiles } from './probes/store.ts';

/** PROT_READ and PROT_WRITE have these values on Linux and macOS alike. */
const FLAGS: Readonly<Record<PageAccess, number>> = { none: 0, read: 1, write: 3 };

type Outcome =
  | { readonly protection: PageProtection; readonly reason: null }
  | { readonly protection: null; readonly reason: string };

let outcome: Outcome | undefined;

/** How the host's page protection can be used, or why it cannot. Found out at the first call. */
export function nodePageProtection(): Outcome {
  outcome ??= findOut();
  return outcome;
}

function isKnownPlatform(): boolean {
  return process.platform === 'linux' || process.platform === 'darwin';
}

function findOut(): Outcome {
  if (!isKnownPlatform()) return { protection: null, reason: `not known to work on ${process.platform}` };
  try {
    const koffi = loadKoffi();
    const { available, reason = '' } = capabilityOf(pageProtectionProbe, probeFiles());
    return available
      ? { protection: new Mprotect(koffi), reason: null }
      : { protection: null, reason: `the probe failed: ${reason}` };
  } catch (error) {
    return {
      protection: null,
      reason: `the package koffi cannot be used: ${firstLine(error)}`,
    };
  }
}

class Mprotect implements PageProtection {
  readonly pageSize: number;
  readonly #mprotect: (...args: readonly unknown[]) => number;

  constructor(koffi: Koffi) {
    const library = koffi.load(null);
    this.#mprotect = library.func('int mprotect(void *address, size_t length, int flags)') as (
      ...args: readonly unknown[]
    ) => number;
    this.pageSize = Number(library.func('int getpagesize()')());
  }

  protect(bytes: Uint8Array, start: number, end: number, access: PageAccess): boolean {
    return this.#mprotect(bytes.subarray(start, end), end - start, FLAGS[access]) === 0;
  }
}

/** Whether WebAssembly code traps at protected pages on this machine. */
export const pageProtectionProbe: Probe = {
  name: 'page-protection',
  title: "host's page protection",
  key: () => JSON.stringify(findPackage('koffi')),
  run() {
    const name = 'page-protection';
    if (!isKnownPlatform())
      return { name, available: false, reason: `not known to work on ${process.platform}`, remedy: 'Linux or macOS' };
    const koffi = findPackage('koffi');
    if ('reason' in koffi) return { name, available: false, reason: koffi.reason, remedy: KOFFI_REMEDY };
    const answer = askChild(probePageProtection, koffi.path);
    return 'detail' in answer ? { name, available: true } : { name, available: false, reason: answer.reason };
  },
};

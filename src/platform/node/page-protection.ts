/**
 * Page protection by mprotect(2), through the optional dependency koffi. V8 turns a fault in WebAssembly code into a trap
 * where it relies on guard pages; whether it does is tried out in a child process, which may die of it, once for each
 * version of Node, and kept in the user's cache folder.
 */
import type { PageAccess, PageProtection } from '../types.ts';
import { askChild, firstLine, keptAnswer } from './child-probe.ts';
import { loadKoffi, type Koffi } from './koffi.ts';
import { probePageProtection } from './page-protection-probe.ts';

/** PROT_READ and PROT_WRITE have these values on Linux and macOS alike. */
const FLAGS: Readonly<Record<PageAccess, number>> = { none: 0, read: 1, write: 3 };
const WORKS = 'works';

type Outcome =
  | { readonly protection: PageProtection; readonly reason: null }
  | { readonly protection: null; readonly reason: string };

let outcome: Outcome | undefined;

/** How the host's page protection can be used, or why it cannot. Found out at the first call. */
export function nodePageProtection(): Outcome {
  outcome ??= findOut();
  return outcome;
}

function findOut(): Outcome {
  if (process.platform !== 'linux' && process.platform !== 'darwin')
    return { protection: null, reason: `not known to work on ${process.platform}` };
  try {
    const koffi = loadKoffi();
    const answer = knownAnswer();
    return answer === WORKS
      ? { protection: new Mprotect(koffi), reason: null }
      : { protection: null, reason: `the probe failed: ${answer}` };
  } catch (error) {
    return {
      protection: null,
      reason: `the package koffi cannot be used: ${firstLine(error instanceof Error ? error.message : String(error))}`,
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

function knownAnswer(): string {
  const name = `page-protection-1-${process.version}-${process.platform}-${process.arch}`;
  return keptAnswer(
    name,
    () => askChild(probePageProtection),
    () => true,
  );
}

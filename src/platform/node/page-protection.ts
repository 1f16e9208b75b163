/**
 * Page protection by mprotect(2), through the optional dependency koffi. V8 turns a fault in WebAssembly code into a trap
 * where it relies on guard pages; whether it does is tried out in a child process, which may die of it, once for each
 * version of Node, and kept in the user's cache folder.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { PageAccess, PageProtection } from '../types.ts';
import { koffiFile, loadKoffi, type Koffi } from './koffi.ts';
import { probePageProtection } from './page-protection-probe.ts';

/** PROT_READ and PROT_WRITE have these values on Linux and macOS alike. */
const FLAGS: Readonly<Record<PageAccess, number>> = { none: 0, read: 1, write: 3 };
const PROBE_TIMEOUT_MS = 20_000;
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
    const answer = keptAnswer();
    return answer === WORKS
      ? { protection: new Mprotect(koffi), reason: null }
      : { protection: null, reason: `the probe failed: ${answer}` };
  } catch (error) {
    return { protection: null, reason: `the package koffi cannot be used: ${firstLine(error)}` };
  }
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n')[0] ?? '';
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

/** What the probe said, from an earlier process where it is known. */
function keptAnswer(): string {
  const folder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'hospes');
  const file = join(folder, `page-protection-1-${process.version}-${process.platform}-${process.arch}`);
  try {
    return readFileSync(file, 'utf8');
  } catch {
    const answer = askProbe();
    keep(folder, file, answer);
    return answer;
  }
}

/** Keeps an answer; where that is not possible it is asked for again next time. */
function keep(folder: string, file: string, answer: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, answer);
  } catch {
    // A read-only home only costs the time of a probe.
  }
}

function askProbe(): string {
  const koffi = JSON.stringify(koffiFile());
  const program = `(${probePageProtection.toString()})(require(${koffi}), process.stdout)`;
  const child = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8', timeout: PROBE_TIMEOUT_MS });
  if (child.error !== undefined) return child.error.message;
  if (child.signal !== null) return `it ended with ${child.signal}`;
  return child.status === 0 ? child.stdout : firstLine(child.stderr.trim());
}

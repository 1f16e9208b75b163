/**
 * Compiled code from one run to the next, as files in the user's cache folder: one file a program, replaced as a whole, the
 * ones used longest ago removed when they take too much room. Many processes may use it at once.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CodeStore } from '../types.ts';

/** Bytes of all files at most. */
const DEFAULT_LIMIT = 256 << 20;
const DIGEST_SIZE = 32;
const SUFFIX = '.code';

const versionFile = fileURLToPath(new URL('../../host/interpreter/translator-version.txt', import.meta.url));

/** What compiled code depends on in this package, as the build wrote it down; null where there is no build. */
export function translatorVersion(): string | null {
  return existsSync(versionFile) ? readFileSync(versionFile, 'utf8') : null;
}

/** Where code is kept unless told otherwise. */
export function codeFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'hospes', 'code');
}

/** For `startProgram`: compiled code is kept where the package was built. */
export function keptCode(): { readonly code?: { readonly store: CodeStore; readonly version: string } } {
  const version = translatorVersion();
  return version === null ? {} : { code: { store: new CodeFiles(), version } };
}

export class CodeFiles implements CodeStore {
  readonly #folder: string;
  readonly #limit: number;

  /** `limit`: bytes of all files together at most. */
  constructor(folder = codeFolder(), limit = DEFAULT_LIMIT) {
    this.#folder = folder;
    this.#limit = limit;
  }

  read(key: string): Uint8Array | null {
    const path = this.#path(key);
    try {
      const file = readFileSync(path);
      const bytes = file.subarray(DIGEST_SIZE);
      if (!digest(bytes).equals(file.subarray(0, DIGEST_SIZE))) {
        rmSync(path, { force: true });
        return null;
      }
      // What was used last stays longest.
      const now = new Date();
      utimesSync(path, now, now);
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    } catch {
      return null;
    }
  }

  write(key: string, bytes: Uint8Array): void {
    const path = this.#path(key);
    const temporary = `${path}-${String(process.pid)}-${randomBytes(4).toString('hex')}`;
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      writeFileSync(temporary, Buffer.concat([digest(bytes), bytes]), { mode: 0o600 });
      renameSync(temporary, path);
      this.#trim();
    } catch {
      // A full or read-only disk costs the speed.
      remove(temporary);
    }
  }

  /** Removes files until the rest fits. */
  #trim(): void {
    const files = readdirSync(this.#folder).flatMap((name) => {
      const path = join(this.#folder, name);
      const stat = statSync(path, { throwIfNoEntry: false });
      return stat === undefined ? [] : [{ path, size: stat.size, used: stat.mtimeMs }];
    });
    files.sort((a, b) => b.used - a.used);
    let total = 0;
    for (const { path, size } of files) {
      total += size;
      if (total > this.#limit) rmSync(path, { force: true });
    }
  }

  #path(key: string): string {
    return join(this.#folder, createHash('sha256').update(key).digest('hex') + SUFFIX);
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // There is nothing to remove where nothing can be.
  }
}

function digest(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/**
 * Compiled code from one run to the next, as files in the user's cache folder: one file a key, replaced as a whole, the
 * ones used longest ago removed when they take too much room. Many processes may use it at once, and end at any moment.
 *
 * A file is the SHA-256 of all that follows, the length of its key (u32), the key, and what is kept under it. Its name is the
 * SHA-256 of the key.
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
  type Stats,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigurationError } from '../../common/errors.ts';
import type { CodeStore } from '../types.ts';

/** Bytes of all files at most. */
const DEFAULT_LIMIT = 256 << 20;
const DIGEST_SIZE = 32;
const LENGTH_SIZE = 4;
const NAME = /^[0-9a-f]{64}\.code$/;
/** Milliseconds after which a file that was never finished belongs to a writer that is gone. */
const UNFINISHED = 600_000;

const versionFile = fileURLToPath(new URL('../../host/interpreter/translator-version.txt', import.meta.url));

/** What compiled code depends on in this package, as the build wrote it down; null where there is no build. */
export function translatorVersion(): string | null {
  return existsSync(versionFile) ? readFileSync(versionFile, 'utf8') : null;
}

/** Where code is kept unless told otherwise. */
export function codeFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'hospes', 'code');
}

/** What a file of one entry holds. */
export interface CodeBundle {
  readonly key: string;
  readonly bytes: Uint8Array;
}

/** Reads a bundle. Throws `ConfigurationError` for what is none, or damaged. */
export function openBundle(path: string): CodeBundle {
  let content: CodeFileContent;
  try {
    content = unframe(readFileSync(path), null);
  } catch (cause) {
    throw new ConfigurationError('bad-option', `${path} cannot be read (${errorCode(cause)})`, { cause });
  }
  if (content.key === null)
    throw new ConfigurationError('bad-option', `${path} is no bundle of code: it ${content.problem}`);
  return content;
}

/** Writes a bundle, so that whoever reads it meanwhile gets the one before or all of it. */
export function writeBundle(path: string, { key, bytes }: CodeBundle): void {
  const temporary = `${path}-${String(process.pid)}-${randomBytes(4).toString('hex')}`;
  try {
    writeFileSync(temporary, frame(key, bytes));
    renameSync(temporary, path);
  } catch (cause) {
    remove(temporary);
    throw new ConfigurationError('bad-option', `${path} cannot be written (${errorCode(cause)})`, { cause });
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

/** For `startProgram`: compiled code is kept where the package was built. */
export function keptCode(): { readonly code?: { readonly store: CodeStore; readonly version: string } } {
  const version = translatorVersion();
  return version === null ? {} : { code: { store: new CodeFiles(), version } };
}

/** A file of the folder, without its content. */
export interface CodeFile {
  readonly name: string;
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly used: number;
  /** False for what a writer began and has not renamed, perhaps because it was killed. */
  readonly isFinished: boolean;
}

/** What a file holds, or what is wrong with it. */
export type CodeFileContent =
  | { readonly key: string; readonly bytes: Uint8Array; readonly problem: null }
  | { readonly key: null; readonly bytes: null; readonly problem: string };

export class CodeFiles implements CodeStore {
  readonly folder: string;
  /** Bytes of all files together at most. */
  readonly limit: number;

  constructor(folder = codeFolder(), limit = DEFAULT_LIMIT) {
    this.folder = folder;
    this.limit = limit;
  }

  read(key: string): Uint8Array | null {
    const path = this.#path(key);
    try {
      const { bytes } = unframe(readFileSync(path), nameOf(key));
      if (bytes === null) {
        rmSync(path, { force: true });
        return null;
      }
      // What was used last stays longest.
      const now = new Date();
      utimesSync(path, now, now);
      return bytes;
    } catch {
      return null;
    }
  }

  write(key: string, bytes: Uint8Array): void {
    const path = this.#path(key);
    const temporary = `${path}-${String(process.pid)}-${randomBytes(4).toString('hex')}`;
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      writeFileSync(temporary, frame(key, bytes), { mode: 0o600 });
      renameSync(temporary, path);
      this.#trim();
    } catch {
      // A full or read-only disk costs the speed.
      remove(temporary);
    }
  }

  /** What is in the folder, used last first; nothing where it cannot be read. */
  list(): CodeFile[] {
    const files = namesIn(this.folder).flatMap((name) => {
      const path = join(this.folder, name);
      const stat = statOf(path);
      if (stat?.isFile() !== true) return [];
      return [{ name, path, size: stat.size, used: stat.mtimeMs, isFinished: NAME.test(name) }];
    });
    return files.sort((a, b) => b.used - a.used);
  }

  /** Reads a file whatever its state, and changes nothing, not even when it was used last. */
  content({ path, name }: CodeFile): CodeFileContent {
    try {
      return unframe(readFileSync(path), name);
    } catch (error) {
      return problem(`cannot be read (${errorCode(error)})`);
    }
  }

  /** Removes all files; returns those that are gone. */
  clear(): CodeFile[] {
    return this.list().filter(({ path }) => {
      remove(path);
      return !existsSync(path);
    });
  }

  /** Removes files until the rest fits, and what killed writers left. */
  #trim(): void {
    const tooOld = Date.now() - UNFINISHED;
    let total = 0;
    for (const { path, size, used, isFinished } of this.list()) {
      total += size;
      if (total > this.limit || (!isFinished && used < tooOld)) rmSync(path, { force: true });
    }
  }

  #path(key: string): string {
    return join(this.folder, nameOf(key));
  }
}

function nameOf(key: string): string {
  return `${createHash('sha256').update(key).digest('hex')}.code`;
}

function frame(key: string, bytes: Uint8Array): Buffer {
  const name = Buffer.from(key);
  const length = Buffer.alloc(LENGTH_SIZE);
  length.writeUInt32LE(name.length);
  const hash = createHash('sha256').update(length).update(name).update(bytes);
  return Buffer.concat([hash.digest(), length, name, bytes]);
}

/** The key and content of a file; with a name, only of one that is to have it. */
function unframe(file: Buffer, name: string | null): CodeFileContent {
  const keyStart = DIGEST_SIZE + LENGTH_SIZE;
  if (file.length < keyStart) return problem('is cut off');
  const digest = createHash('sha256').update(file.subarray(DIGEST_SIZE)).digest();
  if (!digest.equals(file.subarray(0, DIGEST_SIZE))) return problem('is damaged: its checksum is another');
  const keyEnd = keyStart + file.readUInt32LE(DIGEST_SIZE);
  const key = file.subarray(keyStart, keyEnd).toString();
  if (name !== null && nameOf(key) !== name) return problem('has the name of another entry');
  const bytes = file.subarray(keyEnd);
  return { key, bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), problem: null };
}

function problem(text: string): CodeFileContent {
  return { key: null, bytes: null, problem: text };
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Others remove files at the same time. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // There is nothing to remove where nothing can be.
  }
}

/** Reads tar archives, plain or compressed, and refuses what would reach out of them. */
import { encodeName } from '../../common/file-name.ts';
import { ConfigurationError, UnsupportedError } from '../../common/errors.ts';
import { HostFileError, type Compression, type Platform, type TarRecord } from '../../platform/types.ts';

/** What all archives of a guest may expand to, in bytes: they are kept in memory. */
const MAX_EXPANDED = 2 ** 31;

/** The longest path and the longest name of Linux, in bytes (limits.h). */
const PATH_MAX = 4096;
const NAME_MAX = 255;

export type EntryKind = 'file' | 'directory' | 'symlink' | 'link' | 'fifo';

export interface ArchiveEntry {
  /** The components of its name: none is empty, `.` or `..`; no component at all is the archive's root. */
  readonly path: readonly string[];
  readonly kind: EntryKind;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since the epoch. */
  readonly mtime: bigint;
  /** Of a symbolic link, as written; of a hard link, a name in the archive. */
  readonly target: string;
  readonly data: Uint8Array;
}

/** What reading archives takes. */
export type ArchivePlatform = Pick<Platform, 'files' | 'decompress' | 'untar' | 'sha256'>;

/** Reads archives for one guest, which together stay below a limit. */
export class ArchiveReader {
  readonly #platform: ArchivePlatform;
  readonly #limit: number;
  #left: number;

  constructor(platform: ArchivePlatform, limit: number = MAX_EXPANDED) {
    this.#platform = platform;
    this.#limit = limit;
    this.#left = limit;
  }

  isFolder(path: string): boolean {
    return this.#files(path, () => this.#platform.files.isFolder(path));
  }

  file(path: string): Uint8Array {
    return this.#files(path, () => this.#platform.files.read(path));
  }

  #files<T>(path: string, operation: () => T): T {
    try {
      return operation();
    } catch (cause) {
      if (!(cause instanceof HostFileError)) throw cause;
      const problem = cause.code === 'ENOENT' ? 'does not exist' : `cannot be read (${cause.code})`;
      throw new ConfigurationError('archive', `the archive or folder ${path} ${problem}`, { cause });
    }
  }

  /** The entries of the archive in `bytes`, in order; `label` names it in messages. */
  async entries(bytes: Uint8Array, label: string): Promise<ArchiveEntry[]> {
    const expanded = this.#expand(bytes, label);
    this.#left -= expanded.length;
    let unpacked: readonly TarRecord[];
    try {
      unpacked = await this.#platform.untar(expanded);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ConfigurationError('archive', `${label} is no tar archive: ${reason}`, { cause });
    }
    if (unpacked.length === 0 && !expanded.every((byte) => byte === 0))
      throw new ConfigurationError('archive', `${label} is no tar archive`);
    return unpacked.flatMap((record) => entryOf(record, label));
  }

  sha256(bytes: Uint8Array): string {
    return this.#platform.sha256(bytes);
  }

  #expand(bytes: Uint8Array, label: string): Uint8Array {
    const compression = compressionOf(bytes);
    if (compression === undefined) return bytes.length > this.#left ? this.#tooLarge(label) : bytes;
    if (compression === 'xz')
      throw new UnsupportedError('archive', `${label} is compressed with xz; give it plain, or with gzip or zstd`);
    const result = this.#platform.decompress(compression, bytes, this.#left);
    switch (result) {
      case 'too-large':
        return this.#tooLarge(label);
      case 'corrupt':
        throw new ConfigurationError('archive', `${label} is damaged: it cannot be decompressed`);
      case 'unsupported':
        throw new UnsupportedError(
          'archive',
          `${label} is compressed with ${compression}, which this Node cannot read`,
        );
      default:
        return result;
    }
  }

  #tooLarge(label: string): never {
    throw new ConfigurationError(
      'archive',
      `${label} expands to more than the ${String(this.#limit)} bytes that archives may take together`,
    );
  }
}

/** None for what is left out. */
function entryOf(record: TarRecord, label: string): ArchiveEntry[] {
  const path = componentsOf(record.name, label);
  const kind = kindOf(record.type, path, label);
  if (kind === undefined) return [];
  const { mode = kind === 'directory' ? 0o755 : 0o644, uid, gid, target, data } = record;
  if (kind === 'link') componentsOf(target, label);
  if (!Number.isSafeInteger(record.mtime)) refuse(label, record.name, 'has a time that no file can have');
  return [{ path, kind, mode: mode & 0o7777, uid, gid, mtime: BigInt(record.mtime) * 1_000_000n, target, data }];
}

function compressionOf(bytes: Uint8Array): Compression | 'xz' | undefined {
  const starts = (...magic: number[]): boolean => magic.every((byte, index) => bytes[index] === byte);
  if (starts(0x1f, 0x8b)) return 'gzip';
  if (starts(0x28, 0xb5, 0x2f, 0xfd)) return 'zstd';
  return starts(0xfd, 0x37, 0x7a, 0x58, 0x5a) ? 'xz' : undefined;
}

/** The components of a name in an archive; what would leave the archive is refused. */
export function componentsOf(name: string, label: string): string[] {
  if (name.startsWith('/')) refuse(label, name, 'has an absolute name');
  const components = name.split('/').filter((component) => component !== '' && component !== '.');
  if (components.includes('..')) refuse(label, name, "leads out of it by '..'");
  // Longer ones would nest deeper than what walks the tree can follow.
  const tooLong = byteLength(name) > PATH_MAX || components.some((component) => byteLength(component) > NAME_MAX);
  if (name.includes('\0') || tooLong) refuse(label, name, 'has a name that no file can have');
  return components;
}

function byteLength(text: string): number {
  return encodeName(text).length;
}

export function refuse(label: string, name: string, problem: string): never {
  throw new ConfigurationError('archive', `${label} is refused: its entry ${JSON.stringify(name)} ${problem}`);
}

/** Undefined for what is left out: nodes of /dev, which the guest has anyway. */
function kindOf(type: string, path: readonly string[], label: string): EntryKind | undefined {
  switch (type) {
    case 'file':
    case 'directory':
    case 'symlink':
    case 'link':
    case 'fifo':
      return type;
    case 'character-device':
    case 'block-device':
      if (path[0] === 'dev') return undefined;
      return refuse(label, path.join('/'), 'is a device');
    default:
      return refuse(label, path.join('/'), `is of a kind that is not supported (${type})`);
  }
}

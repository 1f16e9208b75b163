import { createRetryStats, retryAtOnce, type RetryStats } from '../../common/retry.ts';
import { HostFileError } from '../types.ts';
import type { HostErrorCode } from '../types.ts';

const CODES: ReadonlySet<string> = new Set<HostErrorCode>([
  'EACCES',
  'EBUSY',
  'EEXIST',
  'EFBIG',
  'EINVAL',
  'EIO',
  'EISDIR',
  'ELOOP',
  'EMFILE',
  'EMLINK',
  'ENAMETOOLONG',
  'ENOENT',
  'ENOSPC',
  'ENOTDIR',
  'ENOTEMPTY',
  'EPERM',
  'EPIPE',
  'EROFS',
  'ETXTBSY',
  'EXDEV',
]);

/** Codes of Node that mean the same to a guest as one in our vocabulary. */
const SYNONYMS: Readonly<Record<string, HostErrorCode>> = { EDQUOT: 'ENOSPC', ENFILE: 'EMFILE', ENXIO: 'EACCES' };

function isHostErrorCode(code: string): code is HostErrorCode {
  return CODES.has(code);
}

/** The `code` of an error that Node threw, if it has one. */
export function nodeErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The code in our vocabulary; `EIO` for what it does not name. Rethrows what is not an error of the system. */
export function hostErrorCode(error: unknown): HostErrorCode {
  const code = nodeErrorCode(error);
  if (code === undefined || code.startsWith('ERR_')) throw error;
  return isHostErrorCode(code) ? code : (SYNONYMS[code] ?? 'EIO');
}

/** Runs a host operation; a failure comes out as `HostFileError`. */
export function translateErrors<T>(operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    if (error instanceof HostFileError) throw error;
    throw new HostFileError(hostErrorCode(error), error instanceof Error ? error.message : undefined);
  }
}

/** More signals than that in a row are not chance. */
const READ_ATTEMPTS = 100;

/** Reads of this process that a signal may have interrupted. */
export const readRetries: RetryStats = createRetryStats();

/** Runs a read of the host, again where a signal interrupted it: libuv does that for every operation but reads. */
export function uninterrupted(read: () => number): number {
  return retryAtOnce(read, {
    ...{ attempts: READ_ATTEMPTS, what: 'to read a file', stats: readRetries },
    isTransient: (error) => nodeErrorCode(error) === 'EINTR',
  });
}

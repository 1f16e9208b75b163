/** How a process ended. */
import type { LimitError } from '../../common/errors.ts';
import type { CrashReport } from './crash.ts';

export type ProcessExit =
  | { readonly kind: 'exit'; readonly code: number }
  /** Killed by a signal; `crash` says where when an instruction of the program raised it. */
  | { readonly kind: 'signal'; readonly signal: number; readonly name: string; readonly crash: CrashReport | null }
  /** A limit of the embedder was reached. */
  | { readonly kind: 'limit'; readonly error: LimitError };

/** `--trace FILE`: what happens in a run, as a file that ui.perfetto.dev opens. */
import { ConfigurationError } from '../common/errors.ts';
import { chromeTrace, TRACE_HEAD, TRACE_TAIL } from '../debug/chrome-trace.ts';
import type { RunEvent } from '../index.ts';
import { ListFile } from '../platform/node/list-file.ts';
import { HostFileError, type HostErrorCode } from '../platform/types.ts';

/** Nanoseconds after which events are written even when there are few. */
const FLUSH_AFTER = 1e9;

const REASONS: Partial<Readonly<Record<HostErrorCode, string>>> = {
  EACCES: 'permission denied',
  EFBIG: 'the file is as large as files may get here',
  EISDIR: 'it is a folder',
  ENOENT: 'its folder does not exist',
  ENOSPC: 'no space left',
  ENOTDIR: 'its folder is no folder',
  EPIPE: 'nobody reads it any more',
  EROFS: 'the file system is read-only',
};

export class TraceFile {
  readonly #path: string;
  readonly #file: ListFile;
  readonly #complain: (line: string) => void;
  #flushed = 0;
  #failed = false;

  /** Throws `ConfigurationError` where the file cannot be written. `complain` takes lines for standard error. */
  constructor(path: string, complain: (line: string) => void) {
    this.#path = path;
    this.#complain = complain;
    try {
      this.#file = new ListFile(path, { head: TRACE_HEAD, separator: ',\n', tail: TRACE_TAIL });
    } catch (error) {
      if (!(error instanceof HostFileError)) throw error;
      throw new ConfigurationError('bad-option', `--trace ${path} cannot be written: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  /** True once something could not be written: the trace is valid, and ends there. */
  get failed(): boolean {
    return this.#failed;
  }

  add(event: RunEvent): void {
    if (this.#failed) return;
    this.#guard(() => {
      for (const line of chromeTrace(event)) this.#file.append(line);
      if (event.time - this.#flushed < FLUSH_AFTER) return;
      this.#flushed = event.time;
      this.#file.flush();
    });
  }

  close(): void {
    this.#guard(() => {
      this.#file.close();
    });
  }

  /** The guest's work is not lost for a trace: it goes on, and the trace ends. */
  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof HostFileError)) throw error;
      if (this.#failed) return;
      this.#failed = true;
      this.#complain(`hospes: --trace ${this.#path} ends early: ${reasonOf(error)}`);
    }
  }
}

function reasonOf({ code }: HostFileError): string {
  const reason = REASONS[code];
  return reason === undefined ? code : `${reason} (${code})`;
}

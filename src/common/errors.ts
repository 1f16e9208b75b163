/**
 * The one error taxonomy. Guest traps are values (see `engine/exit.ts`), never errors; a caller's mistake throws
 * the built-in `TypeError` or `RangeError`; what the system cannot do throws a subclass of `HospesError`.
 */

export interface HospesErrorOptions {
  /** Facts that a person needs to act on the error: file, offset, guest pc ... */
  readonly context?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** Base of every error that Hospes itself raises. `code` is stable across releases; the message is one sentence. */
export class HospesError extends Error {
  readonly code: string;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, options: HospesErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.context = options.context ?? {};
  }
}

/** A program file that cannot be loaded: truncated, of a wrong class or machine, with segments that make no sense. */
export class LoadError extends HospesError {}

/** Something the guest or its configuration needs is not supported by this version or host. */
export class UnsupportedError extends HospesError {}

/** An option or limit given by the user that cannot be honoured. */
export class ConfigurationError extends HospesError {}

/** A limit that the embedder set (instructions, time, memory, output) was reached. */
export class LimitError extends HospesError {}

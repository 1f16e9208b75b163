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

/**
 * What a graphics processor, its driver or the way to it cannot do. Codes: `gpu-unavailable` (no WebGPU), `gpu-no-adapter` (no
 * device that it accepts), `gpu-device-lost`, `gpu-destroyed` (by its user), `gpu-timeout`, `gpu-compile` (with `line` and
 * `column` in the context), `gpu-validation`, `gpu-out-of-memory`, `gpu-no-cpu-kernel`, `gpu-failed` (anything else).
 */
export class GpuError extends HospesError {}

/**
 * Something was tried several times and failed each time. `errors` has what each attempt threw, in order; the cause is an
 * `AggregateError` of them.
 */
export class AttemptsError extends HospesError {
  readonly errors: readonly unknown[];

  constructor(what: string, errors: readonly unknown[]) {
    const message = `${what} failed ${String(errors.length)} times; the last time: ${messageOf(errors.at(-1))}`;
    super('attempts-failed', message, {
      context: { attempts: errors.length },
      cause: new AggregateError(errors, message),
    });
    this.errors = errors;
  }
}

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** An error and what caused it, outermost first; the members of an `AggregateError` follow it. Each comes once. */
export function causesOf(error: unknown): unknown[] {
  const found = new Set<unknown>();
  const visit = (next: unknown): void => {
    if (next === undefined || found.has(next)) return;
    found.add(next);
    if (next instanceof AggregateError) next.errors.forEach(visit);
    if (next instanceof Error) visit(next.cause);
  };
  visit(error);
  return [...found];
}

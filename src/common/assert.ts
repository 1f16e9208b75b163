/** Thrown when an invariant of Hospes itself does not hold: always a bug in Hospes, never a user's mistake. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** States an invariant. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Marks a branch that the type system or an invariant rules out. */
export function unreachable(message: string): never {
  throw new AssertionError(message);
}

/** `value`, which an invariant says is there. */
export function defined<T>(value: T | undefined | null, message: string): T {
  if (value === undefined || value === null) throw new AssertionError(message);
  return value;
}

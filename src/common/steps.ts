/** Work in steps: a generator that yields where it may be put aside, and returns its result. */
export type Steps<Result> = Generator<undefined, Result>;

/** Does all that is left at once. */
export function finish<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

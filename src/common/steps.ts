/** Work in steps: a generator that yields where it may be put aside, and returns its result. */
export type Steps<Result> = Generator<undefined, Result>;

/** Does all that is left at once. */
export function finish<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** Work in steps whose parts are handed over to be done next, instead of called: however deep they nest, the host's stack does not. */
export type Nested = Generator<Nested | undefined, void>;

/** The same in one sequence. */
export function* inSequence(work: Nested): Steps<void> {
  const open = [work];
  for (let innermost: Nested | undefined = work; innermost !== undefined; innermost = open.at(-1)) {
    const { done, value } = innermost.next();
    if (done === true) open.pop();
    else if (value === undefined) yield;
    else open.push(value);
  }
}

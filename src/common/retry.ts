/** Trying again what failed for a reason that may pass. Time and randomness are the caller's. */
import { AttemptsError } from './errors.ts';

/** When to try again. Times are milliseconds; `attempts` counts the first one too. */
export type RetryPolicy =
  | { readonly kind: 'none' }
  | { readonly kind: 'fixed'; readonly attempts: number; readonly delay: number }
  | {
      readonly kind: 'exponential';
      readonly attempts: number;
      /** The wait after the first failure; each further one is `factor` times as long, up to `longest`. */
      readonly first: number;
      readonly longest: number;
      /** Default 2. */
      readonly factor?: number;
      /** The share of each wait that is left to chance, from 0 to 1. Default 0.5. */
      readonly jitter?: number;
    };

/** Counts of all operations that share it: `operations` = `succeeded` + `exhausted` + `refused`. */
export interface RetryStats {
  operations: number;
  attempts: number;
  /** Operations that worked, at whichever attempt. */
  succeeded: number;
  /** Of these, the ones that needed more than one. */
  recovered: number;
  /** Operations given up after the last attempt. */
  exhausted: number;
  /** Operations that failed in a way for which no other attempt was made. */
  refused: number;
  /** Milliseconds waited between attempts. */
  waited: number;
}

export function createRetryStats(): RetryStats {
  return { operations: 0, attempts: 0, succeeded: 0, recovered: 0, exhausted: 0, refused: 0, waited: 0 };
}

/** What of the platform is needed to wait. */
export interface RetryHost {
  random(bytes: Uint8Array): void;
  setTimer(nanoseconds: bigint, callback: () => void): () => void;
}

export interface RetryOptions {
  readonly policy: RetryPolicy;
  /** What is tried, for the message of the error. */
  readonly what: string;
  /** Whether another attempt may succeed where this error came from one. */
  readonly isTransient: (error: unknown) => boolean;
  readonly stats?: RetryStats;
}

/** Milliseconds to wait after the `failures`-th failure, or null where it was the last. `chance` lies in [0, 1). */
export function delayAfter(policy: RetryPolicy, failures: number, chance: () => number): number | null {
  if (policy.kind === 'none' || failures >= policy.attempts) return null;
  if (policy.kind === 'fixed') return policy.delay;
  const { first, longest, factor = 2, jitter = 0.5 } = policy;
  const whole = Math.min(first * factor ** (failures - 1), longest);
  return whole * (1 - jitter * chance());
}

/**
 * The result of `operation`, which is tried again as the policy says. An error that is not transient is thrown as it is;
 * after more than one attempt an `AttemptsError` has all of them.
 */
export async function retry<T>(
  operation: (attempt: number) => Promise<T>,
  options: RetryOptions & { readonly host: RetryHost },
): Promise<T> {
  const { host } = options;
  const attempts = new Attempts(options, () => chanceOf(host));
  for (;;) {
    try {
      return attempts.succeed(await operation(attempts.begin()));
    } catch (error) {
      const delay = attempts.fail(error);
      if (delay > 0)
        await new Promise<void>((resolve) => void host.setTimer(BigInt(Math.ceil(delay * 1e6)), () => resolve()));
    }
  }
}

/** As `retry`, for what must not wait: the policy says `none`, or `fixed` without a delay. */
export function retryAtOnce<T>(
  operation: (attempt: number) => T,
  options: Omit<RetryOptions, 'policy'> & { readonly attempts: number },
): T {
  const policy: RetryPolicy = { kind: 'fixed', attempts: options.attempts, delay: 0 };
  const attempts = new Attempts({ ...options, policy }, () => 0);
  for (;;) {
    try {
      return attempts.succeed(operation(attempts.begin()));
    } catch (error) {
      attempts.fail(error);
    }
  }
}

/** One operation's attempts so far. */
class Attempts {
  readonly #options: RetryOptions;
  readonly #chance: () => number;
  readonly #stats: RetryStats;
  readonly #errors: unknown[] = [];

  constructor(options: RetryOptions, chance: () => number) {
    this.#options = options;
    this.#chance = chance;
    this.#stats = options.stats ?? createRetryStats();
    this.#stats.operations++;
  }

  /** The number of the attempt that begins, from 1. */
  begin(): number {
    this.#stats.attempts++;
    return this.#errors.length + 1;
  }

  succeed<T>(result: T): T {
    this.#stats.succeeded++;
    if (this.#errors.length > 0) this.#stats.recovered++;
    return result;
  }

  /** Milliseconds to wait until the next attempt; throws where there is none. */
  fail(error: unknown): number {
    const { policy, what, isTransient } = this.#options;
    this.#errors.push(error);
    const transient = isTransient(error);
    const delay = transient ? delayAfter(policy, this.#errors.length, this.#chance) : null;
    if (delay !== null) {
      this.#stats.waited += delay;
      return delay;
    }
    if (transient && policy.kind !== 'none') this.#stats.exhausted++;
    else this.#stats.refused++;
    throw this.#errors.length === 1 ? error : new AttemptsError(what, this.#errors);
  }
}

function chanceOf(host: RetryHost): number {
  const bytes = new Uint8Array(4);
  host.random(bytes);
  return new DataView(bytes.buffer).getUint32(0) / 2 ** 32;
}

import { describe, expect, it } from 'vitest';
import { AttemptsError, causesOf, GpuError, HospesError } from './errors.ts';
import { createRetryStats, delayAfter, retry, retryAtOnce, type RetryHost, type RetryPolicy } from './retry.ts';

/** A host whose clock stands still: timers fire at once and are noted, in milliseconds. */
class StillHost implements RetryHost {
  readonly waits: number[] = [];
  random(bytes: Uint8Array): void {
    bytes.fill(0);
    bytes[0] = 0x80;
  }
  setTimer(nanoseconds: bigint, callback: () => void): () => void {
    this.waits.push(Number(nanoseconds) / 1e6);
    queueMicrotask(callback);
    return () => undefined;
  }
}

/** Fails with these errors, one an attempt, then gives the number of the attempt. */
const failing =
  (...errors: readonly Error[]) =>
  (attempt: number): Promise<number> => {
    const error = errors[attempt - 1];
    return error === undefined ? Promise.resolve(attempt) : Promise.reject(error);
  };

const transient = (): boolean => true;

describe('delays', () => {
  it('end with the attempts', () => {
    expect(delayAfter({ kind: 'none' }, 1, () => 0)).toBeNull();
    const fixed: RetryPolicy = { kind: 'fixed', attempts: 3, delay: 7 };
    expect([1, 2, 3].map((failures) => delayAfter(fixed, failures, () => 0))).toEqual([7, 7, null]);
  });

  it('double up to the longest, less what is left to chance', () => {
    const policy: RetryPolicy = { kind: 'exponential', attempts: 6, first: 10, longest: 50, jitter: 0.5 };
    expect([1, 2, 3, 4, 5, 6].map((failures) => delayAfter(policy, failures, () => 0))).toEqual([
      10,
      20,
      40,
      50,
      50,
      null,
    ]);
    expect(delayAfter(policy, 2, () => 0.5)).toBe(15);
    expect(delayAfter({ ...policy, jitter: 0, factor: 3 }, 2, () => 0.9)).toBe(30);
  });
});

describe('retry', () => {
  it('tries again until it works, and counts', async () => {
    const host = new StillHost();
    const stats = createRetryStats();
    const policy: RetryPolicy = { kind: 'exponential', attempts: 4, first: 8, longest: 100 };
    const options = { policy, host, what: 'it', isTransient: transient, stats };
    expect(await retry(failing(new Error('a'), new Error('b')), options)).toBe(3);
    expect(await retry(failing(), options)).toBe(1);
    // Half of the random half: a quarter less.
    expect(host.waits).toEqual([6, 12]);
    expect(stats).toEqual({
      ...{ operations: 2, attempts: 4, succeeded: 2, recovered: 1, exhausted: 0, refused: 0, waited: 18 },
    });
  });

  it('gathers all failures, with their causes', async () => {
    const root = new RangeError('root');
    const errors = [new GpuError('gpu-lost', 'first', { cause: root }), new Error('second')];
    const stats = createRetryStats();
    const policy: RetryPolicy = { kind: 'fixed', attempts: 2, delay: 0 };
    const failed = await retry(failing(...errors, new Error('never')), {
      ...{ policy, host: new StillHost(), what: 'to draw', isTransient: transient, stats },
    }).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(AttemptsError);
    expect(failed).toBeInstanceOf(HospesError);
    const attempts = failed as AttemptsError;
    expect(attempts.message).toBe('to draw failed 2 times; the last time: second');
    expect(attempts.errors).toEqual(errors);
    expect(attempts.cause).toBeInstanceOf(AggregateError);
    expect(causesOf(failed)).toEqual([failed, attempts.cause, errors[0], root, errors[1]]);
    expect(stats).toMatchObject({ operations: 1, attempts: 2, exhausted: 1, succeeded: 0, refused: 0 });
  });

  it('throws at once what will not pass, as it is', async () => {
    const error = new TypeError('wrong');
    const stats = createRetryStats();
    const policy: RetryPolicy = { kind: 'fixed', attempts: 5, delay: 1 };
    const options = { policy, host: new StillHost(), what: 'it', isTransient: () => false, stats };
    await expect(retry(failing(error), options)).rejects.toBe(error);
    expect(stats).toMatchObject({ attempts: 1, refused: 1, exhausted: 0 });
  });

  it('does not try again under none', async () => {
    const error = new Error('once');
    const stats = createRetryStats();
    const options = { policy: { kind: 'none' }, host: new StillHost(), what: 'it', isTransient: transient, stats };
    await expect(retry(failing(error), { ...options, policy: { kind: 'none' } })).rejects.toBe(error);
    expect(stats).toMatchObject({ operations: 1, attempts: 1, refused: 1 });
  });

  it('works without waiting too', () => {
    const errors = [new Error('EINTR'), new Error('EINTR')];
    const operation = (attempt: number): number => {
      const error = errors[attempt - 1];
      if (error !== undefined) throw error;
      return attempt;
    };
    expect(retryAtOnce(operation, { attempts: 3, what: 'it', isTransient: transient })).toBe(3);
    expect(() => retryAtOnce(operation, { attempts: 2, what: 'it', isTransient: transient })).toThrow(AttemptsError);
  });
});

describe('causes', () => {
  it('end where they turn in a circle', () => {
    const a = new Error('a');
    const b = new Error('b', { cause: a });
    a.cause = b;
    expect(causesOf(a)).toEqual([a, b]);
    expect(causesOf('text')).toEqual(['text']);
  });
});

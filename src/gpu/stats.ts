import { createRetryStats, type RetryStats } from '../common/retry.ts';

/** Counts of all devices of one `Gpu`. `launches` = `completed` + `failures` once nothing runs. Times are nanoseconds. */
export interface GpuStats {
  launches: number;
  completed: number;
  failures: number;
  /** Of the failures: launches given up because they took too long. */
  timeouts: number;
  /** Of the launches: those that the processor ran in place of a device. */
  fallbacks: number;
  devicesOpened: number;
  /** Devices that went away by themselves or were given up. */
  devicesLost: number;
  kernelsCompiled: number;
  kernelHits: number;
  kernelsEvicted: number;
  compileTime: number;
  /** From the launch to its end, as the host sees it. */
  runTime: number;
  bytesUp: number;
  bytesDown: number;
  /** Jobs that were done again on another device. */
  readonly retries: RetryStats;
}

export function createGpuStats(): GpuStats {
  return {
    launches: 0,
    completed: 0,
    failures: 0,
    timeouts: 0,
    fallbacks: 0,
    devicesOpened: 0,
    devicesLost: 0,
    kernelsCompiled: 0,
    kernelHits: 0,
    kernelsEvicted: 0,
    compileTime: 0,
    runTime: 0,
    bytesUp: 0,
    bytesDown: 0,
    retries: createRetryStats(),
  };
}

/** The sums of both. */
export function addGpuStats(a: GpuStats, b: GpuStats): GpuStats {
  const sum = <T extends object>(x: T, y: T): T =>
    Object.fromEntries(
      Object.entries(x).map(([name, value]: [string, unknown]) => {
        const other: unknown = y[name as keyof T];
        return [name, typeof value === 'number' ? value + Number(other) : sum(value as object, other as object)];
      }),
    ) as T;
  return sum(a, b);
}

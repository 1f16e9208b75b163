/** Resource limits (uapi/asm-generic/resource.h). */
import { NR_OPEN } from '../vfs/constants.ts';
import type { LimitRow } from '../vfs/types.ts';

export const RLIMIT = {
  CPU: 0,
  FSIZE: 1,
  DATA: 2,
  STACK: 3,
  CORE: 4,
  NOFILE: 7,
  MEMLOCK: 8,
  AS: 9,
  SIGPENDING: 11,
  MSGQUEUE: 12,
  RTPRIO: 14,
} as const;
export const RLIM_INFINITY = 0xffffffffffffffffn;

export interface ResourceLimit {
  soft: bigint;
  hard: bigint;
}

const rows: readonly (readonly [name: string, unit: string, soft: bigint, hard: bigint])[] = [
  ['Max cpu time', 'seconds', RLIM_INFINITY, RLIM_INFINITY],
  ['Max file size', 'bytes', RLIM_INFINITY, RLIM_INFINITY],
  ['Max data size', 'bytes', RLIM_INFINITY, RLIM_INFINITY],
  ['Max stack size', 'bytes', 8n << 20n, RLIM_INFINITY],
  ['Max core file size', 'bytes', 0n, RLIM_INFINITY],
  ['Max resident set', 'bytes', RLIM_INFINITY, RLIM_INFINITY],
  ['Max processes', 'processes', 1024n, 1024n],
  ['Max open files', 'files', 1024n, BigInt(NR_OPEN)],
  ['Max locked memory', 'bytes', 8n << 20n, 8n << 20n],
  ['Max address space', 'bytes', RLIM_INFINITY, RLIM_INFINITY],
  ['Max file locks', 'locks', RLIM_INFINITY, RLIM_INFINITY],
  ['Max pending signals', 'signals', 1024n, 1024n],
  ['Max msgqueue size', 'bytes', 819200n, 819200n],
  ['Max nice priority', '', 0n, 0n],
  ['Max realtime priority', '', 0n, 0n],
  ['Max realtime timeout', 'us', RLIM_INFINITY, RLIM_INFINITY],
];

export class ResourceLimits {
  readonly #limits: ResourceLimit[] = rows.map(([, , soft, hard]) => ({ soft, hard }));

  /** fork(2): the same limits, to be changed apart. */
  copyFrom(other: ResourceLimits): void {
    other.#limits.forEach((limit, resource) => (this.#limits[resource] = { ...limit }));
  }

  get(resource: number): ResourceLimit | undefined {
    return this.#limits[resource];
  }

  soft(resource: number): bigint {
    return this.#limits[resource]?.soft ?? RLIM_INFINITY;
  }

  /** For /proc/self/limits. */
  table(): LimitRow[] {
    return rows.map(([name, unit], index) => {
      const { soft, hard } = this.#limits[index] ?? { soft: RLIM_INFINITY, hard: RLIM_INFINITY };
      const bounded = (value: bigint): bigint | undefined => (value === RLIM_INFINITY ? undefined : value);
      return { name, unit, soft: bounded(soft), hard: bounded(hard) };
    });
  }
}

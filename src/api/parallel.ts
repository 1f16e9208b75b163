/** Threads of the host for the threads of a guest, where they are asked for. */
import { ConfigurationError, UnsupportedError } from '../common/errors.ts';
import { GuestThreads } from '../engine/parallel/guest-threads.ts';
import type { EngineStats } from '../engine/stats.ts';
import type { Guest } from '../guest/guest.ts';
import { maxAreas } from '../memory/layout.ts';
import type { Platform } from '../platform/types.ts';
import type { ProgramOptions } from './types.ts';

/** More engines than this take more of a memory than what they translate is worth. */
const MOST_THREADS = 32;

/** Null where `parallel` is not asked for. Throws where it cannot be had. */
export function openGuestThreads(
  platform: Platform,
  request: ProgramOptions,
  guest: Guest['name'],
  stats: EngineStats,
): GuestThreads | null {
  if (request.parallel !== true) return null;
  const cpus = request.limits?.cpus ?? Infinity;
  if (cpus < 1)
    throw new ConfigurationError(
      'bad-option',
      `parallel and a limit of ${String(cpus)} processors exclude each other: give 1 or more, or leave parallel out`,
    );
  const { count, reason } = platform.guestThreads?.() ?? { count: 0, reason: 'this platform has no threads' };
  const { sleep } = platform;
  const start = platform.startGuestThread?.bind(platform);
  if (reason !== null || start === undefined || sleep === undefined)
    throw new UnsupportedError('parallel', `parallel is not available: ${reason ?? 'this platform has no threads'}`);
  if (!keepsOrder(guest, platform))
    throw new UnsupportedError(
      'parallel',
      `parallel is not available: an ${platform.architecture ?? 'unknown'} host does not keep the order of memory accesses that x86-64 programs rely on`,
    );
  const most = Math.min(count, MOST_THREADS, maxAreas(2 ** 32) - 1, Math.floor(cpus));
  return new GuestThreads({ count: most, start, sleep, stats });
}

/** Whether plain accesses to memory are ordered on the host as strongly as the guest has them. */
export function keepsOrder(guest: Guest['name'], { architecture }: Platform): boolean {
  return guest !== 'x64' || architecture === 'x64';
}

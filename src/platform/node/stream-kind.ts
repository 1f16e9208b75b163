import fs from 'node:fs';
import tty from 'node:tty';
import type { HostStreamKind } from '../types.ts';

/** What a descriptor that we were started with is; a closed one counts as null. */
export function streamKind(fd: number): HostStreamKind {
  if (tty.isatty(fd)) return 'tty';
  let stats: fs.Stats;
  try {
    stats = fs.fstatSync(fd);
  } catch {
    return 'null';
  }
  if (stats.isFile()) return 'file';
  if (stats.isSocket()) return 'socket';
  return stats.isCharacterDevice() && isNullDevice(stats) ? 'null' : 'pipe';
}

function isNullDevice(stats: fs.Stats): boolean {
  try {
    return fs.statSync('/dev/null').rdev === stats.rdev;
  } catch {
    return false;
  }
}

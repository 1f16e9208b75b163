import type { BigIntStats } from 'node:fs';
import type { HostFileKind, HostStat } from '../types.ts';

function kindOf(stats: BigIntStats): HostFileKind {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isFIFO()) return 'fifo';
  if (stats.isSocket()) return 'socket';
  return stats.isBlockDevice() ? 'block' : 'char';
}

export function hostStat(stats: BigIntStats): HostStat {
  return {
    kind: kindOf(stats),
    dev: stats.dev,
    ino: stats.ino,
    permissions: Number(stats.mode & 0o1777n),
    nlink: Number(stats.nlink),
    size: Number(stats.size),
    blocks: Number(stats.blocks),
    atime: stats.atimeNs,
    mtime: stats.mtimeNs,
    ctime: stats.ctimeNs,
  };
}

/** `struct stat` of asm-generic/stat.h, which riscv64 and aarch64 share. */
import type { Stat } from '../vfs/types.ts';

const SIZE = 128;

export function encodeGenericStat(stat: Stat): Uint8Array {
  const bytes = new Uint8Array(SIZE);
  const view = new DataView(bytes.buffer);
  const u64 = (offset: number, value: number | bigint): void =>
    view.setBigUint64(offset, BigInt.asUintN(64, BigInt(value)), true);
  const time = (offset: number, nanoseconds: bigint): void => {
    const fraction = BigInt.asUintN(64, ((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n);
    u64(offset, (nanoseconds - fraction) / 1_000_000_000n);
    u64(offset + 8, fraction);
  };
  u64(0, stat.dev);
  u64(8, stat.ino);
  view.setUint32(16, stat.mode, true);
  view.setUint32(20, stat.nlink, true);
  view.setUint32(24, stat.uid, true);
  view.setUint32(28, stat.gid, true);
  u64(32, stat.rdev);
  u64(48, stat.size);
  view.setUint32(56, stat.blksize, true);
  u64(64, stat.blocks);
  time(72, stat.atime);
  time(88, stat.mtime);
  time(104, stat.ctime);
  return bytes;
}

/** Where a pc's entry is in a direct-mapped cache of pairs, as code; `cacheOffset` of memory/layout.ts says the same. */
import { CACHE_FOLD } from '../../memory/layout.ts';
import type { FunctionBody } from './encoder.ts';

/** Pushes the offset, in bytes, from the cache's begin, of the entry of the pc (i32) that `pushPc` pushes. */
export function emitCacheOffset(body: FunctionBody, entries: number, pushPc: () => void): void {
  pushPc();
  body.i32Const(2);
  body.emit('i32.shl');
  pushPc();
  body.i32Const(CACHE_FOLD);
  body.emit('i32.shr_u');
  body.emit('i32.xor');
  body.i32Const((entries - 1) << 3);
  body.emit('i32.and');
}

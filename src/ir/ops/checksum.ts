/** Cyclic redundancy checks, bit-reflected: one bit of the checksum a round. */
import type { OpRow } from '../op.ts';
import { named } from './rows.ts';

const IEEE = 0xedb88320n;
const CASTAGNOLI = 0x82f63b78n;

/** `polynomial` is bit-reflected. */
function row(polynomial: bigint, bits: 8 | 16 | 32): OpRow {
  const data = bits === 32 ? '$1' : `$1 i32.const ${String(2 ** bits - 1)} i32.and`;
  return {
    params: ['i32', 'i32'],
    result: 'i32',
    effect: 'pure',
    summary: `The checksum in the first operand, taken on over the low ${String(bits)} bits of the second.`,
    wasm: `$0 ${data} i32.xor =c:i32 i32.const ${String(bits)} =n:i32
      loop
        @c i32.const 1 i32.shr_u
        i32.const 0 @c i32.const 1 i32.and i32.sub i32.const 0x${polynomial.toString(16)} i32.and i32.xor =c
        @n i32.const 1 i32.sub ~n br_if 0
      end
      @c`,
    fold(checksum, value) {
      let sum = checksum ^ BigInt.asUintN(bits, value);
      for (let bit = 0; bit < bits; bit++) sum = (sum >> 1n) ^ ((sum & 1n) === 0n ? 0n : polynomial);
      return sum;
    },
  };
}

export const checksumRows = {
  ...named('i32.crc32_8', row(IEEE, 8)),
  ...named('i32.crc32_16', row(IEEE, 16)),
  ...named('i32.crc32_32', row(IEEE, 32)),
  ...named('i32.crc32c_8', row(CASTAGNOLI, 8)),
  ...named('i32.crc32c_16', row(CASTAGNOLI, 16)),
  ...named('i32.crc32c_32', row(CASTAGNOLI, 32)),
};

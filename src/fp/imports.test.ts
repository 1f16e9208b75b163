import { describe, expect, it } from 'vitest';
import { FP_ENV, ROUNDING } from './fp-env.ts';
import { createFpImports } from './imports.ts';
import { softOpcode } from './soft-ops.ts';

describe('imports of emitted code', () => {
  const view = new DataView(new ArrayBuffer(64));
  const imports = createFpImports(() => view);
  const dynamic = ROUNDING.DYNAMIC << 8;

  it('rounds by the environment, or by the operand, and raises flags in the word at the vCPU block', () => {
    view.setInt32(16, ROUNDING.UP << FP_ENV.ROUNDING_SHIFT, true);
    const third = softOpcode('fp.f32.div');
    expect(imports['fp.soft2'](0x3f800000n, 0x40400000n, third | dynamic, 16)).toBe(0x3eaaaaabn);
    expect(imports['fp.soft2'](0x3f800000n, 0x40400000n, third | (ROUNDING.DOWN << 8), 16)).toBe(0x3eaaaaaan);
    expect(view.getInt32(16, true)).toBe((ROUNDING.UP << FP_ENV.ROUNDING_SHIFT) | FP_ENV.INEXACT);
  });

  it('takes operands as signed i64, of which narrow types use the low half', () => {
    expect(imports['fp.soft1'](-1n, softOpcode('fp.f64.from_i64_u') | dynamic, 0)).toBe(0x43f0000000000000n);
    expect(imports['fp.soft1'](-1n, softOpcode('fp.f64.from_i32_s') | dynamic, 0)).toBe(0xbff0000000000000n);
    expect(imports['fp.soft3'](0x40000000n, 0x40400000n, -0x40800000n, softOpcode('fp.f32.fma') | dynamic, 0)).toBe(
      0x40a00000n,
    );
  });

  it('reads a vCPU offset above 2 GiB as unsigned', () => {
    expect(() => imports['fp.soft1'](0n, softOpcode('fp.f64.sqrt'), -8)).toThrow(RangeError);
    expect(view.getInt32(56, true)).toBe(0);
  });

  it('refuses an opcode that there is not', () => {
    expect(() => softOpcode('fp.f64.sine')).toThrow('fp.f64.sine');
    expect(() => imports['fp.soft1'](0n, 255, 0)).toThrow('opcode');
  });
});

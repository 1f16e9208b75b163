import { expect, it } from 'vitest';
import { FP_ENV } from '../fp/fp-env.ts';
import { riscv64 } from '../guest/riscv64/index.ts';
import { GuestMemory } from '../memory/guest-memory.ts';
import { PERMISSION } from '../memory/layout.ts';
import { Vcpu } from './vcpu.ts';

const CODE = 0x10000;
const TURNS = 200_000n;

/** f10 *= f11, f12 += f10, until a0 is 0. */
const code = [
  0x12b57553, // fmul.d fa0, fa0, fa1
  0x02a67653, // fadd.d fa2, fa2, fa0
  0xfff50513, // addi a0, a0, -1
  0xfe051ae3, // bnez a0, -12
  0x00000073, // ecall
];

function outcome(tier: 0 | 1) {
  const memory = GuestMemory.create(1 << 26);
  memory.bytes[memory.layout.permissions + (CODE >> 12)] = PERMISSION.READ | PERMISSION.EXECUTE;
  new Uint32Array(memory.memory.buffer, CODE, code.length).set(code);
  const vcpu = new Vcpu({ guest: riscv64, memory, tier, compileThreshold: 1000, clock: () => 0n });
  const slot = (name: string) => riscv64.state.slot(name);
  const bits = (value: number): bigint => new DataView(new Float64Array([value]).buffer).getBigUint64(0, true);
  vcpu.setU64(slot('x10'), TURNS);
  vcpu.setU64(slot('f10'), bits(1));
  vcpu.setU64(slot('f11'), bits(0.7));
  vcpu.setU64(slot('f12'), bits(0));
  vcpu.pc = CODE;
  expect(vcpu.run(1e9)).toEqual({ kind: 'syscall' });
  const state = ['f10', 'f12'].map((name) => vcpu.getU64(slot(name)));
  return { state: [...state, vcpu.fpEnv], stats: vcpu.stats };
}

it('results that become tiny are right in regions, and do not keep leaving to tier 0', () => {
  const [interpreted, compiled] = [outcome(0), outcome(1)];
  expect(compiled.state).toEqual(interpreted.state);
  expect(interpreted.state).toEqual([1n, expect.anything(), expect.anything()]);
  expect(Number(interpreted.state[2]) & FP_ENV.FLAGS_MASK).toBe(FP_ENV.INEXACT | FP_ENV.UNDERFLOW);
  const { compiledInstructions, instructions } = compiled.stats;
  expect(compiledInstructions / instructions).toBeGreaterThan(0.9);
});

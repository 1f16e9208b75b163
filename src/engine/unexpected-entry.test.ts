import { expect, it } from 'vitest';
import { riscv64 } from '../guest/riscv64/index.ts';
import { GuestMemory } from '../memory/guest-memory.ts';
import { PERMISSION } from '../memory/layout.ts';
import { Vcpu } from './vcpu.ts';

const CODE = 0x10000;
const LOOP = CODE + 0xc;
const END = CODE + 4;

/** A call of a function that adds up a constant in a loop. */
const code = [
  0x008000ef, // jal ra, 8
  0x00000073, // ecall
  0x00500593, // li a1, 5
  0x00b60633, // add a2, a2, a1
  0xfff50513, // addi a0, a0, -1
  0xfe051ce3, // bnez a0, -8
  0x00008067, // ret
];

it('a loop that is entered with another state than its function makes goes on with that state', () => {
  const memory = GuestMemory.create(1 << 26);
  memory.bytes[memory.layout.permissions + (CODE >> 12)] = PERMISSION.READ | PERMISSION.EXECUTE;
  new Uint32Array(memory.memory.buffer, CODE, code.length).set(code);
  const vcpu = new Vcpu({ guest: riscv64, memory, tier: 1, compileThreshold: 100, clock: () => 0n });
  const [ra, a0, a1, a2] = ['x1', 'x10', 'x11', 'x12'].map((name) => riscv64.state.slot(name));
  const run = (pc: number, addend: bigint, turns: bigint): bigint => {
    vcpu.pc = pc;
    vcpu.setU64(ra!, BigInt(END));
    vcpu.setU64(a0!, turns);
    vcpu.setU64(a1!, addend);
    vcpu.setU64(a2!, 0n);
    expect(vcpu.run(1e9)).toEqual({ kind: 'syscall' });
    return vcpu.getU64(a2!);
  };
  expect(run(CODE, 0n, 100_000n)).toBe(500_000n);
  expect(vcpu.stats.compiledInstructions).toBeGreaterThan(250_000);
  const { regions } = vcpu.stats;
  for (let time = 1n; time <= 50n; time++)
    expect(run(LOOP, 7n + (time << 40n), 1000n)).toBe(1000n * (7n + (time << 40n)));
  // Often enough to compile a version that expects nothing.
  expect(vcpu.stats.regions).toBe(regions + 1);
  expect(run(CODE, 0n, 1000n)).toBe(5000n);
  const before = vcpu.stats.compiledInstructions;
  expect(run(LOOP, 9n, 100_000n)).toBe(900_000n);
  expect(vcpu.stats.compiledInstructions - before).toBeGreaterThan(290_000);
});

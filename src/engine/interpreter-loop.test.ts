import { expect, it } from 'vitest';
import { riscv64 } from '../guest/riscv64/index.ts';
import { GuestMemory } from '../memory/guest-memory.ts';
import { PAGE_SHIFT, PERMISSION } from '../memory/layout.ts';
import type { EngineEvent } from './events.ts';
import { Vcpu } from './vcpu.ts';

const CODE = 0x10000;
const FUNCTION = 0x11000;
const CASES = 0x11100;
/** Bytes from one case to the next. */
const CASE_SIZE = 512;
const NOP = 0x00000013;

/** Calls the function by way of a stub, as programs call libraries. */
const caller = [
  0x008000ef, // jal ra, 8
  0x00000073, // ecall
  0x00010e37, // lui t3, 0x10
  0x018e2e03, // lw t3, 24(t3)
  0x000e0067, // jr t3
  0,
  FUNCTION,
];

/** Goes round a0 times; each time to the case that a2 says after it was changed, as far as the mask a4 lets it. */
const loop = [
  0x02050663, // beqz a0, 44
  0xfff50513, // addi a0, a0, -1
  0x00261793, // slli a5, a2, 2
  0x00f60633, // add a2, a2, a5
  0x00360613, // addi a2, a2, 3
  0x00565793, // srli a5, a2, 5
  0x00e7f7b3, // and a5, a5, a4
  0x00979793, // slli a5, a5, 9
  0x00011337, // lui t1, 0x11
  0x00f30333, // add t1, t1, a5
  0x10030067, // jr 256(t1)
  0x00008067, // ret
];

/** addi a3, a3, 1; then nothing, and back to the loop. */
function caseAt(at: number): number[] {
  const offset = FUNCTION - (at + CASE_SIZE - 4);
  const jump =
    0x6f |
    (((offset >> 20) & 1) << 31) |
    (((offset >> 1) & 0x3ff) << 21) |
    (((offset >> 11) & 1) << 20) |
    (((offset >> 12) & 0xff) << 12);
  return [0x00168693, ...new Array<number>(CASE_SIZE / 4 - 2).fill(NOP), jump >>> 0];
}

it("an interpreter's loop stays one region, whichever of its cases are used when", () => {
  const memory = GuestMemory.create(1 << 26);
  for (const page of [CODE, FUNCTION, FUNCTION + 0x1000, FUNCTION + 0x2000])
    memory.bytes[memory.layout.permissions + (page >> PAGE_SHIFT)] = PERMISSION.READ | PERMISSION.EXECUTE;
  const write = (at: number, words: readonly number[]): void =>
    new Uint32Array(memory.memory.buffer, at, words.length).set(words);
  write(CODE, caller);
  write(FUNCTION, loop);
  for (let index = 0; index < 8; index++) write(CASES + index * CASE_SIZE, caseAt(CASES + index * CASE_SIZE));
  const events: EngineEvent[] = [];
  const vcpu = new Vcpu({
    ...{ guest: riscv64, memory, tier: 1, compileThreshold: 100, clock: () => 0n },
    events: { now: () => 0, emit: (event) => events.push(event) },
  });
  const [a0, a3, a4] = ['x10', 'x13', 'x14'].map((name) => riscv64.state.slot(name));
  for (const mask of [0n, 1n, 3n, 7n]) {
    vcpu.pc = CODE;
    vcpu.setU64(a0!, 200_000n);
    vcpu.setU64(a3!, 0n);
    vcpu.setU64(a4!, mask);
    expect(vcpu.run(1e9)).toEqual({ kind: 'syscall' });
    expect(vcpu.getU64(a3!)).toBe(200_000n);
  }
  const regions = events.flatMap((event) => (event.kind === 'region' ? [event] : []));
  expect(new Set(regions.map(({ pc }) => pc))).toEqual(new Set([FUNCTION]));
  // All of the cases.
  expect(regions.at(-1)?.instructions).toBeGreaterThan((8 * CASE_SIZE) / 4);
  expect(vcpu.stats.liveRegions).toBe(1);
});

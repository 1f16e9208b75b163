import { describe, expect, it } from 'vitest';
import { Vcpu } from '../../../src/engine/vcpu.ts';
import { x64 } from '../../../src/guest/x64/index.ts';
import { state } from '../../../src/guest/x64/state.ts';
import { GuestMemory } from '../../../src/memory/guest-memory.ts';
import { PAGE_SHIFT, PAGE_SIZE, PERMISSION } from '../../../src/memory/layout.ts';

const CODE = 0x100000;
const NEXT = CODE + PAGE_SIZE;
/** cmp edi, esi ; jmp NEXT */
const COMPARE = [0x39, 0xf7, 0xe9, 0xf9, 0x0f, 0x00, 0x00];
/** xor eax, eax ; int3 */
const OVERWRITES = [0x31, 0xc0, 0xcc];
/** setb al ; int3 */
const READS = [0x0f, 0x92, 0xc0, 0xcc];

describe.each([0, 1] as const)('flags that only code on another page reads, tier %i', (tier) => {
  it('are set once that code reads them', () => {
    const memory = GuestMemory.create(1 << 26);
    const { bytes, layout } = memory;
    for (const page of [CODE, NEXT])
      bytes[layout.permissions + (page >> PAGE_SHIFT)] = PERMISSION.READ | PERMISSION.EXECUTE;
    bytes.set(COMPARE, CODE);
    bytes.set(OVERWRITES, NEXT);
    const vcpu = new Vcpu({ guest: x64, memory, tier, compileThreshold: 0, clock: () => 0n });
    const run = (): bigint => {
      vcpu.setI64(state.slot('rax'), 0);
      vcpu.setI64(state.slot('rdi'), 1);
      vcpu.setI64(state.slot('rsi'), 2);
      vcpu.pc = CODE;
      expect(vcpu.run(100)).toMatchObject({ kind: 'trap', trap: { kind: 'breakpoint' } });
      return vcpu.getU64(state.slot('rax'));
    };
    expect(run()).toBe(0n);
    expect(x64.liftBlock({ readU8: (pc) => bytes[pc] ?? -1, readU16: () => -1 }, CODE, 0, 64).reliesOn).toEqual([
      NEXT >> PAGE_SHIFT,
    ]);
    bytes.set(READS, NEXT);
    vcpu.invalidateCode(NEXT, NEXT + PAGE_SIZE);
    expect(run()).toBe(1n);
  });
});

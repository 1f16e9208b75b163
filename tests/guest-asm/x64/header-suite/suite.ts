/** Runs assembly tests with headers on a bare vCPU; see main.mjs. */
import { Vcpu } from '../../../../src/engine/vcpu.ts';
import type { Exit } from '../../../../src/engine/exit.ts';
import { resetFxState, storeFxState, XSTATE_SIZE, XSTATE_YMM } from '../../../../src/guest/x64/fx-image.ts';
import { writeFlags, x64 } from '../../../../src/guest/x64/index.ts';
import { fsBase, gsBase, registers } from '../../../../src/guest/x64/state.ts';
import type { Slot } from '../../../../src/ir/state.ts';
import { GuestMemory } from '../../../../src/memory/guest-memory.ts';
import { PAGE_SHIFT, PAGE_SIZE, PERMISSION } from '../../../../src/memory/layout.ts';
import { parseHeader, type Header } from './header.ts';

export type TestResult =
  | { readonly kind: 'run'; readonly problems: readonly string[] }
  | { readonly kind: 'skipped'; readonly reason: string };

interface Region {
  readonly address: number;
  readonly size: number;
}

const CODE = 0x10000;
/** What every test may use: scratch, room around the reach of an 8-bit displacement, a stack. */
const STACK: Region = { address: 0xd0000000, size: 16 * PAGE_SIZE };
const USUAL: readonly Region[] = [
  { address: 0xe0000000, size: 10 * PAGE_SIZE },
  { address: 0xe8000000 - PAGE_SIZE, size: 2 * PAGE_SIZE },
  STACK,
];
const BUDGET = 20_000_000;

/** Needs of a header that no level of the processor meets. */
const ABSENT: Readonly<Record<string, string>> = {
  '3DNOW': '3DNow!',
  SSE4A: 'SSE4a',
  CLZERO: 'CLZERO',
  CLWB: 'CLWB',
  CLFLOPT: 'CLFLUSHOPT',
  RDPID: 'RDPID',
  AES256: 'VAES',
  EMMI: 'extended MMX',
  AFP: 'a mode of Arm hosts',
  LINUX: 'system calls',
};

/** The only system call that is answered: time(2). */
const SYS_TIME = 201n;
const NOW = 1_000_000_000;

const NAMES = 'RAX RCX RDX RBX RSP RBP RSI RDI R8 R9 R10 R11 R12 R13 R14 R15'.split(' ');
const hex = (value: bigint): string => `0x${value.toString(16)}`;

export class Suite {
  readonly #memory = GuestMemory.create();
  readonly #vcpu: Vcpu;

  #time = 0n;

  /** In tier 1 whatever runs is compiled. */
  constructor(memoryModel: 'strict' | 'range', tier: 0 | 1 = 0) {
    let state = 1n;
    const random = (): bigint => (state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n));
    this.#vcpu = new Vcpu({
      guest: x64,
      ...{ memory: this.#memory, memoryModel, tier, clock: () => 123_456_789n, random },
      ...{ compileThreshold: 0, compileClock: () => this.#time },
    });
  }

  run(code: Uint8Array, source: string): TestResult {
    const header = parseHeader(source);
    const absent = header?.features.map((name) => ABSENT[name]).find((reason) => reason !== undefined);
    if (absent !== undefined) return { kind: 'skipped', reason: `needs ${absent}` };
    const regions = [...USUAL, { address: CODE, size: code.length + 1 }, ...(header?.regions ?? [])];
    if (regions.some(({ address, size }) => address + size > this.#memory.layout.guestLimit))
      return { kind: 'skipped', reason: 'needs addresses beyond the guest memory' };
    for (const region of regions) this.#map(region, PERMISSION.READ | PERMISSION.WRITE | PERMISSION.EXECUTE);
    try {
      this.#memory.bytes.set(code, CODE);
      for (const { address, bytes } of header?.data ?? []) this.#memory.bytes.set(bytes, address);
      return { kind: 'run', problems: this.#execute(header) };
    } finally {
      for (const region of regions) this.#map(region, 0);
    }
  }

  /** Empties a region and gives its pages a permission. */
  #map({ address, size }: Region, permission: number): void {
    const { bytes, layout } = this.#memory;
    const first = address >>> PAGE_SHIFT;
    const end = Math.ceil((address + size) / PAGE_SIZE);
    bytes.fill(0, first * PAGE_SIZE, end * PAGE_SIZE);
    bytes.fill(permission, layout.permissions + first, layout.permissions + end);
    this.#vcpu.invalidateCode(first * PAGE_SIZE, end * PAGE_SIZE);
  }

  #execute(header: Header | null): string[] {
    const vcpu = this.#vcpu;
    for (const slot of [...registers, fsBase, gsBase]) vcpu.setU64(slot, 0n);
    vcpu.setI64(registers[4]!, STACK.address + STACK.size - 64);
    writeFlags((slot, bits) => this.#writeFlag(slot, bits), 0x202);
    resetFxState(vcpu);
    vcpu.syncMode();
    vcpu.pc = CODE;
    // Longer than any page is left to tier 0 because its code changed.
    this.#time += 20_000_000_000n;
    let exit = vcpu.run(BUDGET);
    while (exit.kind === 'syscall' && vcpu.getU64(registers[0]!) === SYS_TIME) {
      vcpu.setI64(registers[0]!, NOW);
      exit = vcpu.run(BUDGET);
    }
    if (!this.#isEnd(exit)) return [`ended with ${describe(exit)}`];
    return [...(header?.registers ?? [])].flatMap(([name, expected]) => this.#compare(name, expected));
  }

  #isEnd(exit: Exit): boolean {
    return exit.kind === 'trap' && exit.trap.kind === 'protection' && this.#memory.bytes[exit.trap.pc] === 0xf4;
  }

  #writeFlag(slot: Slot, bits: bigint): void {
    if (slot.type === 'i64') {
      this.#vcpu.setU64(slot, bits);
      return;
    }
    const bytes = this.#vcpu.slotBytes(slot, 4);
    new DataView(bytes.buffer, bytes.byteOffset, 4).setUint32(0, Number(bits), true);
  }

  #compare(name: string, expected: readonly bigint[]): string[] {
    const actual = this.#valueOf(name);
    return expected.flatMap((value, index) => {
      const found = actual[index];
      const part = expected.length > 1 ? `[${String(index)}]` : '';
      return found === value
        ? []
        : [`${name}${part} ${found === undefined ? 'absent' : hex(found)}, not ${hex(value)}`];
    });
  }

  /** A register's words. MM registers are numbered as the hardware has them, whatever the top of the stack. */
  #valueOf(name: string): readonly bigint[] {
    const vcpu = this.#vcpu;
    const general = NAMES.indexOf(name);
    if (general >= 0) return [vcpu.getU64(registers[general]!)];
    if (name === 'FS') return [vcpu.getU64(fsBase)];
    if (name === 'GS') return [vcpu.getU64(gsBase)];
    const area = new Uint8Array(XSTATE_SIZE);
    storeFxState(vcpu, area);
    const view = new DataView(area.buffer);
    const words = (at: number): bigint[] => [view.getBigUint64(at, true), view.getBigUint64(at + 8, true)];
    const number = Number(/\d+$/.exec(name)?.[0]);
    if (name.startsWith('XMM')) return [...words(160 + 16 * number), ...words(XSTATE_YMM + 16 * number)];
    if (!name.startsWith('MM')) throw new Error(`the header names a register ${name}`);
    const top = (view.getUint16(2, true) >> 11) & 7;
    return words(32 + 16 * ((number - top) & 7));
  }
}

function describe(exit: Exit): string {
  if (exit.kind !== 'trap') return exit.kind;
  const { trap } = exit;
  return `${trap.kind} at ${hex(BigInt(trap.pc))}${'address' in trap && trap.address !== null ? ` for ${hex(trap.address)}` : ''}`;
}

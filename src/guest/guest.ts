/** What the engine needs of a guest architecture. */
import type { Block } from '../ir/block.ts';
import type { Slot, StateLayout } from '../ir/state.ts';

/** Reads guest code. Both methods return -1 where the byte range is not mapped executable. */
export interface CodeSource {
  /** 16 bits at `pc`, little-endian. */
  readU16(pc: number): number;
  readU8(pc: number): number;
}

export interface Disassembly {
  /** Mnemonic and operands as the architecture manual spells them, lower case, one space after the mnemonic. */
  readonly text: string;
  /** Bytes. */
  readonly length: number;
}

export interface Guest {
  readonly name: 'riscv64' | 'aarch64' | 'x64';
  /** Tells guests of one name apart whose code is translated in different ways; absent for the usual one. */
  readonly variant?: string;
  /** `e_machine` of ELF files for this guest. */
  readonly elfMachine: number;
  readonly state: StateLayout;
  /** Initial floating-point environment word (`FP_ENV`). */
  readonly initialFpEnv: number;
  /**
   * Mode bits that the current state asks for (0 where absent); the engine calls it after a `resync` and after the
   * kernel changed state. `fpEnv` is the environment word.
   */
  currentMode?(read: (slot: Slot) => bigint, fpEnv: number): number;
  /**
   * The code [start, end) that the instruction with an encoding makes coherent, one that ends in a `resync` with `flushCode`;
   * null, and absent, for all code.
   */
  synchronizedBy?(
    encoding: number,
    read: (slot: Slot) => bigint,
  ): { readonly start: number; readonly end: number } | null;
  /**
   * Mode bit under which an instruction is lifted in the form that TRAP.CAREFUL asks for; absent where none raises it.
   * Blocks under it hold that instruction alone and end in a jump or branch; the bit lasts until control goes elsewhere.
   */
  readonly careful?: number;
  /**
   * True where stores to code take effect at the next instruction without any barrier: the engine then detects stores
   * to pages that hold translated code.
   */
  readonly coherentCode?: boolean;
  /**
   * Decodes and lifts one block at `pc` under `mode`: up to the first control transfer, at most `maxInstructions`
   * guest instructions (then it ends in a jump to the next one), never past the end of fetchable code (an
   * instruction that cannot be fetched becomes a FETCH_FAULT trap, unless it is not the first of the block: then
   * the block ends in a jump to it).
   */
  liftBlock(source: CodeSource, pc: number, mode: number, maxInstructions: number): Block;
  /** Disassembles the instruction at `pc`; unknown encodings give `.insn` text, unfetchable ones null. */
  disassemble(source: CodeSource, pc: number): Disassembly | null;
}

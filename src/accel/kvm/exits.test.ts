import { beforeEach, describe, expect, it } from 'vitest';
import { decodeExit, isSingleStep } from './exits.ts';
import { supervisorAddress, SYSCALL_STUB, TABLES, VECTOR_STUB_SIZE, VECTOR_STUBS } from './machine-layout.ts';
import { KVM_EXIT, KVM_RUN, REGS, SEGMENT_DPL, SREGS } from './run-structure.ts';

let run: DataView;
let tables: DataView;

beforeEach(() => {
  run = new DataView(new ArrayBuffer(4096));
  tables = new DataView(new ArrayBuffer(TABLES.ENTRIES));
});

interface Registers {
  readonly reason?: number;
  readonly dpl: 0 | 3;
  readonly rip: bigint;
  readonly rsp?: bigint;
  readonly rcx?: bigint;
  readonly r11?: bigint;
  readonly rflags?: bigint;
}

function registers({ reason = KVM_EXIT.HLT, dpl, rip, rsp = 0n, rcx = 0n, r11 = 0n, rflags = 2n }: Registers): void {
  run.setUint32(KVM_RUN.EXIT_REASON, reason, true);
  run.setUint8(KVM_RUN.SREGS + SREGS.CS + SEGMENT_DPL, dpl);
  const values: [number, bigint][] = [
    [REGS.RIP, rip],
    [REGS.RSP, rsp],
    [REGS.RCX, rcx],
    [REGS.R11, r11],
    [REGS.RFLAGS, rflags],
  ];
  for (const [at, value] of values) run.setBigUint64(KVM_RUN.REGS + at, value, true);
}

/** The processor in the stub of a vector, with what it pushed. */
function exception(vector: number, words: readonly bigint[], rip = 1n): void {
  const frame = TABLES.STACK_END - 8 * words.length;
  for (const [index, word] of words.entries()) tables.setBigUint64(frame + 8 * index, word, true);
  const stub = supervisorAddress(TABLES.STUBS + VECTOR_STUBS + vector * VECTOR_STUB_SIZE);
  registers({ dpl: 0, rip: stub + rip, rsp: supervisorAddress(frame) });
}

describe('exits of the processor', () => {
  it('are a system call in its stub, before and behind the hlt', () => {
    for (const step of [0n, 1n]) {
      registers({ dpl: 0, rip: SYSCALL_STUB + step, rsp: 0x7000n, rcx: 0x401002n, r11: 0x246n });
      expect(decodeExit(run, tables)).toEqual({
        kind: 'syscall',
        at: { rip: 0x401002n, rsp: 0x7000n, flags: 0x246 },
      });
    }
  });

  it('are a system call where user code cannot fetch the stub', () => {
    exception(14, [0x15n, SYSCALL_STUB, 0x33n, 0x10002n, 0x7000n, 0x2bn]);
    run.setBigUint64(KVM_RUN.REGS + REGS.RCX, 0x401002n, true);
    run.setBigUint64(KVM_RUN.REGS + REGS.R11, 0x202n, true);
    expect(decodeExit(run, tables)).toEqual({ kind: 'syscall', at: { rip: 0x401002n, rsp: 0x7000n, flags: 0x202 } });
    registers({ reason: 10, dpl: 3, rip: SYSCALL_STUB, rsp: 0x7000n, rcx: 0x401002n, r11: 0x202n });
    expect(decodeExit(run, tables)).toMatchObject({ kind: 'syscall', at: { rip: 0x401002n, rsp: 0x7000n } });
  });

  it('are an exception with the state that was pushed, with or without an error code', () => {
    for (const rip of [0n, 1n]) {
      exception(14, [6n, 0x401000n, 0x33n, 0x246n, 0x7000n, 0x2bn], rip);
      run.setBigUint64(KVM_RUN.SREGS + SREGS.CR2, 0x1234n, true);
      expect(decodeExit(run, tables)).toEqual({
        kind: 'exception',
        ...{ vector: 14, at: { rip: 0x401000n, flags: 0x246, rsp: 0x7000n } },
        fault: { address: 0x1234n, access: 'write' },
      });
    }
    const accesses = [4n, 6n, 7n, 0x15n].map((error) => {
      exception(14, [error, 0x401000n, 0x33n, 0x246n, 0x7000n, 0x2bn]);
      const exit = decodeExit(run, tables);
      return exit.kind === 'exception' ? exit.fault?.access : undefined;
    });
    expect(accesses).toEqual(['read', 'write', 'write', 'execute']);
    exception(0, [0x401000n, 0x33n, 0x246n, 0x7000n, 0x2bn]);
    expect(decodeExit(run, tables)).toMatchObject({
      kind: 'exception',
      vector: 0,
      at: { rip: 0x401000n },
      fault: null,
    });
  });

  it('tell a step of the trap flag from other debug exceptions', () => {
    const kinds = [0x346n, 0x246n].map((flags) => {
      exception(1, [0x401000n, 0x33n, flags, 0x7000n, 0x2bn]);
      const exit = decodeExit(run, tables);
      return exit.kind === 'exception' && isSingleStep(exit);
    });
    expect(kinds).toEqual([true, false]);
  });

  it('are a stop in user code', () => {
    registers({ reason: 10, dpl: 3, rip: 0x401000n, rsp: 0x7000n, rflags: 0x202n });
    expect(decodeExit(run, tables)).toEqual({
      kind: 'stopped',
      ...{ reason: 10, at: { rip: 0x401000n, rsp: 0x7000n, flags: 0x202 } },
    });
  });

  it('are lost anywhere else', () => {
    registers({ dpl: 0, rip: supervisorAddress(TABLES.STUBS + VECTOR_STUBS + 2) });
    expect(decodeExit(run, tables).kind).toBe('lost');
    registers({ dpl: 0, rip: 0x401000n });
    expect(decodeExit(run, tables).kind).toBe('lost');
    registers({ reason: KVM_EXIT.FAIL_ENTRY, dpl: 3, rip: 0x401000n });
    expect(decodeExit(run, tables)).toEqual({ kind: 'lost', reason: KVM_EXIT.FAIL_ENTRY });
    exception(14, [6n, 0x401000n, 0x33n, 0x246n, 0x7000n, 0x2bn]);
    run.setBigUint64(KVM_RUN.REGS + REGS.RSP, 0x1000n, true);
    expect(decodeExit(run, tables).kind).toBe('lost');
  });
});

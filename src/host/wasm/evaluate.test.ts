/** The reference evaluator against executed WebAssembly: memory and atomic rows, which have no folders. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockBuilder } from '../../ir/builder.ts';
import { evaluateBlock } from '../../ir/evaluate.ts';
import type { Op } from '../../ir/op.ts';
import { findOp, opList, type OpName } from '../../ir/ops.ts';
import { StateLayout } from '../../ir/state.ts';
import { testLayout, TestMachine } from '../../ir/testing/random-block.ts';
import { valueSize, type ValueType } from '../../ir/types.ts';
import { FunctionBody, ModuleBuilder } from './encoder.ts';
import { assembleOp } from './template.ts';

const CELL = 64;
const RESULT = 128;
const rows = opList.filter(({ immediate }) => immediate === 'offset');

function bitsOf(type: ValueType): fc.Arbitrary<bigint> {
  const max = (1n << BigInt(8 * valueSize[type])) - 1n;
  return fc.oneof(fc.constantFrom(0n, 1n, 0x80n, 0xffn, 0x8000n, max, max >> 1n), fc.bigInt({ min: 0n, max }));
}

function read(bytes: Uint8Array, at: number, width: number): bigint {
  let bits = 0n;
  for (let i = width - 1; i >= 0; i--) bits = (bits << 8n) | BigInt(bytes[at + i]!);
  return bits;
}

function write(bytes: Uint8Array, at: number, width: number, bits: bigint): void {
  for (let i = 0; i < width; i++) bytes[at + i] = Number((bits >> BigInt(8 * i)) & 0xffn);
}

/** Runs a memory row on CELL in WebAssembly; gives its result and the cell's 16 bytes. */
function executor(op: Op): (cell: bigint, values: readonly bigint[]) => { result: bigint; cell: bigint } {
  const builder = new ModuleBuilder();
  builder.memory({ min: 1 });
  builder.exportMemory('memory');
  const ref = builder.declareFunction('f', [], []);
  // Nobody else is there to be locked out.
  const nothing = builder.declareFunction('nothing', [], []);
  builder.defineFunction(nothing, new FunctionBody([]));
  const body = new FunctionBody([]);
  if (op.result !== null) body.i32Const(RESULT);
  assembleOp(body, op, {
    operand(index) {
      if (index === 0) {
        body.i32Const(CELL);
        return;
      }
      body.i32Const(16 * (index - 1));
      body.load(`${op.params[index]!}.load`);
    },
    vcpu: () => body.emit('unreachable'),
    imm: 0,
    runtimeFunction(name) {
      if (!name.startsWith('pair.')) throw new Error(name);
      return nothing;
    },
    scratch: (_, type) => body.local(type),
  });
  if (op.result !== null) body.store(`${op.result}.store`);
  builder.defineFunction(ref, body);
  builder.exportFunction('f', ref);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(builder.build()));
  const bytes = new Uint8Array((exports.memory as WebAssembly.Memory).buffer);
  return (cell, values) => {
    write(bytes, CELL, 16, cell);
    values.forEach((bits, index) => write(bytes, 16 * index, 16, bits));
    (exports.f as () => void)();
    const result = op.result === null ? 0n : read(bytes, RESULT, valueSize[op.result]);
    return { result, cell: read(bytes, CELL, 16) };
  };
}

/** The same by the evaluator: operands come from slots, the result goes to one. */
function evaluate(op: Op, initial: bigint, values: readonly bigint[]): { result: bigint; cell: bigint } {
  const slots = op.params.map((type, index) => ({ name: `p${index}`, type }));
  const layout = new StateLayout(op.result === null ? slots : [...slots, { name: 'result', type: op.result }]);
  const builder = new BlockBuilder(layout, 0x1000, 0);
  builder.instruction(0x1000, 4);
  const [a, b, c] = slots.map(({ name }) => builder.get(layout.slot(name)));
  const value = builder.opImm(op.name as OpName, -16, a, b, c);
  if (op.result !== null) builder.set(layout.slot('result'), value);
  builder.jump(0x1004);
  const bytes = new Uint8Array(256);
  write(bytes, CELL, 16, initial);
  const state = new Map([['p0', BigInt(CELL + 16)], ...values.map((bits, i) => [`p${i + 1}`, bits] as const)]);
  evaluateBlock(builder.finish(), {
    readSlot: ({ name }) => state.get(name)!,
    writeSlot: ({ name }, bits) => void state.set(name, bits),
    load: (vaddr, width) => read(bytes, Number(vaddr), width),
    store: (vaddr, width, bits) => {
      write(bytes, Number(vaddr), width, bits);
      return true;
    },
    operation: () => expect.fail('memory rows are evaluated without the machine'),
  });
  return { result: state.get('result') ?? 0n, cell: read(bytes, CELL, 16) };
}

describe('memory rows', () => {
  it.each(rows.map(({ name }) => name))('%s evaluates as it executes', (name) => {
    const op = findOp(name)!;
    const execute = executor(op);
    const operands = fc.tuple(...op.params.slice(1).map(bitsOf));
    fc.assert(
      fc.property(bitsOf('v128'), operands, fc.boolean(), (cell, values, equal) => {
        // A comparison that succeeds is rare by chance.
        const bits = 8 * (op.width ?? 0);
        if (equal && values.length > 0) values[0] = BigInt.asUintN(bits, cell);
        expect(evaluate(op, cell, values)).toEqual(execute(cell, values));
      }),
    );
  });
});

describe('outcomes', () => {
  function run(build: (builder: BlockBuilder) => void): unknown {
    const builder = new BlockBuilder(testLayout, 0x1_0000_0000, 0);
    builder.instruction(0x1_0000_0000, 4);
    builder.instruction(0x1_0000_0004, 4);
    build(builder);
    return evaluateBlock(builder.finish(), new TestMachine());
  }

  /** An address that the test machine does not map. */
  const unmapped = 31 * 4096;

  it('name the guest instruction of a fault, above 4 GiB too', () => {
    const load = run((b) => {
      b.opImm('i64.load', 8, b.i64(unmapped));
      b.jump(0);
    });
    expect(load).toEqual({ kind: 'fault', pc: 0x1_0000_0004, address: BigInt(unmapped + 8), access: 'read' });
    const store = run((b) => {
      b.op('i64.store8', b.i64(unmapped), b.i64(1));
      b.jump(0);
    });
    expect(store).toEqual({ kind: 'fault', pc: 0x1_0000_0004, address: BigInt(unmapped), access: 'write' });
  });

  it('are traps, transfers and kernel entries', () => {
    const trapIf = (condition: number): unknown =>
      run((b) => {
        b.trapIf(b.i32(condition), 2);
        b.jump(16);
      });
    expect(trapIf(3)).toEqual({ kind: 'trap', trap: 2, pc: 0x1_0000_0004, detail: 0 });
    expect(trapIf(0)).toEqual({ kind: 'continue', pc: 16n });
    expect(run((b) => b.trap(1, 5, 7))).toEqual({ kind: 'trap', trap: 1, pc: 5, detail: 7 });
    expect(run((b) => b.branch(b.i32(2), 4, 8))).toEqual({ kind: 'continue', pc: 4n });
    expect(run((b) => b.branch(b.i32(0), 4, 8))).toEqual({ kind: 'continue', pc: 8n });
    expect(run((b) => b.indirect(b.i64(-2), 'jump'))).toEqual({ kind: 'continue', pc: (1n << 64n) - 2n });
    expect(run((b) => b.syscall(12))).toEqual({ kind: 'syscall', pc: 12n });
    expect(run((b) => b.resync(12, false))).toEqual({ kind: 'resync', pc: 12n });
  });
});

/** Every operation, through lowering and the generated interpreter, against its template compiled on its own. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFpImports } from '../../fp/imports.ts';
import { BlockBuilder } from '../../ir/builder.ts';
import type { Op } from '../../ir/op.ts';
import { opList, type OpName } from '../../ir/ops.ts';
import { runtimeFunctions } from '../../ir/runtime-functions.ts';
import { StateLayout } from '../../ir/state.ts';
import { VCPU } from '../../ir/vcpu-layout.ts';
import { valueSize, valueTypes, type ValueType } from '../../ir/types.ts';
import { GuestMemory } from '../../memory/guest-memory.ts';
import { PERMISSION } from '../../memory/layout.ts';
import { FunctionBody, ModuleBuilder } from '../wasm/encoder.ts';
import { RUNTIME_MODULE, RuntimeLibrary } from '../wasm/runtime-library.ts';
import { assembleOp } from '../wasm/template.ts';
import { EXIT } from './exits.ts';
import { instantiateInterpreter, interpreterModule, microOpSet } from './instance.ts';
import { Lowering } from './lower.ts';

const layout = new StateLayout(
  valueTypes.flatMap((type) => ['0', '1', '2', 'r'].map((name) => ({ name: `${type}.${name}`, type }))),
);
const memory = GuestMemory.create(1 << 26);
const vcpu = memory.layout.vcpus;
const DATA = 0x20000;
const imports = {
  ...createFpImports(() => memory.view),
  'input.time': () => 5n,
  'input.random': () => 8n,
  'input.instructions': () => 6n,
  'pair.lock': () => undefined,
  'pair.unlock': () => undefined,
};
const interpreter = instantiateInterpreter(interpreterModule(memory.layout, 'strict'), memory, imports);
const words = new Int32Array(memory.memory.buffer);
memory.bytes[memory.layout.permissions + (DATA >> 12)] = PERMISSION.READ | PERMISSION.WRITE;

const slotOf = (type: ValueType, name: string) => layout.slot(`${type}.${name}`);
const slotBytes = (type: ValueType, name: string): Uint8Array => {
  const { offset } = slotOf(type, name);
  return memory.bytes.subarray(vcpu + offset, vcpu + offset + valueSize[type]);
};

/** One exported function `f()` that reads the operand slots, applies the template, and writes the result slot. */
function standalone(op: Op, imm: number, lanes: readonly [bigint, bigint]): () => void {
  const module = new ModuleBuilder();
  module.importMemory('env', 'memory', { min: 0, max: 65536 });
  const library = new RuntimeLibrary(module, runtimeFunctions);
  const body = new FunctionBody([]);
  const locals = op.params.map((type, index) => {
    const local = body.local(isAddress(op, index) ? 'i32' : type);
    body.i32Const(vcpu);
    body.load(`${isAddress(op, index) ? 'i32' : type}.load` as 'i32.load', slotOf(type, String(index)).offset);
    if (isAddress(op, index)) {
      body.i32Const(imm);
      body.emit('i32.add');
    }
    body.localSet(local);
    return local;
  });
  if (op.result !== null) body.i32Const(vcpu);
  assembleOp(body, op, {
    operand: (index) => {
      body.localGet(locals[index]!);
    },
    vcpu: () => {
      body.i32Const(vcpu);
    },
    imm,
    lanes,
    runtimeFunction: (name) => library.use(name),
    scratch: (_name, type) => body.local(type),
  });
  if (op.result !== null) body.store(`${op.result}.store` as 'i32.store', slotOf(op.result, 'r').offset);
  const ref = module.declareFunction('f', [], []);
  module.defineFunction(ref, body);
  library.defineFunctions();
  module.exportFunction('f', ref);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.build()), {
    env: { memory: memory.memory },
    [RUNTIME_MODULE]: imports,
  });
  return instance.exports['f'] as () => void;
}

function isMemory(op: Op): boolean {
  return ['load', 'store', 'atomic'].includes(op.effect) && op.width !== undefined;
}

function isAddress(op: Op, index: number): boolean {
  return index === 0 && isMemory(op);
}

/** Runs the operation through tier 0, from and to the same slots. */
function throughInterpreter(op: Op, imm: number, lanes: readonly [bigint, bigint]): void {
  const builder = new BlockBuilder(layout, 0x10000, 0);
  builder.instruction(0x10000, 4);
  const [a, b, c] = op.params.map((type, index) => builder.get(slotOf(type, String(index))));
  const name = op.name as OpName;
  const value = op.immediate === 'shuffle' ? builder.opWide(name, ...lanes, a, b) : builder.opImm(name, imm, a, b, c);
  if (op.result !== null) builder.set(slotOf(op.result, 'r'), value);
  builder.syscall(0x10004);
  new Lowering(microOpSet()).lower(builder.finish(), words, memory.layout.heap);
  expect(interpreter.run(vcpu, memory.layout.heap, 100)).toBe(EXIT.SYSCALL);
}

const laneCount = (op: Op): number => Number(/x(\d+)\./.exec(op.name)?.[1] ?? 1);

describe('every operation through tier 0 does what its template does', () => {
  for (const op of opList) {
    it(op.name, () => {
      const immediates = op.immediate === 'lane' ? laneCount(op) : op.immediate === 'index' ? 5 : 1;
      for (let imm = 0; imm < immediates; imm++) {
        const lanes = [0x1f1e_0100_0f10_1102n, 0x0304_1305_0607_1c1dn] as const;
        const displacement = op.immediate === 'offset' ? 16 : imm;
        const reference = standalone(op, displacement, lanes);
        const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
          fc.uint8Array({ minLength: length, maxLength: length });
        const check = (operands: Uint8Array[], data: Uint8Array): void => {
          const run = (action: () => void): unknown => {
            memory.view.setInt32(vcpu + VCPU.FP_ENV, 0, true);
            memory.bytes.set(data, DATA);
            for (const [index, type] of op.params.entries()) {
              slotBytes(type, String(index)).set(operands[index]!.subarray(0, valueSize[type]));
              if (isAddress(op, index)) {
                memory.view.setBigInt64(vcpu + slotOf(type, '0').offset, BigInt(DATA), true);
              }
            }
            if (op.result !== null) slotBytes(op.result, 'r').fill(0xa5);
            action();
            return {
              env: memory.view.getInt32(vcpu + VCPU.FP_ENV, true),
              result: op.result === null ? [] : [...slotBytes(op.result, 'r')],
              data: [...memory.bytes.subarray(DATA, DATA + 64)],
            };
          };
          const wanted = run(reference);
          expect(run(() => throughInterpreter(op, displacement, lanes))).toEqual(wanted);
        };
        fc.assert(
          fc.property(fc.tuple(bytes(16), bytes(16), bytes(16)), bytes(64), (operands, data) => {
            check(operands, data);
          }),
          { numRuns: immediates > 1 ? 3 : 8 },
        );
      }
    });
  }
});

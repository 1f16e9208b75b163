/** Runs single rows of the operation table in WebAssembly, in an environment. Tests only. */
import { createFpImports } from '../../fp/imports.ts';
import { FunctionBody, ModuleBuilder } from '../../host/wasm/encoder.ts';
import { RuntimeLibrary, RUNTIME_MODULE } from '../../host/wasm/runtime-library.ts';
import { assembleOp } from '../../host/wasm/template.ts';
import type { Op } from '../op.ts';
import { runtimeFunctions } from '../runtime-functions.ts';
import { valueSize, type ValueType } from '../types.ts';

const OPERANDS = 0;
const RESULT = 64;
const VCPU = 128;

/** One function for each op and immediate, its operands and result in memory, so that bits are exact. */
export class OpRunner {
  readonly #view: DataView;
  readonly #run: Record<string, () => void>;

  constructor(list: readonly (readonly [op: Op, imm: number])[]) {
    const builder = new ModuleBuilder();
    builder.importMemory('env', 'memory', { min: 0 });
    const library = new RuntimeLibrary(builder, runtimeFunctions);
    for (const [op, imm] of list) define(builder, library, op, imm);
    library.defineFunctions();
    const memory = new WebAssembly.Memory({ initial: 1 });
    this.#view = new DataView(memory.buffer);
    const imports: Record<string, () => bigint> = {};
    for (const [name, row] of Object.entries(runtimeFunctions)) if (row.kind === 'import') imports[name] = () => 0n;
    const instance = new WebAssembly.Instance(new WebAssembly.Module(builder.build()), {
      env: { memory },
      [RUNTIME_MODULE]: { ...imports, ...createFpImports(() => this.#view) },
    });
    this.#run = instance.exports as Record<string, () => void>;
  }

  /** The result, and the environment word afterwards. */
  run(op: Op, imm: number, operands: readonly bigint[], env = 0): { result: bigint; env: number } {
    operands.forEach((bits, index) => {
      this.#view.setBigUint64(OPERANDS + 16 * index, BigInt.asUintN(64, bits), true);
      this.#view.setBigUint64(OPERANDS + 16 * index + 8, bits >> 64n, true);
    });
    this.#view.setInt32(VCPU, env, true);
    this.#run[`${op.name} ${imm}`]!();
    return { result: op.result === null ? 0n : this.#read(op.result), env: this.#view.getInt32(VCPU, true) };
  }

  #read(type: ValueType): bigint {
    const low = this.#view.getBigUint64(RESULT, true);
    if (type === 'v128') return low | (this.#view.getBigUint64(RESULT + 8, true) << 64n);
    return BigInt.asUintN(8 * valueSize[type], low);
  }
}

function define(builder: ModuleBuilder, library: RuntimeLibrary, op: Op, imm: number): void {
  const name = `${op.name} ${imm}`;
  const ref = builder.declareFunction(name, [], []);
  const body = new FunctionBody([]);
  if (op.result !== null) body.i32Const(RESULT);
  assembleOp(body, op, {
    operand: (index) => {
      body.i32Const(OPERANDS + 16 * index);
      body.load(`${op.params[index]!}.load`);
    },
    vcpu: () => body.i32Const(VCPU),
    imm,
    runtimeFunction: (callee) => library.use(callee),
    scratch: (_, type) => body.local(type),
  });
  if (op.result !== null) body.store(`${op.result}.store`);
  builder.defineFunction(ref, body);
  builder.exportFunction(name, ref);
}

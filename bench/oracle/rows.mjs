// @ts-check
/**
 * What rows of the operation table compute, over unsigned BigInts: their folders, soft-float, and where a row has neither
 * (vectors, x87, cryptography) its own template, instantiated for that row alone.
 */
const dist = new URL('../../dist/', import.meta.url).href;
/** @type {typeof import('../../src/fp/environment.ts')} */
const { FpEnvironment } = await import(`${dist}fp/environment.js`);
/** @type {typeof import('../../src/fp/fp-env.ts')} */
const { ROUNDING } = await import(`${dist}fp/fp-env.js`);
/** @type {typeof import('../../src/fp/imports.ts')} */
const { createFpImports } = await import(`${dist}fp/imports.js`);
/** @type {typeof import('../../src/fp/soft-ops.ts')} */
const { softOps } = await import(`${dist}fp/soft-ops.js`);
/** @type {typeof import('../../src/host/wasm/encoder.ts')} */
const { FunctionBody, ModuleBuilder } = await import(`${dist}host/wasm/encoder.js`);
/** @type {typeof import('../../src/host/wasm/runtime-library.ts')} */
const { RuntimeLibrary, RUNTIME_MODULE } = await import(`${dist}host/wasm/runtime-library.js`);
/** @type {typeof import('../../src/host/wasm/template.ts')} */
const { assembleOp } = await import(`${dist}host/wasm/template.js`);
/** @type {typeof import('../../src/ir/runtime-functions.ts')} */
const { runtimeFunctions } = await import(`${dist}ir/runtime-functions.js`);
/** @type {typeof import('../../src/ir/types.ts')} */
const { valueSize } = await import(`${dist}ir/types.js`);
/** @type {typeof import('../../src/ir/vcpu-layout.ts')} */
const { VCPU, VCPU_SIZE } = await import(`${dist}ir/vcpu-layout.js`);

/**
 * @typedef {import('../../src/ir/op.ts').Op} Op
 * @typedef {import('../../src/ir/block.ts').Inst} Inst
 * @typedef {(a: bigint, b: bigint, c: bigint) => bigint} Compute
 * @typedef {{ readonly time: () => bigint, readonly random: () => bigint, readonly instructions: () => bigint }} Inputs
 */

/** Where a template finds its operands and leaves its result, behind the vCPU block. */
const OPERANDS = VCPU_SIZE;
const RESULT = OPERANDS + 64;

const soft = new Map(softOps.map((op) => [op.name, op]));

/** Rows by what they compute, for one vCPU block, which begins `memory`. */
export class Rows {
  /** @type {WebAssembly.Memory} */
  #memory;
  /** @type {DataView} */
  #view;
  /** @type {Inputs} */
  #inputs;
  /** @type {Map<string, Compute>} */
  #templates = new Map();

  /** @param {WebAssembly.Memory} memory @param {Inputs} inputs */
  constructor(memory, inputs) {
    this.#memory = memory;
    this.#view = new DataView(memory.buffer);
    this.#inputs = inputs;
  }

  /** @param {Op} op @param {Inst} inst @returns {Compute} */
  compute(op, inst) {
    if (op.fold !== undefined) return op.fold;
    if (op.effect === 'input') return this.#input(op.name);
    if (op.effect === 'fence') return () => 0n;
    const operation = soft.get(op.name.replace(/_rm$/, ''));
    if (operation === undefined) return this.#template(op, inst);
    return this.#soft(operation, op, op.name.endsWith('_rm') ? inst.lo : ROUNDING.DYNAMIC);
  }

  /** @param {string} name @returns {Compute} */
  #input(name) {
    const source = { 'input.time': 'time', 'input.random': 'random', 'input.instructions': 'instructions' }[name];
    if (source === undefined) throw new TypeError(`${name} is no input`);
    return () => BigInt.asUintN(64, this.#inputs[/** @type {keyof Inputs} */ (source)]());
  }

  /**
   * @param {import('../../src/fp/soft-ops.ts').SoftOp} operation
   * @param {Op} op @param {number} rounding @returns {Compute}
   */
  #soft({ run }, op, rounding) {
    const bits = 8 * valueSize[op.result ?? 'i64'];
    return (a, b, c) => {
      const word = this.#view.getInt32(VCPU.FP_ENV, true);
      const env = new FpEnvironment(word);
      if (rounding !== ROUNDING.DYNAMIC) env.rounding = rounding;
      const result = run(a, b, c, env);
      this.#view.setInt32(VCPU.FP_ENV, word | env.flags, true);
      return BigInt.asUintN(bits, result);
    };
  }

  /** @param {Op} op @param {Inst} inst @returns {Compute} */
  #template(op, inst) {
    const lanes = op.immediate === 'shuffle' ? [this.#half(inst.lo, inst.hi), BigInt.asUintN(64, inst.wide)] : [];
    const key = [op.name, inst.lo, ...lanes].join(' ');
    let known = this.#templates.get(key);
    if (known === undefined) this.#templates.set(key, (known = this.#instantiate(op, inst.lo, lanes)));
    return known;
  }

  /** @param {number} lo @param {number} hi */
  #half(lo, hi) {
    return (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
  }

  /** @param {Op} op @param {number} imm @param {readonly bigint[]} lanes @returns {Compute} */
  #instantiate(op, imm, lanes) {
    const module = new ModuleBuilder();
    module.importMemory('env', 'memory', { min: 0 });
    const library = new RuntimeLibrary(module, runtimeFunctions);
    const ref = module.declareFunction('f', [], []);
    const body = new FunctionBody([]);
    if (op.result !== null) body.i32Const(RESULT);
    assembleOp(body, op, {
      operand: (index) => {
        body.i32Const(OPERANDS + 16 * index);
        body.load(`${op.params[index] ?? 'i32'}.load`);
      },
      vcpu: () => body.i32Const(0),
      imm,
      ...(lanes.length === 0 ? {} : { lanes: /** @type {[bigint, bigint]} */ ([...lanes]) }),
      runtimeFunction: (callee) => library.use(callee),
      scratch: (_, type) => body.local(type),
    });
    if (op.result !== null) body.store(`${op.result}.store`);
    module.defineFunction(ref, body);
    module.exportFunction('f', ref);
    library.defineFunctions();
    const instance = new WebAssembly.Instance(new WebAssembly.Module(module.build()), {
      env: { memory: this.#memory },
      [RUNTIME_MODULE]: { ...createFpImports(() => this.#view) },
    });
    const run = /** @type {() => void} */ (instance.exports['f']);
    return (a, b, c) => {
      this.#put(0, a);
      this.#put(1, b);
      this.#put(2, c);
      run();
      return op.result === null ? 0n : this.#result(op.result);
    };
  }

  /** @param {number} index @param {bigint} bits */
  #put(index, bits) {
    this.#view.setBigUint64(OPERANDS + 16 * index, BigInt.asUintN(64, bits), true);
    this.#view.setBigUint64(OPERANDS + 16 * index + 8, BigInt.asUintN(64, bits >> 64n), true);
  }

  /** @param {import('../../src/ir/types.ts').ValueType} type */
  #result(type) {
    const low = this.#view.getBigUint64(RESULT, true);
    if (type === 'v128') return low | (this.#view.getBigUint64(RESULT + 8, true) << 64n);
    return BigInt.asUintN(8 * valueSize[type], low);
  }
}

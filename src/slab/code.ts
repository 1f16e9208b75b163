/**
 * A small language for WebAssembly functions over 32-bit integers, so that an allocator reads like one: expressions are
 * functions that push their value, statements are methods of `Code`.
 */
import { FunctionBody, type FunctionRef, type ModuleBuilder } from '../host/wasm/encoder.ts';
import type { InstructionName } from '../host/wasm/opcodes.ts';
import type { ValueType } from '../ir/types.ts';

/** Writes code that pushes one i32. */
export type Push = (body: FunctionBody) => void;

export class Local {
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }
}

/** An i32: a constant, what a local holds, or what an expression gives. */
export type Value = number | Local | Push;

function push(body: FunctionBody, value: Value): void {
  if (typeof value === 'number') body.i32Const(value | 0);
  else if (value instanceof Local) body.localGet(value.index);
  else value(body);
}

const binary =
  (name: InstructionName) =>
  (a: Value, b: Value): Push =>
  (body) => {
    push(body, a);
    push(body, b);
    body.emit(name);
  };
const unary =
  (name: InstructionName) =>
  (a: Value): Push =>
  (body) => {
    push(body, a);
    body.emit(name);
  };
const loadOf =
  (name: InstructionName) =>
  (address: Value, offset = 0): Push =>
  (body) => {
    push(body, address);
    body.load(name, offset);
  };

// Comparisons are of unsigned numbers.
export const add = binary('i32.add');
export const sub = binary('i32.sub');
export const mul = binary('i32.mul');
export const and = binary('i32.and');
export const or = binary('i32.or');
export const shl = binary('i32.shl');
export const shr = binary('i32.shr_u');
export const rotr = binary('i32.rotr');
export const eq = binary('i32.eq');
export const ne = binary('i32.ne');
export const lt = binary('i32.lt_u');
export const ge = binary('i32.ge_u');
export const gt = binary('i32.gt_u');
export const not = unary('i32.eqz');
export const clz = unary('i32.clz');
export const ctz = unary('i32.ctz');
export const load = loadOf('i32.load');
export const load8 = loadOf('i32.load8_u');
export const atomicLoad = loadOf('i32.atomic.load');

export const call =
  (target: FunctionRef, ...args: readonly Value[]): Push =>
  (body) => {
    for (const arg of args) push(body, arg);
    body.call(target);
  };

export const globalGet =
  (index: number): Push =>
  (body) =>
    body.emit('global.get', index);

/** A read-modify-write of memory that gives the value from before. */
export const exchange =
  (name: InstructionName, address: Value, offset: number, ...operands: readonly Value[]): Push =>
  (body) => {
    push(body, address);
    for (const operand of operands) push(body, operand);
    body.access(name, offset);
  };

/** The statements of one function. */
export class Code {
  readonly #body: FunctionBody;

  constructor(body: FunctionBody) {
    this.#body = body;
  }

  /** A new local that holds `value` from here on. */
  let(value: Value): Local {
    const local = new Local(this.#body.local('i32'));
    this.set(local, value);
    return local;
  }

  set(local: Local, value: Value): void {
    push(this.#body, value);
    this.#body.localSet(local.index);
  }

  globalSet(index: number, value: Value): void {
    push(this.#body, value);
    this.#body.emit('global.set', index);
  }

  store(address: Value, offset: number, value: Value): void {
    this.#store('i32.store', address, offset, value);
  }

  store8(address: Value, offset: number, value: Value): void {
    this.#store('i32.store8', address, offset, value);
  }

  /** Adds to a 32-bit number in memory. */
  addTo(address: Value, offset: number, value: Value): void {
    this.store(address, offset, add(load(address, offset), value));
  }

  /** Adds a 32-bit number, unsigned, to a 64-bit one in memory. */
  addTo64(address: Value, offset: number, value: Value): void {
    this.#change64(address, offset, () => {
      push(this.#body, value);
      this.#body.emit('i64.extend_i32_u');
    });
  }

  /** Adds one 64-bit number in memory to another. */
  addFrom64(address: Value, offset: number, from: Value, fromOffset: number): void {
    this.#change64(address, offset, () => {
      push(this.#body, from);
      this.#body.load('i64.load', fromOffset);
    });
  }

  /** Sets `length` bytes to zero. */
  clear(address: Value, length: Value): void {
    push(this.#body, address);
    this.#body.i32Const(0);
    push(this.#body, length);
    this.#body.emit('memory.fill');
  }

  if(condition: Value, then: () => void, otherwise?: () => void): void {
    push(this.#body, condition);
    this.#body.if();
    then();
    if (otherwise !== undefined) {
      this.#body.else();
      otherwise();
    }
    this.#body.end();
  }

  while(condition: Value, each: () => void): void {
    this.#body.block();
    this.#body.loop();
    push(this.#body, condition);
    this.#body.emit('i32.eqz');
    this.#body.brIf(1);
    each();
    this.#body.br(0);
    this.#body.end();
    this.#body.end();
  }

  return(value?: Value): void {
    if (value !== undefined) push(this.#body, value);
    this.#body.return();
  }

  /** Evaluates what gives no value. */
  run(effect: Push): void {
    effect(this.#body);
  }

  /** Evaluates, and drops the value. */
  drop(value: Value): void {
    push(this.#body, value);
    this.#body.emit('drop');
  }

  #store(name: InstructionName, address: Value, offset: number, value: Value): void {
    push(this.#body, address);
    push(this.#body, value);
    this.#body.store(name, offset);
  }

  #change64(address: Value, offset: number, pushAddend: () => void): void {
    push(this.#body, address);
    push(this.#body, address);
    this.#body.load('i64.load', offset);
    pushAddend();
    this.#body.emit('i64.add');
    this.#body.store('i64.store', offset);
  }
}

export interface Signature {
  /** How many i32 it takes, and gives: 0 or 1. */
  readonly params: number;
  readonly results: 0 | 1;
  /** Whether the module exports it, by its name. */
  readonly exported?: boolean;
}

/** Adds a function to the module; `write` gets its parameters as locals. */
export function define(
  module: ModuleBuilder,
  name: string,
  { params, results, exported = false }: Signature,
  write: (code: Code, ...params: Local[]) => void,
): FunctionRef {
  const types = (count: number): ValueType[] => new Array<ValueType>(count).fill('i32');
  const ref = module.declareFunction(name, types(params), types(results));
  const body = new FunctionBody(types(params));
  write(new Code(body), ...types(params).map((_, index) => new Local(index)));
  // All ways out of a function with a result are `return`s.
  if (results === 1) body.emit('unreachable');
  module.defineFunction(ref, body);
  if (exported) module.exportFunction(name, ref);
  return ref;
}

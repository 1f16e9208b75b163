import wabtFactory from 'wabt';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ValueType } from '../../ir/types.ts';
import { FunctionBody, ModuleBuilder } from './encoder.ts';
import { findInstruction, instructions, type Instruction, type InstructionName } from './opcodes.ts';

const features = {
  simd: true,
  relaxed_simd: true,
  threads: true,
  tail_call: true,
  bulk_memory: true,
  reference_types: true,
  sat_float_to_int: true,
  sign_extension: true,
  mutable_globals: true,
  multi_value: true,
};
let wabt: Awaited<ReturnType<typeof wabtFactory>>;
beforeAll(async () => {
  wabt = await wabtFactory();
});

/** Validates with wabt and gives the module's text. */
function disassemble(bytes: Uint8Array, names = false): string {
  const module = wabt.readWasm(bytes, { ...features, readDebugNames: names });
  try {
    // The typings omit the argument, without which only default features validate.
    (module as { validate(options: object): void }).validate(features);
    if (names) module.applyNames();
    return module.toText({});
  } finally {
    module.destroy();
  }
}

function instantiate(builder: ModuleBuilder, imports: WebAssembly.Imports = {}): WebAssembly.Exports {
  return new WebAssembly.Instance(new WebAssembly.Module(builder.build()), imports).exports;
}

function immediatesFor(instruction: Instruction): (number | bigint)[] {
  return instruction.immediates.flatMap((kind): (number | bigint)[] => {
    switch (kind) {
      case 'v128':
        return [1n, 2n];
      case 'lanes':
        return [0x0706050403020100n, 0x1716151413121110n];
      case 'i64':
      case 'f64':
        return [5n];
      case 'zero':
      case 'memory':
        return [];
      default:
        return [1];
    }
  });
}

/** A module whose one function executes `name` on its parameters. */
function moduleFor(name: InstructionName): Uint8Array {
  const instruction = instructions()[name];
  const builder = new ModuleBuilder();
  builder.memory({ min: 1, max: 2, shared: true });
  builder.table({ min: 2 });
  builder.table({ min: 2, max: 4 });
  const params = (instruction.params ?? []) as ValueType[];
  const results = (instruction.results ?? []) as ValueType[];
  const f = builder.declareFunction('f', params, results);
  const body = new FunctionBody(params);
  for (const index of params.keys()) body.localGet(index);
  body.emit(name, ...immediatesFor(instruction));
  builder.defineFunction(f, body);
  return builder.build();
}

const numeric = Object.values(instructions()).filter(
  ({ name, params, results, immediates }) =>
    params !== null &&
    ![...params, ...(results ?? [])].includes('ref') &&
    !immediates.some((kind) => kind === 'data' || kind === 'element') &&
    name !== 'nop',
);

describe('every instruction', () => {
  it('is in the table once, under one encoding', () => {
    const encodings = new Set(Object.values(instructions()).map(({ prefix, code }) => prefix * 1000 + code));
    expect(encodings.size).toBe(Object.keys(instructions()).length);
    expect(Object.keys(instructions()).length).toBeGreaterThan(480);
    expect(findInstruction('i32.frobnicate')).toBeUndefined();
    expect(findInstruction('toString')).toBeUndefined();
  });

  it.each(numeric.map(({ name }) => name))('%s validates under its own name', (name) => {
    const text = disassemble(moduleFor(name));
    expect(text.split(/[\s()]+/)).toContain(name);
  });

  it('has the natural alignment that wabt prints nothing for', () => {
    for (const { name, access } of numeric) {
      if (access > 0) expect(disassemble(moduleFor(name)), name).not.toContain('align=');
    }
  });
});

describe('control flow, references and tables', () => {
  it('runs calls in any order, indirect and tail calls', () => {
    const builder = new ModuleBuilder();
    const unary = builder.type(['i32'], ['i32']);
    const table = builder.table({ min: 3, max: 3 });
    const main = builder.declareFunction('main', ['i32', 'i32'], ['i32']);
    const twice = builder.declareFunction('twice', ['i32'], ['i32']);
    const tail = builder.declareFunction('tail', ['i32'], ['i32']);
    const host = builder.importFunction('env', 'host', ['i32'], ['i32']);
    builder.elements(table, 0, [twice, tail, host]);
    builder.declareReference(twice);

    const mainBody = new FunctionBody(['i32', 'i32']);
    mainBody.localGet(0);
    mainBody.localGet(1);
    mainBody.callIndirect(unary, table);
    mainBody.call(twice);
    mainBody.refFunc(twice);
    mainBody.emit('drop');
    builder.defineFunction(main, mainBody);

    const twiceBody = new FunctionBody(['i32']);
    twiceBody.localGet(0);
    twiceBody.i32Const(2);
    twiceBody.emit('i32.mul');
    builder.defineFunction(twice, twiceBody);

    const tailBody = new FunctionBody(['i32']);
    tailBody.localGet(0);
    tailBody.i32Const(1);
    tailBody.emit('i32.add');
    tailBody.localGet(0);
    tailBody.if();
    tailBody.localGet(0);
    tailBody.i32Const(2);
    tailBody.returnCallIndirect(unary, table);
    tailBody.end();
    tailBody.returnCall(host);
    builder.defineFunction(tail, tailBody);
    builder.exportFunction('main', main);
    expect(builder.functionIndex(main)).toBe(1);

    const exports = instantiate(builder, { env: { host: (x: number) => x + 100 } }) as {
      main(x: number, index: number): number;
    };
    expect(exports.main(5, 0)).toBe(20);
    expect(exports.main(5, 1)).toBe(210);
    expect(exports.main(0, 1)).toBe(202);
    expect(exports.main(5, 2)).toBe(210);
  });

  it('runs br_table, loops, typed blocks and select', () => {
    const builder = new ModuleBuilder();
    const f = builder.declareFunction('f', ['i32'], ['i64']);
    const body = new FunctionBody(['i32']);
    body.block();
    body.block();
    body.block();
    body.localGet(0);
    body.brTable([0, 1], 2);
    body.end();
    body.i64Const(10, 0);
    body.return();
    body.end();
    body.i64ConstBig(-(2n ** 63n));
    body.return();
    body.end();
    body.block('i64');
    body.i64Const(-1, 0);
    body.i64Const(7, -1);
    body.localGet(0);
    body.i32Const(5);
    body.emit('i32.gt_u');
    body.selectTyped('i64');
    body.localGet(0);
    body.brIf(0);
    body.emit('drop');
    body.emit('unreachable');
    body.end();
    builder.defineFunction(f, body);
    builder.exportFunction('f', f);
    const { f: run } = instantiate(builder) as { f: (x: number) => bigint };
    expect(run(0)).toBe(10n);
    expect(run(1)).toBe(-(2n ** 63n));
    expect(run(2)).toBe((-1n << 32n) + 7n);
    expect(run(9)).toBe(0xffffffffn);
  });

  it('validates references and tables', () => {
    const builder = new ModuleBuilder();
    builder.importTable('env', 'table', { min: 1, max: 9 });
    const own = builder.table({ min: 1 });
    expect(own).toBe(1);
    const f = builder.declareFunction('f', ['i32', 'i32', 'i32'], ['i32']);
    const body = new FunctionBody(['i32', 'i32', 'i32']);
    body.localGet(0);
    body.refNull();
    body.emit('table.set', own);
    for (const index of [0, 1, 2]) body.localGet(index);
    body.emit('table.copy', 0, own);
    body.localGet(0);
    body.emit('table.get', 0);
    body.emit('ref.is_null');
    builder.defineFunction(f, body);
    const text = disassemble(builder.build());
    for (const part of ['table.set 1', 'table.copy 0 1', 'table.get 0', 'ref.null func']) expect(text).toContain(part);
  });

  it('runs an if of a function type with both arms', () => {
    const builder = new ModuleBuilder();
    const unary = builder.type(['i32'], ['i32']);
    const f = builder.declareFunction('f', ['i32'], ['i32']);
    const body = new FunctionBody(['i32']);
    body.loop('i32');
    body.localGet(0);
    body.localGet(0);
    body.if(unary);
    body.emit('i32.eqz');
    body.else();
    body.i32Const(7);
    body.emit('i32.add');
    body.end();
    body.end();
    builder.defineFunction(f, body);
    builder.exportFunction('f', f);
    const { f: run } = instantiate(builder) as { f: (x: number) => number };
    expect([run(0), run(3)]).toEqual([7, 0]);
  });
});

describe('modules', () => {
  it('import memories and globals, export everything, hold data and custom sections', () => {
    const builder = new ModuleBuilder();
    builder.importMemory('env', 'memory', { min: 0, max: 65536, shared: true });
    const imported = builder.importGlobal('env', 'base', 'i32', false);
    const counter = builder.global('i64', true, 41n);
    const float = builder.global('f32', false, 0x7fa00000n);
    const double = builder.global('f64', false, 0x3ff0000000000000n);
    const table = builder.table({ min: 1 });
    builder.exportGlobal('counter', counter);
    builder.exportGlobal('float', float);
    builder.exportGlobal('double', double);
    builder.exportTable('table', table);
    builder.exportMemory('memory');
    builder.data(16, new Uint8Array([1, 2, 3]));
    builder.customSection('hospes', new Uint8Array([9]));
    const f = builder.declareFunction('bump', [], ['i32']);
    const body = new FunctionBody([]);
    body.emit('global.get', counter);
    body.i64Const(1, 0);
    body.emit('i64.add');
    body.emit('global.set', counter);
    body.emit('global.get', imported);
    body.load('i32.load8_u', 2);
    builder.defineFunction(f, body);
    builder.exportFunction('bump', f);
    builder.nameSection();
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
    const bytes = builder.build();
    const module = new WebAssembly.Module(bytes);
    expect(WebAssembly.Module.customSections(module, 'hospes')).toHaveLength(1);
    expect(disassemble(bytes, true)).toContain('$bump');
    const { exports } = new WebAssembly.Instance(module, { env: { memory, base: 16 } });
    expect((exports.bump as () => number)()).toBe(3);
    expect((exports.counter as WebAssembly.Global).value).toBe(42n);
    expect((exports.double as WebAssembly.Global).value).toBe(1);
    expect((exports.table as WebAssembly.Table).length).toBe(1);
    expect(exports.memory).toBe(memory);
    // The code offset points at the function's first instruction: global.get of the counter.
    expect([...bytes.subarray(builder.codeOffset(f), builder.codeOffset(f) + 2)]).toEqual([0x23, counter]);
  });

  it('takes memory offsets to 2^32-1 and explicit alignment', () => {
    const builder = new ModuleBuilder();
    builder.memory({ min: 1 });
    const f = builder.declareFunction('f', [], ['i64']);
    const body = new FunctionBody([]);
    body.i32Const(0);
    body.load('i64.load', 0xffffffff, 1);
    builder.defineFunction(f, body);
    const text = disassemble(builder.build());
    expect(text).toContain('offset=4294967295 align=1');
  });

  it('share one index between equal types', () => {
    const builder = new ModuleBuilder();
    expect(builder.type(['i32'], [])).toBe(builder.type(['i32'], []));
    expect(builder.type([], ['i32'])).not.toBe(builder.type(['i32'], []));
  });

  it('refuse misuse', () => {
    const builder = new ModuleBuilder();
    const f = builder.declareFunction('f', [], []);
    const open = new FunctionBody([]);
    open.block();
    expect(() => builder.defineFunction(f, open)).toThrow('unclosed');
    builder.defineFunction(f, new FunctionBody([]));
    expect(() => builder.defineFunction(f, new FunctionBody([]))).toThrow('twice');
    expect(() => builder.codeOffset(f)).toThrow('after build');
    expect(() => builder.importMemory('a', 'b', { min: 1, shared: true })).toThrow('maximum');
    builder.build();
    expect(() => builder.build()).toThrow('once');
    const twice = new ModuleBuilder();
    twice.memory({ min: 1 });
    expect(() => twice.importMemory('a', 'b', { min: 1 })).toThrow('one memory');
    const other = new ModuleBuilder();
    expect(() => other.defineFunction(f, new FunctionBody([]))).toThrow('not declared');
    const undefinedBody = new ModuleBuilder();
    undefinedBody.declareFunction('g', [], []);
    expect(() => undefinedBody.build()).toThrow('no body');
  });
});

describe('function bodies', () => {
  it('reuse freed locals of the same type', () => {
    const body = new FunctionBody(['i64']);
    const a = body.local('i32');
    const b = body.local('i64');
    expect([a, b]).toEqual([1, 2]);
    body.freeLocal(a);
    expect(() => body.freeLocal(a)).toThrow('already free');
    expect(() => body.freeLocal(0)).toThrow('not a declared local');
    expect(body.local('i64')).toBe(3);
    expect(body.local('i32')).toBe(a);
    expect(body.locals).toEqual(['i32', 'i64', 'i64']);
  });

  it('check immediates', () => {
    const body = new FunctionBody([]);
    expect(() => body.emit('i32.const')).toThrow('lacks an immediate');
    expect(() => body.emit('i32.add', 1)).toThrow('too many');
    expect(() => body.emit('call', 1)).toThrow('method of its own');
    expect(() => body.load('i32.load', -1)).toThrow('out of range');
    expect(() => body.load('i32.load', 0, 8)).toThrow('alignment');
    expect(() => body.load('i32.add')).toThrow('no memory argument');
  });

  it('encode constants exactly', () => {
    const values = [0, 1, -1, 63, 64, -64, -65, 127, 128, 2 ** 31 - 1, -(2 ** 31)];
    for (const value of values) {
      const builder = new ModuleBuilder();
      const f = builder.declareFunction('f', [], ['i32']);
      const body = new FunctionBody([]);
      body.i32Const(value);
      builder.defineFunction(f, body);
      builder.exportFunction('f', f);
      const big = builder.declareFunction('g', [], ['i64']);
      const bigBody = new FunctionBody([]);
      bigBody.i64ConstBig(BigInt(value) * 0x40000001n);
      builder.defineFunction(big, bigBody);
      builder.exportFunction('g', big);
      const { f: small, g: wide } = instantiate(builder) as { f: () => number; g: () => bigint };
      expect(small()).toBe(value);
      expect(wide()).toBe(BigInt(value) * 0x40000001n);
    }
  });
});

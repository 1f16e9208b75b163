import wabtFactory from 'wabt';
import { beforeAll, describe, expect, it } from 'vitest';
import { FunctionBody, ModuleBuilder } from './encoder.ts';
import { f32Text, f64Text } from './float-text.ts';
import { moduleText } from './module-text.ts';
import { instructions, type ImmediateKind } from './opcodes.ts';

const features = {
  simd: true,
  relaxed_simd: true,
  threads: true,
  tail_call: true,
  bulk_memory: true,
  multi_value: true,
};
let wabt: Awaited<ReturnType<typeof wabtFactory>>;
beforeAll(async () => {
  wabt = await wabtFactory();
});

/** The module as wabt writes it, once read from bytes and once from our text. */
function expectSame(bytes: Uint8Array): void {
  const options = { canonicalize_lebs: true, write_debug_names: false };
  const read = wabt.readWasm(bytes, { ...features, readDebugNames: false });
  const parsed = wabt.parseWat('ours.wat', moduleText(bytes), features);
  try {
    expect(parsed.toBinary(options).buffer).toEqual(read.toBinary(options).buffer);
  } finally {
    read.destroy();
    parsed.destroy();
  }
}

/** Immediates as `emit` takes them. */
function sampleOf(kind: ImmediateKind, access: number): (number | bigint)[] {
  switch (kind) {
    case 'memarg':
      return [5, access];
    case 'zero':
    case 'memory':
      return [];
    case 'v128':
      return [1n, 0xfedcba9876543210n];
    case 'lanes':
      return [0x0706050403020100n, 0x1716151413121110n];
    case 'i64':
    case 'f64':
      return [-5n];
    default:
      return [0];
  }
}

/** One of everything that sections hold. */
function sampler(names: boolean): Uint8Array {
  const module = new ModuleBuilder();
  module.importMemory('env', 'memory', { min: 1, max: 2, shared: true });
  const imported = module.importFunction('env', 'a "name"\n', ['i32', 'f64'], ['i64']);
  module.importTable('env', 'functions', { min: 0 });
  module.importGlobal('env', 'global', 'i32', false);
  const table = module.table({ min: 2, max: 3 });
  module.global('f32', true, 0x7fc00001n);
  module.global('f64', false, 0x8000000000000001n);
  const ref = module.declareFunction('odd (name)', ['i32'], ['i32']);
  const pair = module.declareFunction('pair', [], ['i32', 'i64']);
  const body = new FunctionBody(['i32']);
  const value = body.local('i64');
  body.block('i32');
  body.localGet(0);
  body.i32Const(-5);
  body.emit('f64.const', 0x400921fb54442d18n);
  body.call(imported);
  body.localTee(value);
  body.emit('i32.wrap_i64');
  body.emit('i32.add');
  body.brIf(0);
  body.localGet(0);
  body.if('i32');
  body.call(pair);
  body.localSet(value);
  body.else();
  body.loop();
  body.localGet(0);
  body.brTable([0, 1], 0);
  body.end();
  body.emit('unreachable');
  body.end();
  body.end();
  body.i32Const(1);
  body.localGet(0);
  body.emit('select');
  body.localGet(0);
  body.emit('v128.load8_lane', 16, 3);
  module.defineFunction(ref, body);
  const two = new FunctionBody([]);
  two.i32Const(7);
  two.emit('i64.const', -0x8000000000000000n);
  module.defineFunction(pair, two);
  module.exportFunction('f', ref);
  module.exportMemory('m');
  module.exportTable('t', table);
  module.exportGlobal('g', 1);
  module.elements(table, 1, [ref, imported]);
  module.declareReference(pair);
  module.data(8, Uint8Array.of(0, 34, 255));
  if (names) {
    module.customSection('notes', Uint8Array.of(1, 2));
    module.nameSection();
  }
  return module.build();
}

describe('moduleText', () => {
  it('is what wabt reads as the same module', () => {
    const module = new ModuleBuilder();
    module.importMemory('env', 'memory', { min: 0 });
    const ref = module.declareFunction('f', ['i64'], ['v128']);
    const body = new FunctionBody(['i64']);
    body.localGet(0);
    body.emit('i32.wrap_i64');
    body.emit('i64.load32_u', 4, 2);
    body.emit('i64x2.splat');
    body.emit('v128.const', 1n, 0xffffffffffffffffn);
    body.emit('i8x16.shuffle', 0x0706050403020100n, 0x1716151413121110n);
    module.defineFunction(ref, body);
    const bytes = module.build();
    expectSame(bytes);
    expect(moduleText(bytes)).toContain('(i64x2.splat (i64.load32_u offset=4 align=2 (i32.wrap_i64 (local.get 0))))');
  });

  it('is so for one of everything', () => {
    expectSame(sampler(false));
    const text = moduleText(sampler(true));
    expect(text).toContain(';; custom section "notes", 2 bytes');
    expect(text).toContain('(func $odd__name_ (type');
    expect(text).toMatch(/\(import "env" "a \\22name\\22\\0a" \(func \$/);
  });

  it('is so for every instruction', () => {
    const module = new ModuleBuilder();
    module.importMemory('env', 'memory', { min: 1, max: 1, shared: true });
    module.importTable('env', 'table', { min: 1 });
    module.global('i32', true);
    const callee = module.declareFunction('callee', ['i32'], ['i64']);
    module.declareReference(callee);
    const empty = new FunctionBody(['i32']);
    empty.emit('unreachable');
    module.defineFunction(callee, empty);
    const special: Partial<Record<string, (body: FunctionBody) => void>> = {
      br_table: (body) => body.brTable([0], 0),
      call: (body) => body.call(callee),
      return_call: (body) => body.returnCall(callee),
      'ref.func': (body) => body.refFunc(callee),
      'ref.null': (body) => body.refNull(),
      select_typed: (body) => body.selectTyped('f64'),
    };
    // Structured ones are in the sampler; data and element segments are never passive here.
    const skipped = /^(block|loop|if|else|end|data\.drop|elem\.drop|memory\.init|table\.init)$/;
    const all = Object.values(instructions()).filter(({ name }) => !skipped.test(name));
    for (const { name, immediates, access } of all) {
      const body = new FunctionBody([]);
      body.local('i32');
      body.emit('unreachable');
      const emit = special[name];
      if (emit !== undefined) emit(body);
      else body.emit(name, ...immediates.flatMap((kind) => sampleOf(kind, access)));
      body.emit('unreachable');
      module.defineFunction(module.declareFunction(name, [], []), body);
    }
    expect(all.length).toBeGreaterThan(400);
    expectSame(module.build());
  });

  it('takes names of locals, and comments at their places', () => {
    const module = new ModuleBuilder();
    const ref = module.declareFunction('f', ['i32'], []);
    const body = new FunctionBody(['i32']);
    body.localGet(0);
    body.emit('drop');
    const middle = body.position;
    body.localGet(0);
    body.localSet(body.local('i32'));
    module.defineFunction(ref, body);
    const bytes = module.build();
    const text = moduleText(bytes, {
      localName: (definition, local) => `${['in', 'out'][local]!}${definition}`,
      comments: [
        { offset: module.codeOffset(ref), text: 'first' },
        { offset: module.codeOffset(ref) + middle, text: 'second' },
      ],
    });
    expect(text).toBe(
      [
        '(module',
        '  (type (;0;) (func (param i32)))',
        '  (func (;0;) (type 0) (param $in0 i32)',
        '    (local $out0 i32)',
        '    ;; first',
        '    (drop (local.get $in0))',
        '    ;; second',
        '    (local.set $out0 (local.get $in0)))',
        ')',
        '',
      ].join('\n'),
    );
  });

  it('refuses what is no module', () => {
    expect(() => moduleText(Uint8Array.of(1, 2, 3))).toThrow(RangeError);
    expect(() => moduleText(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 77, 0))).toThrow('section 77');
  });
});

describe('floating-point text', () => {
  it('is exact', () => {
    expect(f64Text(0x3ff8000000000000n)).toBe('0x1.8p+0');
    expect(f64Text(0x8000000000000000n)).toBe('-0x0p+0');
    expect(f64Text(1n)).toBe('0x0.0000000000001p-1022');
    expect(f32Text(0x7f800000)).toBe('inf');
    expect(f32Text(0xffc00001)).toBe('-nan:0x400001');
    expect(f32Text(0x3fc00000)).toBe('0x1.8p+0');
    expect(f32Text(1)).toBe('0x0.000002p-126');
  });
});

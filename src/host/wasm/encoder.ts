/**
 * Builds WebAssembly modules in the binary format (specification 5.5). Functions are declared first and defined in any
 * order; imports may be added as long as the module isn't built. Written for emission at run time: code is copied once,
 * from the body into the module.
 */
import { assert, defined } from '../../common/assert.ts';
import type { ValueType } from '../../ir/types.ts';
import { ByteWriter } from './byte-writer.ts';
import { FunctionBody, type FunctionRef } from './function-body.ts';
import { valueTypeCode } from './opcodes.ts';

export { FunctionBody, type BlockType, type FunctionRef } from './function-body.ts';

export interface MemoryLimits {
  /** Pages of 64 KiB. */
  readonly min: number;
  readonly max?: number;
  /** A shared memory needs a maximum. */
  readonly shared?: boolean;
}

export interface TableLimits {
  readonly min: number;
  readonly max?: number;
}

type NumberType = Exclude<ValueType, 'v128'>;

const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  element: 9,
  code: 10,
  data: 11,
} as const;

const EXTERNAL = { function: 0, table: 1, memory: 2, global: 3 } as const;
type ExternalKind = keyof typeof EXTERNAL;

interface Definition {
  readonly ref: FunctionRef;
  body: FunctionBody | null;
  codeOffset: number;
}

export class ModuleBuilder {
  readonly #types: { readonly params: readonly ValueType[]; readonly results: readonly ValueType[] }[] = [];
  readonly #typeIndex = new Map<string, number>();
  readonly #imports = new ByteWriter();
  #importCount = 0;
  readonly #importedFunctions: FunctionRef[] = [];
  readonly #functions: Definition[] = [];
  readonly #tables: TableLimits[] = [];
  #importedTables = 0;
  readonly #memories: MemoryLimits[] = [];
  #hasMemory = false;
  readonly #globals: { readonly type: NumberType; readonly mutable: boolean; readonly init: bigint }[] = [];
  #importedGlobals = 0;
  readonly #exports: { readonly name: string; readonly kind: ExternalKind; readonly index: number | FunctionRef }[] =
    [];
  readonly #elements: {
    readonly table: number;
    readonly offset: number;
    readonly functions: readonly FunctionRef[];
  }[] = [];
  readonly #data: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  readonly #custom: { readonly name: string; readonly bytes: Uint8Array }[] = [];
  readonly #referenced = new Set<FunctionRef>();
  #nameSection = false;
  #built = false;

  /** Index of the function type with these parameters and results; equal types share one index. */
  type(params: readonly ValueType[], results: readonly ValueType[]): number {
    const key = `${params.join()}>${results.join()}`;
    const known = this.#typeIndex.get(key);
    if (known !== undefined) return known;
    this.#typeIndex.set(key, this.#types.length);
    return this.#types.push({ params, results }) - 1;
  }

  importMemory(module: string, name: string, limits: MemoryLimits): void {
    this.#oneMemory();
    this.#import(module, name, 'memory');
    writeMemory(this.#imports, limits);
  }

  importFunction(
    module: string,
    name: string,
    params: readonly ValueType[],
    results: readonly ValueType[],
  ): FunctionRef {
    this.#import(module, name, 'function');
    const typeIndex = this.type(params, results);
    this.#imports.u32(typeIndex);
    const ref: FunctionRef = { name, typeIndex, imported: true, ordinal: this.#importedFunctions.length };
    this.#importedFunctions.push(ref);
    return ref;
  }

  /** Imports a table of function references; gives its index. */
  importTable(module: string, name: string, limits: TableLimits): number {
    assert(this.#tables.length === 0, 'tables are imported before any is defined');
    this.#import(module, name, 'table');
    writeTable(this.#imports, limits);
    return this.#importedTables++;
  }

  /** Imports a global; gives its index. */
  importGlobal(module: string, name: string, type: ValueType, mutable: boolean): number {
    assert(this.#globals.length === 0, 'globals are imported before any is defined');
    this.#import(module, name, 'global');
    this.#imports.u8(valueTypeCode[type]);
    this.#imports.u8(mutable ? 1 : 0);
    return this.#importedGlobals++;
  }

  /** Defines a table of function references; gives its index. */
  table(limits: TableLimits): number {
    return this.#importedTables + this.#tables.push(limits) - 1;
  }

  memory(limits: MemoryLimits): void {
    this.#oneMemory();
    this.#memories.push(limits);
  }

  /** Defines a global with its initial bits; gives its index. */
  global(type: NumberType, mutable: boolean, init = 0n): number {
    return this.#importedGlobals + this.#globals.push({ type, mutable, init }) - 1;
  }

  declareFunction(name: string, params: readonly ValueType[], results: readonly ValueType[]): FunctionRef {
    const typeIndex = this.type(params, results);
    const ref: FunctionRef = { name, typeIndex, imported: false, ordinal: this.#functions.length };
    this.#functions.push({ ref, body: null, codeOffset: -1 });
    return ref;
  }

  /** Gives a declared function its code; writes the final `end`. */
  defineFunction(ref: FunctionRef, body: FunctionBody): void {
    const definition = this.#definition(ref);
    assert(definition.body === null, `function ${ref.name} is defined twice`);
    assert(body.depth === 1, `function ${ref.name} has ${String(body.depth - 1)} unclosed blocks`);
    body.end();
    definition.body = body;
  }

  exportFunction(name: string, ref: FunctionRef): void {
    this.#exports.push({ name, kind: 'function', index: ref });
  }

  exportGlobal(name: string, index: number): void {
    this.#exports.push({ name, kind: 'global', index });
  }

  exportTable(name: string, index = 0): void {
    this.#exports.push({ name, kind: 'table', index });
  }

  exportMemory(name: string): void {
    this.#exports.push({ name, kind: 'memory', index: 0 });
  }

  /** Fills a table with functions from `offset` on when the module is instantiated. */
  elements(table: number, offset: number, functions: readonly FunctionRef[]): void {
    this.#elements.push({ table, offset, functions });
  }

  /** Declares that `ref.func` of this function occurs in code. */
  declareReference(ref: FunctionRef): void {
    this.#referenced.add(ref);
  }

  /** Copies bytes into memory 0 when the module is instantiated. */
  data(offset: number, bytes: Uint8Array): void {
    this.#data.push({ offset, bytes });
  }

  customSection(name: string, bytes: Uint8Array): void {
    this.#custom.push({ name, bytes });
  }

  /** Adds the name section, so that engines show the declared function names. */
  nameSection(): void {
    this.#nameSection = true;
  }

  /** Index of a function in the finished module. Final once the last import is added. */
  functionIndex(ref: FunctionRef): number {
    return ref.imported ? ref.ordinal : this.#importedFunctions.length + ref.ordinal;
  }

  /** Module offset of the first instruction of a function (after its local declarations); known after `build`. */
  codeOffset(ref: FunctionRef): number {
    const { codeOffset } = this.#definition(ref);
    assert(codeOffset >= 0, 'code offsets are known after build');
    return codeOffset;
  }

  /** The finished module. May be called once: it patches the bodies. */
  build(): Uint8Array {
    assert(!this.#built, 'a module is built once');
    this.#built = true;
    const out = new ByteWriter(4096);
    out.fixed32(0x6d736100);
    out.fixed32(1);
    this.#list(out, SECTION.type, this.#types, (w, { params, results }) => {
      w.u8(0x60);
      writeTypes(w, params);
      writeTypes(w, results);
    });
    if (this.#importCount > 0) {
      const section = new ByteWriter();
      section.u32(this.#importCount);
      section.raw(this.#imports.bytes);
      writeSection(out, SECTION.import, section);
    }
    this.#list(out, SECTION.function, this.#functions, (w, { ref }) => w.u32(ref.typeIndex));
    this.#list(out, SECTION.table, this.#tables, writeTable);
    this.#list(out, SECTION.memory, this.#memories, writeMemory);
    this.#list(out, SECTION.global, this.#globals, (w, { type, mutable, init }) => {
      w.u8(valueTypeCode[type]);
      w.u8(mutable ? 1 : 0);
      writeConstant(w, type, init);
    });
    this.#list(out, SECTION.export, this.#exports, (w, { name, kind, index }) => {
      w.name(name);
      w.u8(EXTERNAL[kind]);
      w.u32(typeof index === 'number' ? index : this.functionIndex(index));
    });
    this.#writeElements(out);
    this.#writeCode(out);
    this.#list(out, SECTION.data, this.#data, (w, { offset, bytes }) => {
      w.u32(0);
      writeConstant(w, 'i32', BigInt(offset));
      w.vector(bytes);
    });
    for (const { name, bytes } of this.#custom) writeCustom(out, name, bytes);
    if (this.#nameSection) writeCustom(out, 'name', this.#functionNames());
    return out.bytes.slice();
  }

  #oneMemory(): void {
    assert(!this.#hasMemory, 'a module has one memory');
    this.#hasMemory = true;
  }

  #definition(ref: FunctionRef): Definition {
    const definition = this.#functions[ref.ordinal];
    assert(definition?.ref === ref, `function ${ref.name} is not declared in this module`);
    return definition;
  }

  #import(module: string, name: string, kind: ExternalKind): void {
    this.#importCount++;
    this.#imports.name(module);
    this.#imports.name(name);
    this.#imports.u8(EXTERNAL[kind]);
  }

  #list<T>(out: ByteWriter, id: number, items: readonly T[], write: (writer: ByteWriter, item: T) => void): void {
    if (items.length === 0) return;
    const section = new ByteWriter();
    section.u32(items.length);
    for (const item of items) write(section, item);
    writeSection(out, id, section);
  }

  #writeElements(out: ByteWriter): void {
    const referenced = [...this.#referenced];
    const count = this.#elements.length + (referenced.length > 0 ? 1 : 0);
    if (count === 0) return;
    const section = new ByteWriter();
    section.u32(count);
    for (const { table, offset, functions } of this.#elements) {
      section.u32(2);
      section.u32(table);
      writeConstant(section, 'i32', BigInt(offset));
      section.u8(0);
      this.#functionVector(section, functions);
    }
    if (referenced.length > 0) {
      section.u32(3);
      section.u8(0);
      this.#functionVector(section, referenced);
    }
    writeSection(out, SECTION.element, section);
  }

  #functionVector(writer: ByteWriter, functions: readonly FunctionRef[]): void {
    writer.u32(functions.length);
    for (const ref of functions) writer.u32(this.functionIndex(ref));
  }

  #writeCode(out: ByteWriter): void {
    if (this.#functions.length === 0) return;
    const section = new ByteWriter(4096);
    section.u32(this.#functions.length);
    for (const definition of this.#functions) {
      const body = defined(definition.body, `function ${definition.ref.name} has no body`);
      for (const { position, target } of body.relocations) body.code.patchU32(position, this.functionIndex(target));
      const locals = localDeclarations(body.locals);
      section.u32(locals.length + body.code.length);
      section.raw(locals);
      definition.codeOffset = section.length;
      section.raw(body.code.bytes);
    }
    writeSection(out, SECTION.code, section);
    const start = out.length - section.length;
    for (const definition of this.#functions) definition.codeOffset += start;
  }

  #functionNames(): Uint8Array {
    const names = new ByteWriter();
    const all = [...this.#importedFunctions, ...this.#functions.map(({ ref }) => ref)];
    names.u32(all.length);
    for (const ref of all) {
      names.u32(this.functionIndex(ref));
      names.name(ref.name);
    }
    const section = new ByteWriter();
    section.u8(1);
    section.vector(names.bytes);
    return section.bytes;
  }
}

function writeSection(out: ByteWriter, id: number, section: ByteWriter): void {
  out.u8(id);
  out.vector(section.bytes);
}

function writeCustom(out: ByteWriter, name: string, bytes: Uint8Array): void {
  const section = new ByteWriter();
  section.name(name);
  section.raw(bytes);
  writeSection(out, SECTION.custom, section);
}

function writeTypes(writer: ByteWriter, types: readonly ValueType[]): void {
  writer.u32(types.length);
  for (const type of types) writer.u8(valueTypeCode[type]);
}

function writeMemory(writer: ByteWriter, { min, max, shared = false }: MemoryLimits): void {
  assert(!shared || max !== undefined, 'a shared memory needs a maximum');
  writer.u8((max === undefined ? 0 : 1) | (shared ? 2 : 0));
  writer.u32(min);
  if (max !== undefined) writer.u32(max);
}

function writeTable(writer: ByteWriter, { min, max }: TableLimits): void {
  writer.u8(0x70);
  writer.u8(max === undefined ? 0 : 1);
  writer.u32(min);
  if (max !== undefined) writer.u32(max);
}

function writeConstant(writer: ByteWriter, type: NumberType, bits: bigint): void {
  const expression = new FunctionBody([]);
  switch (type) {
    case 'i32':
      expression.emit('i32.const', Number(BigInt.asIntN(32, bits)));
      break;
    case 'i64':
      expression.emit('i64.const', bits);
      break;
    case 'f32':
      expression.emit('f32.const', Number(bits));
      break;
    case 'f64':
      expression.emit('f64.const', bits);
      break;
  }
  expression.end();
  writer.raw(expression.code.bytes);
}

/** Locals as runs of one type (5.5.13). */
function localDeclarations(locals: readonly ValueType[]): Uint8Array {
  const runs: { readonly type: ValueType; count: number }[] = [];
  for (const type of locals) {
    const last = runs.at(-1);
    if (last?.type === type) last.count++;
    else runs.push({ type, count: 1 });
  }
  const writer = new ByteWriter();
  writer.u32(runs.length);
  for (const { type, count } of runs) {
    writer.u32(count);
    writer.u8(valueTypeCode[type]);
  }
  return writer.bytes;
}

/**
 * A module in WebAssembly's text format (specification 6), for people to read: expressions are folded where operands
 * directly precede what takes them. Reads what our encoder writes, by the same table of instructions.
 */
import { defined } from '../../common/assert.ts';
import type { ValueType } from '../../ir/types.ts';
import { ByteReader } from './byte-reader.ts';
import { CodePrinter, valueType, type FunctionType, type TextNames } from './code-text.ts';

/** What to say about a module beyond what is in it. */
export interface TextNotes {
  /** Comments by module offset, each printed before the first instruction at or behind its offset; ascending. */
  readonly comments?: readonly { readonly offset: number; readonly text: string }[];
  /** Names of locals, of the defined function with an index among these. Unique in a function. */
  readonly localName?: (definition: number, local: number) => string | undefined;
}

const SECTION = { custom: 0, type: 1, import: 2, function: 3, table: 4, memory: 5, global: 6, export: 7 } as const;
const [ELEMENT, CODE, DATA] = [9, 10, 11];
const EXTERNAL = ['func', 'table', 'memory', 'global'] as const;

/** The text of a module. Throws `RangeError` where `bytes` are none, or use what the encoder does not write. */
export function moduleText(bytes: Uint8Array, notes: TextNotes = {}): string {
  return new ModulePrinter(bytes, notes).print();
}

class ModulePrinter {
  readonly #reader: ByteReader;
  readonly #notes: TextNotes;
  readonly #lines: string[] = ['(module'];
  readonly #types: FunctionType[] = [];
  /** Type index of every function, the imported ones first. */
  readonly #functions: number[] = [];
  #importedFunctions = 0;
  readonly #functionNames: ReadonlyMap<number, string>;
  #defined = 0;
  readonly #counts = { table: 0, memory: 0, global: 0 };

  constructor(bytes: Uint8Array, notes: TextNotes) {
    this.#functionNames = readFunctionNames(bytes);
    this.#notes = notes;
    this.#reader = openModule(bytes);
  }

  print(): string {
    const reader = this.#reader;
    while (!reader.atEnd) {
      const id = reader.u8();
      const end = reader.u32() + reader.position;
      this.#section(id, end);
      reader.position = end;
    }
    return `${this.#lines.join('\n')}\n)\n`;
  }

  #line(text: string): void {
    this.#lines.push(`  ${text}`);
  }

  #section(id: number, end: number): void {
    const reader = this.#reader;
    const each = (print: () => void): void => {
      for (let left = reader.u32(); left > 0; left--) print();
    };
    switch (id) {
      case SECTION.type:
        return each(() => this.#type());
      case SECTION.import:
        return each(() => this.#import());
      case SECTION.function:
        return each(() => this.#functions.push(reader.u32()));
      case SECTION.table:
        return each(() => this.#line(`(table (;${String(this.#counts.table++)};) ${this.#table()})`));
      case SECTION.memory:
        return each(() => this.#line(`(memory (;${String(this.#counts.memory++)};) ${this.#memory()})`));
      case SECTION.global:
        return each(() => {
          const type = this.#globalType();
          this.#line(`(global (;${String(this.#counts.global++)};) ${type} ${this.#expression()})`);
        });
      case SECTION.export:
        return each(() => {
          const name = reader.name();
          const kind = EXTERNAL[reader.u8()];
          const index = reader.u32();
          const what = kind === 'func' ? this.#functionName(index) : String(index);
          this.#line(`(export ${quoted(name)} (${String(kind)} ${what}))`);
        });
      case ELEMENT:
        return each(() => this.#element());
      case CODE:
        return each(() => this.#function());
      case DATA:
        return each(() => this.#data());
      case SECTION.custom: {
        const name = reader.name();
        if (name !== 'name') this.#line(`;; custom section ${quoted(name)}, ${String(end - reader.position)} bytes`);
        return;
      }
      default:
        throw new RangeError(`section ${String(id)} is none that the encoder writes`);
    }
  }

  #type(): void {
    const reader = this.#reader;
    if (reader.u8() !== 0x60) throw new RangeError('a type that is none of a function');
    const type = {
      params: reader.list(() => valueType(reader.u8())),
      results: reader.list(() => valueType(reader.u8())),
    };
    this.#line(`(type (;${String(this.#types.push(type) - 1)};) (func${signatureText(type)}))`);
  }

  #import(): void {
    const reader = this.#reader;
    const from = `${quoted(reader.name())} ${quoted(reader.name())}`;
    const kind = reader.u8();
    switch (EXTERNAL[kind]) {
      case 'func': {
        const type = reader.u32();
        const name = this.#declared(this.#functions.push(type) - 1);
        this.#importedFunctions++;
        return this.#line(`(import ${from} (func ${name} (type ${String(type)})))`);
      }
      case 'table':
        return this.#line(`(import ${from} (table (;${String(this.#counts.table++)};) ${this.#table()}))`);
      case 'memory':
        return this.#line(`(import ${from} (memory (;${String(this.#counts.memory++)};) ${this.#memory()}))`);
      case 'global':
        return this.#line(`(import ${from} (global (;${String(this.#counts.global++)};) ${this.#globalType()}))`);
      case undefined:
        throw new RangeError(`an import of kind ${String(kind)}`);
    }
  }

  #limits(flags: number): string {
    const reader = this.#reader;
    const min = reader.u32();
    return (flags & 1) === 0 ? String(min) : `${String(min)} ${String(reader.u32())}`;
  }

  #table(): string {
    const reader = this.#reader;
    if (reader.u8() !== 0x70) throw new RangeError('a table of something else than functions');
    return `${this.#limits(reader.u8())} funcref`;
  }

  #memory(): string {
    const flags = this.#reader.u8();
    return this.#limits(flags) + ((flags & 2) === 0 ? '' : ' shared');
  }

  #globalType(): string {
    const type = valueType(this.#reader.u8());
    return this.#reader.u8() === 0 ? type : `(mut ${type})`;
  }

  /** A constant expression, with its end. */
  #expression(): string {
    return this.#printer(this.#reader, {}).constant();
  }

  #element(): void {
    const reader = this.#reader;
    const functions = (): string => reader.list(() => ` ${this.#functionName(reader.u32())}`).join('');
    const flags = reader.u8();
    switch (flags) {
      case 2: {
        const table = String(reader.u32());
        const offset = this.#expression();
        reader.u8();
        return this.#line(`(elem (table ${table}) (offset ${offset}) func${functions()})`);
      }
      case 3:
        reader.u8();
        return this.#line(`(elem declare func${functions()})`);
      default:
        throw new RangeError(`elements with flags ${String(flags)}`);
    }
  }

  #data(): void {
    const reader = this.#reader;
    reader.u32();
    const offset = this.#expression();
    const bytes = Array.from(reader.bytes(reader.u32()), (byte) => `\\${byte.toString(16).padStart(2, '0')}`);
    this.#line(`(data (offset ${offset}) "${bytes.join('')}")`);
  }

  #function(): void {
    const reader = this.#reader;
    const end = reader.u32() + reader.position;
    const definition = this.#defined++;
    const index = this.#importedFunctions + definition;
    const typeIndex = defined(this.#functions[index], 'code belongs to a function');
    const { params, results } = defined(this.#types[typeIndex], 'a function has a type');
    const local = (at: number): string => {
      const name = this.#notes.localName?.(definition, at);
      return name === undefined ? String(at) : `$${identifier(name)}`;
    };
    const declare = (keyword: string, types: readonly ValueType[], first: number): string =>
      types.map((type, at) => ` (${keyword} ${dollarOnly(local(first + at))}${type})`).join('');
    const locals = reader
      .list(() => ({ count: reader.u32(), type: valueType(reader.u8()) }))
      .flatMap(({ count, type }) => Array<ValueType>(count).fill(type));
    const result = results.length === 0 ? '' : ` (result ${results.join(' ')})`;
    const head = `(func ${this.#declared(index)} (type ${String(typeIndex)})${declare('param', params, 0)}${result}`;
    this.#line(head);
    for (let at = 0; at < locals.length; at += LOCALS_A_LINE)
      this.#line(`  ${declare('local', locals.slice(at, at + LOCALS_A_LINE), params.length + at).trimStart()}`);
    const printer = this.#printer(reader, { local });
    this.#lines.push(...printer.body(end, this.#notes.comments ?? []));
    // A comment goes on to the end of its line.
    const last = defined(this.#lines.pop(), 'a function has a head');
    this.#lines.push(...(last.trimStart().startsWith(';;') ? [last, '  )'] : [`${last})`]));
  }

  #printer(reader: ByteReader, names: Partial<TextNames>): CodePrinter {
    return new CodePrinter(reader, {
      local: String,
      function: (index) => this.#functionName(index),
      typeOf: (index) =>
        defined(this.#types[defined(this.#functions[index], 'a function that exists')], 'a function has a type'),
      type: (index) => defined(this.#types[index], 'a type that exists'),
      ...names,
    });
  }

  /** A function's name where it is declared: a number there is a comment. */
  #declared(index: number): string {
    return this.#functionNames.has(index) ? this.#functionName(index) : `(;${String(index)};)`;
  }

  #functionName(index: number): string {
    const name = this.#functionNames.get(index);
    return name === undefined ? String(index) : `$${name}`;
  }
}

const LOCALS_A_LINE = 8;

/** `$name ` for a declaration; nothing where the local has only a number. */
function dollarOnly(local: string): string {
  return local.startsWith('$') ? `${local} ` : '';
}

function signatureText({ params, results }: FunctionType): string {
  const list = (keyword: string, types: readonly ValueType[]): string =>
    types.length === 0 ? '' : ` (${keyword} ${types.join(' ')})`;
  return list('param', params) + list('result', results);
}

function openModule(bytes: Uint8Array): ByteReader {
  const reader = new ByteReader(bytes);
  if (bytes.length < 8 || reader.fixed32() !== 0x6d736100 || reader.fixed32() !== 1)
    throw new RangeError('these bytes are no WebAssembly module');
  return reader;
}

/** By function index, from the name section; made unique, as identifiers. */
function readFunctionNames(bytes: Uint8Array): Map<number, string> {
  const names = new Map<number, string>();
  const taken = new Set<string>();
  const reader = openModule(bytes);
  while (!reader.atEnd) {
    const id = reader.u8();
    const end = reader.u32() + reader.position;
    if (id === SECTION.custom && reader.name() === 'name' && reader.u8() === 1) {
      reader.u32();
      for (let left = reader.u32(); left > 0; left--) {
        const index = reader.u32();
        const name = identifier(reader.name());
        const unique = taken.has(name) ? `${name}#${String(index)}` : name;
        names.set(index, unique);
        taken.add(unique);
      }
    }
    reader.position = end;
  }
  return names;
}

/** A name with what identifiers cannot hold replaced (specification 6.3.5). */
function identifier(name: string): string {
  return name.replaceAll(/[^0-9A-Za-z!#$%&'*+\-./:<=>?@\\^_`|~]/g, '_');
}

function quoted(name: string): string {
  return `"${name.replaceAll(/[^ !#-[\]-~]/g, (character) =>
    Array.from(new TextEncoder().encode(character), (byte) => `\\${byte.toString(16).padStart(2, '0')}`).join(''),
  )}"`;
}

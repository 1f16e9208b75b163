/** The code of one function in WebAssembly's text format: a line a statement, expressions folded, blocks indented. */
import { assert, defined } from '../../common/assert.ts';
import type { ValueType } from '../../ir/types.ts';
import type { ByteReader } from './byte-reader.ts';
import { f32Text, f64Text } from './float-text.ts';
import { instructions, valueTypeCode, type ImmediateKind, type Instruction } from './opcodes.ts';

export interface FunctionType {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

export interface TextNames {
  readonly local: (index: number) => string;
  readonly function: (index: number) => string;
  readonly typeOf: (functionIndex: number) => FunctionType;
  readonly type: (index: number) => FunctionType;
}

interface Comment {
  readonly offset: number;
  readonly text: string;
}

/** An instruction that gives one value, or none, with its operands. */
interface Expression {
  readonly head: string;
  readonly operands: readonly Expression[];
}

/** Columns that a line takes at most where it can be broken. */
const WIDTH = 110;

/** How many values an instruction takes from the stack and leaves there. */
interface Effect {
  readonly takes: number;
  readonly gives: number;
}

let byCode: Map<number, Instruction> | null = null;

function decode(reader: ByteReader): Instruction {
  byCode ??= new Map(Object.values(instructions()).map((row) => [row.prefix * 0x10000 + row.code, row]));
  const first = reader.u8();
  const isPrefix = first >= 0xfc && first <= 0xfe;
  const key = isPrefix ? first * 0x10000 + reader.u32() : first;
  const found = byCode.get(key);
  if (found === undefined) throw new RangeError(`0x${key.toString(16)} is no instruction of the table`);
  return found;
}

export class CodePrinter {
  readonly #reader: ByteReader;
  readonly #names: TextNames;
  readonly #lines: string[] = [];
  /** Expressions of one value each that were computed last and that nothing took yet. */
  #pending: Expression[] = [];
  #depth = 0;

  constructor(reader: ByteReader, names: TextNames) {
    this.#reader = reader;
    this.#names = names;
  }

  /** A constant expression up to its end, on one line. */
  constant(): string {
    for (;;) {
      const instruction = decode(this.#reader);
      if (instruction.name === 'end') return this.#pending.map(folded).join(' ');
      this.#instruction(instruction);
    }
  }

  /** The lines of a function's code, which ends at `end`. */
  body(end: number, comments: readonly Comment[]): string[] {
    let next = comments.findIndex(({ offset }) => offset >= this.#reader.position);
    while (this.#reader.position < end) {
      for (let note = comments[next]; next >= 0 && note !== undefined && note.offset <= this.#reader.position;) {
        this.#write(`;; ${note.text}`);
        note = comments[++next];
      }
      this.#instruction(decode(this.#reader));
    }
    return this.#lines;
  }

  #write(text: string): void {
    this.#lines.push(`${'  '.repeat(this.#depth + 2)}${text}`);
  }

  #flush(): void {
    for (const expression of this.#pending) this.#writeExpression(expression);
    this.#pending = [];
  }

  /** On one line where it fits; else with its operands on lines of their own. */
  #writeExpression(expression: Expression, before = '', after = ''): void {
    const text = folded(expression);
    const { head, operands } = expression;
    if (operands.length === 0 || (this.#depth + 2) * 2 + before.length + text.length <= WIDTH) {
      this.#write(before + text + after);
      return;
    }
    this.#write(`${before}(${head}`);
    for (const [index, operand] of operands.entries())
      this.#writeExpression(operand, `${before}  `, index === operands.length - 1 ? `)${after}` : '');
  }

  #instruction(instruction: Instruction): void {
    switch (instruction.name) {
      case 'block':
      case 'loop':
      case 'if':
        this.#flush();
        this.#write(`${instruction.name}${this.#immediates(instruction).text}`);
        this.#depth++;
        return;
      case 'else':
        this.#flush();
        this.#depth--;
        this.#write('else');
        this.#depth++;
        return;
      case 'end':
        this.#flush();
        if (this.#depth === 0) return;
        this.#depth--;
        this.#write('end');
        return;
      default:
        this.#plain(instruction);
    }
  }

  #plain(instruction: Instruction): void {
    const { text, effect } = this.#immediates(instruction);
    const { takes, gives } = effect ?? effectOf(instruction);
    const operands = this.#pending.splice(Math.max(this.#pending.length - takes, 0));
    const name = instruction.name === 'select_typed' ? 'select' : instruction.name;
    const expression = { head: `${name}${text}`, operands };
    if (gives === 1 && operands.length === takes) {
      this.#pending.push(expression);
      return;
    }
    // What lies below its operands comes before it; what it gives is for what follows.
    this.#flush();
    this.#writeExpression(expression);
  }

  #immediates(instruction: Instruction): { readonly text: string; readonly effect: Effect | null } {
    let text = '';
    let effect: Effect | null = null;
    for (const kind of instruction.immediates) {
      const immediate = this.#immediate(kind, instruction);
      if (immediate.text !== '') text += ` ${immediate.text}`;
      effect ??= immediate.effect ?? null;
    }
    return { text, effect };
  }

  #immediate(kind: ImmediateKind, instruction: Instruction): { readonly text: string; readonly effect?: Effect } {
    const reader = this.#reader;
    switch (kind) {
      case 'block':
        return { text: this.#blockType() };
      case 'labels': {
        const labels = [...reader.list(() => String(reader.u32())), String(reader.u32())];
        return { text: labels.join(' ') };
      }
      case 'function': {
        const index = reader.u32();
        const { params, results } = this.#names.typeOf(index);
        const effect = { takes: params.length, gives: results.length };
        return { text: this.#names.function(index), ...(instruction.name === 'ref.func' ? {} : { effect }) };
      }
      case 'type': {
        const index = reader.u32();
        const { params, results } = this.#names.type(index);
        return { text: `(type ${String(index)})`, effect: { takes: params.length + 1, gives: results.length } };
      }
      case 'local':
        return { text: this.#names.local(reader.u32()) };
      case 'label':
      case 'global':
      case 'element':
      case 'data':
        return { text: String(reader.u32()) };
      case 'table': {
        const index = reader.u32();
        return { text: index === 0 ? '' : String(index) };
      }
      case 'memory':
        reader.u32();
        return { text: '' };
      case 'types':
        return { text: `(result ${reader.list(() => valueType(reader.u8())).join(' ')})` };
      case 'heaptype':
        assert(reader.u8() === 0x70, 'references are to functions');
        return { text: 'func' };
      case 'memarg': {
        const align = 2 ** reader.u32();
        const offset = reader.u32();
        const parts = [
          ...(offset === 0 ? [] : [`offset=${String(offset)}`]),
          ...(align === instruction.access ? [] : [`align=${String(align)}`]),
        ];
        return { text: parts.join(' ') };
      }
      case 'i32':
        return { text: String(reader.s32()) };
      case 'i64':
        return { text: String(reader.s64()) };
      case 'f32':
        return { text: f32Text(reader.fixed32()) };
      case 'f64':
        return { text: f64Text(reader.fixed64()) };
      case 'v128':
        return { text: `i64x2 0x${reader.fixed64().toString(16)} 0x${reader.fixed64().toString(16)}` };
      case 'lanes':
        return { text: Array.from(reader.bytes(16)).join(' ') };
      case 'lane':
        return { text: String(reader.u8()) };
      case 'zero':
        reader.u8();
        return { text: '' };
    }
  }

  #blockType(): string {
    const reader = this.#reader;
    const at = reader.position;
    const first = reader.u8();
    if (first === 0x40) return '';
    if ((first & 0xc0) === 0x40) return `(result ${valueType(first)})`;
    reader.position = at;
    return `(type ${String(reader.s32())})`;
  }
}

function folded({ head, operands }: Expression): string {
  return `(${[head, ...operands.map(folded)].join(' ')})`;
}

const typeNames = new Map<number, ValueType>(
  (Object.entries(valueTypeCode) as [ValueType, number][]).map(([name, code]) => [code, name]),
);

/** The value type with a binary code. Throws `RangeError` for codes that the encoder does not write. */
export function valueType(code: number): ValueType {
  const type = typeNames.get(code);
  if (type === undefined) throw new RangeError(`0x${code.toString(16)} is no value type`);
  return type;
}

/** Of the instructions without a signature in the table that are no calls. */
function effectOf({ name, params, results }: Instruction): Effect {
  if (params !== null && results !== null) return { takes: params.length, gives: results.length };
  const fixed: Partial<Record<Instruction['name'], Effect>> = {
    'local.get': { takes: 0, gives: 1 },
    'global.get': { takes: 0, gives: 1 },
    'local.set': { takes: 1, gives: 0 },
    'global.set': { takes: 1, gives: 0 },
    'local.tee': { takes: 1, gives: 1 },
    drop: { takes: 1, gives: 0 },
    select: { takes: 3, gives: 1 },
    select_typed: { takes: 3, gives: 1 },
    br_if: { takes: 1, gives: 0 },
    br_table: { takes: 1, gives: 0 },
    br: { takes: 0, gives: 0 },
    return: { takes: 0, gives: 0 },
    unreachable: { takes: 0, gives: 0 },
  };
  return defined(fixed[name], `${name} has an effect on the stack`);
}

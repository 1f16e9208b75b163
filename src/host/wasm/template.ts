/**
 * Assembles the WebAssembly templates of the operation table (grammar in `ir/op.ts`) into function bodies. A template
 * is parsed once and cached; how operands reach the stack is the caller's business, so that the interpreter (operands
 * in the register file) and the compiled tiers (operands in locals) share one meaning.
 */
import { assert, defined } from '../../common/assert.ts';
import type { Op } from '../../ir/op.ts';
import { isValueType, type ValueType } from '../../ir/types.ts';
import type { FunctionBody, FunctionRef } from './function-body.ts';
import { findInstruction, type Instruction, type InstructionName } from './opcodes.ts';

export interface TemplateContext {
  /** Pushes an operand; of a memory row, operand 0 is the checked i32 host offset, displacement included. */
  operand(index: number): void;
  /** Pushes the vCPU block's host offset (i32). */
  vcpu(): void;
  /** The row's immediate: known now (pushed as an i32 constant), or only how to push it as an i32. */
  readonly imm: number | { push(): void; readonly value?: number };
  /** The 128-bit immediate of a shuffle, as two halves. */
  readonly lanes?: readonly [bigint, bigint];
  /** Takes an i32 from the stack: where it is not 0, control leaves. Absent where templates have no `$leave`. */
  leave?(): void;
  runtimeFunction(name: string): FunctionRef;
  /** A scratch local for the template's own name; asked once for each name in each assembly. */
  scratch(name: string, type: ValueType): number;
}

/** Appends `template` to `body`. Numbers of `br` count from inside the template outwards. */
export function assembleTemplate(body: FunctionBody, template: string, context: TemplateContext): void {
  const { steps, scratch } = parsed(template);
  const locals = scratch.map(({ name, type }) => context.scratch(name, type));
  const local = (index: number): number => defined(locals[index], 'a scratch local without declaration');
  for (const step of steps) {
    switch (step.kind) {
      case 'operand':
        context.operand(step.index);
        break;
      case 'immediate':
        pushImmediate(body, context);
        break;
      case 'vcpu':
        context.vcpu();
        break;
      case 'leave':
        assert(context.leave !== undefined, 'a speculative template is assembled where control can leave');
        context.leave();
        break;
      case 'get':
        body.localGet(local(step.local));
        break;
      case 'set':
        body.localSet(local(step.local));
        break;
      case 'tee':
        body.localTee(local(step.local));
        break;
      case 'call':
        body.call(context.runtimeFunction(step.name));
        break;
      case 'open':
        body[step.name](step.type);
        break;
      case 'else':
        body.else();
        break;
      case 'end':
        body.end();
        break;
      case 'instruction':
        body.emitInstruction(step.instruction, step.immediates ?? rowImmediates(step.instruction, context));
        break;
    }
  }
}

/** Appends what a row of the operation table does: its template, or the instruction of its own name. */
export function assembleOp(body: FunctionBody, op: Op, context: TemplateContext): void {
  assembleTemplate(body, op.wasm ?? ownTemplate(op), context);
}

/** The template of a row that has none of its own. */
export function ownTemplate(op: Pick<Op, 'name' | 'params'>): string {
  const instruction = defined(findInstruction(op.name), `row ${op.name} names no instruction and has no template`);
  const tokens = op.params.map((_, index) => `$${String(index)}`);
  tokens.push(op.name);
  if (instruction.immediates.some((kind) => kind === 'lane' || kind === 'lanes')) tokens.push('$imm');
  return tokens.join(' ');
}

/** Names of the runtime functions that a template calls. */
export function templateCalls(template: string): string[] {
  return parsed(template).steps.flatMap((step) => (step.kind === 'call' ? [step.name] : []));
}

type Step =
  | { readonly kind: 'operand'; readonly index: number }
  | { readonly kind: 'immediate' | 'vcpu' | 'leave' | 'else' | 'end' }
  | { readonly kind: 'get' | 'set' | 'tee'; readonly local: number }
  | { readonly kind: 'call'; readonly name: string }
  | { readonly kind: 'open'; readonly name: 'block' | 'loop' | 'if'; readonly type: ValueType | null }
  /** `immediates` is null where they are the row's own. */
  | {
      readonly kind: 'instruction';
      readonly instruction: Instruction;
      readonly immediates: readonly (number | bigint)[] | null;
    };

interface ParsedTemplate {
  readonly steps: readonly Step[];
  readonly scratch: readonly { readonly name: string; readonly type: ValueType }[];
}

const cache = new Map<string, ParsedTemplate>();

function parsed(template: string): ParsedTemplate {
  let found = cache.get(template);
  if (found === undefined) {
    found = new TemplateParser(template).parse();
    cache.set(template, found);
  }
  return found;
}

function pushImmediate(body: FunctionBody, { imm }: TemplateContext): void {
  if (typeof imm === 'number') body.i32Const(imm);
  else imm.push();
}

function rowImmediates(instruction: Instruction, { imm, lanes }: TemplateContext): readonly (number | bigint)[] {
  if (instruction.immediates.includes('lanes')) return defined(lanes, `${instruction.name} needs its lanes`);
  const value = typeof imm === 'number' ? imm : imm.value;
  return [defined(value, `${instruction.name} needs an immediate known at emission`)];
}

class TemplateParser {
  readonly #template: string;
  readonly #tokens: readonly string[];
  #next = 0;
  readonly #scratch: { name: string; type: ValueType }[] = [];

  constructor(template: string) {
    this.#template = template;
    this.#tokens = template.split(/\s+/).filter((token) => token !== '');
  }

  parse(): ParsedTemplate {
    const steps: Step[] = [];
    let token: string | undefined;
    while ((token = this.#tokens[this.#next++]) !== undefined) steps.push(this.#step(token));
    return { steps, scratch: this.#scratch };
  }

  #step(token: string): Step {
    const rest = token.slice(1);
    if (token.startsWith('$')) return this.#pushed(rest);
    if (token.startsWith('=')) return { kind: 'set', local: this.#local(rest, true) };
    if (token.startsWith('~')) return { kind: 'tee', local: this.#local(rest, true) };
    if (token.startsWith('@')) return { kind: 'get', local: this.#local(rest, false) };
    if (token.startsWith('call:')) return { kind: 'call', name: token.slice(5) };
    if (token === 'else' || token === 'end') return { kind: token };
    const open = /^(block|loop|if)(?::(\w+))?$/.exec(token);
    if (open) return { kind: 'open', name: open[1] as 'block', type: open[2] ? this.#type(open[2]) : null };
    return this.#instruction(token);
  }

  #pushed(what: string): Step {
    if (what === 'imm') return { kind: 'immediate' };
    if (what === 'vcpu' || what === 'leave') return { kind: what };
    this.#check(/^\d+$/.test(what), `$${what}`);
    return { kind: 'operand', index: Number(what) };
  }

  #instruction(token: string): Step {
    const instruction = findInstruction(token);
    this.#check(instruction !== undefined, token);
    if (instruction.immediates.length === 1 && this.#tokens[this.#next] === '$imm') {
      if (instruction.immediates[0] === 'lane' || instruction.immediates[0] === 'lanes') {
        this.#next++;
        return { kind: 'instruction', instruction, immediates: null };
      }
    }
    const immediates = instruction.immediates.flatMap((kind) => this.#immediate(instruction.name, kind));
    return { kind: 'instruction', instruction, immediates };
  }

  #immediate(name: InstructionName, kind: Instruction['immediates'][number]): (number | bigint)[] {
    switch (kind) {
      case 'memarg': {
        const offset = this.#option('offset') ?? 0;
        const align = this.#option('align');
        return align === null ? [offset] : [offset, align];
      }
      case 'zero':
      case 'memory':
        return [];
      case 'i32':
      case 'label':
      case 'lane':
        return [Number(this.#integer(name))];
      case 'f32':
        return [Number(this.#integer(name))];
      case 'i64':
      case 'f64':
        return [this.#integer(name)];
      case 'v128':
        return [this.#integer(name), this.#integer(name)];
      case 'lanes':
        return this.#lanes(name);
      default:
        this.#check(false, `${name} (a template cannot give its ${kind})`);
    }
  }

  #lanes(name: string): [bigint, bigint] {
    let low = 0n;
    let high = 0n;
    for (let i = 0n; i < 8n; i++) low |= this.#integer(name) << (8n * i);
    for (let i = 0n; i < 8n; i++) high |= this.#integer(name) << (8n * i);
    return [low, high];
  }

  #integer(name: string): bigint {
    const token = this.#tokens[this.#next++];
    this.#check(token !== undefined && /^-?(0x[0-9a-f]+|\d+)$/i.test(token), `${name} ${String(token)}`);
    return token.startsWith('-') ? -BigInt(token.slice(1)) : BigInt(token);
  }

  #option(name: string): number | null {
    const match = new RegExp(`^${name}=(\\d+)$`).exec(this.#tokens[this.#next] ?? '');
    if (match === null) return null;
    this.#next++;
    return Number(match[1]);
  }

  #local(text: string, declares: boolean): number {
    const [name = '', type] = text.split(':');
    const known = this.#scratch.findIndex((entry) => entry.name === name);
    if (known >= 0) {
      this.#check(type === undefined || this.#scratch[known]?.type === type, `${text} (declared with another type)`);
      return known;
    }
    this.#check(declares && type !== undefined, `${text} (not declared)`);
    return this.#scratch.push({ name, type: this.#type(type) }) - 1;
  }

  #type(text: string): ValueType {
    this.#check(isValueType(text), text);
    return text;
  }

  #check(condition: boolean, what: string): asserts condition {
    assert(condition, `template '${this.#template}': ${what} is not understood`);
  }
}

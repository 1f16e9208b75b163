/** Reads the textual form of blocks that `print.ts` writes. A mistake in the text is a SyntaxError with its line. */
import { Inst, type Block, type Terminator, type TransferHint, type TrapCode } from './block.ts';
import { constantInst } from './constant.ts';
import { findOp } from './ops.ts';
import type { Op } from './op.ts';
import { trapNames } from './print.ts';
import { packLanes } from './shuffle.ts';
import type { Slot, StateLayout } from './state.ts';
import { isValueType } from './types.ts';

/**
 * The block that `text` describes, over the slots of `layout`. Empty lines and comments from `;` on are skipped.
 * What the verifier checks is not checked here.
 */
export function parseBlock(text: string, layout: StateLayout): Block {
  return new BlockParser(text, layout).parse();
}

const trapCodes: ReadonlyMap<string, number> = new Map([...trapNames].map(([code, name]) => [name, code]));

class BlockParser {
  readonly #lines: readonly { readonly tokens: readonly string[]; readonly number: number }[];
  readonly #layout: StateLayout;
  readonly #values = new Map<string, Inst>();
  readonly #instructions: Inst[] = [];
  #terminator: Terminator | null = null;
  #tokens: readonly string[] = [];
  #next = 0;
  #line = 0;

  constructor(text: string, layout: StateLayout) {
    this.#layout = layout;
    this.#lines = text.split('\n').flatMap((line, index) => {
      const tokens = tokenize(line);
      return tokens.length === 0 ? [] : [{ tokens, number: index + 1 }];
    });
  }

  parse(): Block {
    const [header, ...body] = this.#lines;
    this.#start(header?.tokens ?? [], header?.number ?? 1);
    this.#expect('block');
    const pc = this.#number();
    this.#expect('mode');
    const mode = this.#number();
    this.#expect('end');
    const endPc = this.#number();
    this.#finishLine();
    for (const { tokens, number } of body) {
      this.#start(tokens, number);
      if (this.#terminator !== null) this.#fail('nothing may follow a terminator');
      this.#statement();
      this.#finishLine();
    }
    if (this.#terminator === null) this.#fail('a block needs a terminator');
    const instructions = this.#instructions;
    const guestInstructions = instructions.filter(({ kind }) => kind === 'instruction').length;
    return {
      pc,
      mode,
      endPc,
      layout: this.#layout,
      instructions,
      terminator: this.#terminator,
      guestInstructions,
    };
  }

  #statement(): void {
    if (this.#tokens[1] === '=') {
      const name = this.#take();
      if (!/^v\d+$/.test(name)) this.#fail(`${name} is no value name`);
      if (this.#values.has(name)) this.#fail(`${name} is defined twice`);
      this.#next++;
      const word = this.#take();
      const inst = this.#instruction(word);
      if (inst === null) this.#fail(`${word} is no operation`);
      if (inst.type === null) this.#fail(`${word} gives no value`);
      this.#values.set(name, inst);
      return;
    }
    const word = this.#take();
    const inst = this.#instruction(word);
    if (inst === null) this.#terminator = this.#parseTerminator(word);
    else if (inst.type !== null) this.#fail(`the value of ${word} needs a name`);
  }

  /** An instruction, or null if `word` starts none. */
  #instruction(word: string): Inst | null {
    const inst = this.#structural(word) ?? this.#operation(word);
    if (inst !== null) this.#instructions.push(inst);
    return inst;
  }

  #structural(word: string): Inst | null {
    if (word === 'at') {
      const pc = this.#number();
      this.#expect('length');
      return new Inst('instruction', null, null, null, null, null, pc | 0, this.#number());
    }
    if (word === 'get') {
      const slot = this.#slot();
      return new Inst('get', null, slot.type, null, null, null, slot.offset, 0);
    }
    if (word === 'set') {
      const slot = this.#slot();
      this.#expect(',');
      return new Inst('set', null, null, this.#value(), null, null, slot.offset, 0);
    }
    if (word === 'trap_if') {
      const condition = this.#value();
      this.#expect(',');
      return new Inst('trap_if', null, null, condition, null, null, this.#trap(), 0);
    }
    const constant = /^(\w+)\.const$/.exec(word)?.[1];
    if (constant === undefined || !isValueType(constant)) return null;
    return constantInst(constant, this.#integer());
  }

  #operation(word: string): Inst | null {
    const op = findOp(word);
    if (op === undefined) return null;
    const operands: Inst[] = [];
    while (/^v\d+$/.test(this.#tokens[this.#next] ?? '')) {
      operands.push(this.#value());
      if (this.#tokens[this.#next] !== ',') break;
      this.#next++;
    }
    const [a = null, b = null, c = null] = operands;
    const [low, high] = this.#immediate(op);
    const { lo, hi } = constantInst('i64', low);
    return new Inst('op', op, op.result, a, b, c, lo, op.immediate === 'shuffle' ? hi : 0, high);
  }

  #immediate(op: Op): [bigint, bigint] {
    const kind = op.immediate;
    if (kind === undefined) return [0n, 0n];
    switch (kind) {
      case 'offset':
        return [this.#tokens[this.#next] === 'offset' ? this.#setting('offset') : 0n, 0n];
      case 'lane':
      case 'index':
        return [this.#setting(kind), 0n];
      case 'shuffle': {
        const lanes = [Number(this.#setting('lanes'))];
        while (lanes.length < 16) {
          this.#expect(',');
          lanes.push(this.#number());
        }
        return packLanes(lanes);
      }
    }
  }

  #setting(name: string): bigint {
    this.#expect(name);
    this.#expect('=');
    return this.#integer();
  }

  #parseTerminator(word: string): Terminator {
    switch (word) {
      case 'jump':
        return { kind: 'jump', target: this.#number(), ...this.#hint() };
      case 'branch': {
        const condition = this.#used();
        this.#expect(',');
        const taken = this.#number();
        this.#expect(',');
        return { kind: 'branch', condition, taken, fallthrough: this.#number() };
      }
      case 'indirect':
        return { kind: 'indirect', target: this.#used(), ...this.#hint() };
      case 'syscall':
        return { kind: 'syscall', next: this.#number() };
      case 'trap': {
        const trap = this.#trap();
        this.#expect('at');
        const pc = this.#number();
        this.#expect('detail');
        return { kind: 'trap', trap, pc, detail: this.#number() | 0 };
      }
      case 'resync':
        return { kind: 'resync', next: this.#number(), flushCode: this.#optional('flush') };
      default:
        return this.#fail(`${word} is no operation`);
    }
  }

  #hint(): { hint: TransferHint; returnPc: number | null } {
    const hint = this.#optional('call') ? 'call' : this.#optional('return') ? 'return' : 'jump';
    return { hint, returnPc: this.#optional('returns') ? this.#number() : null };
  }

  #trap(): TrapCode {
    const name = this.#take();
    const code = trapCodes.get(name);
    if (code === undefined) this.#fail(`${name} is no trap`);
    return code as TrapCode;
  }

  #slot(): Slot {
    const name = this.#take();
    const slot = this.#layout.slots.find((candidate) => candidate.name === name);
    return slot ?? this.#fail(`${name} is no slot`);
  }

  #value(): Inst {
    const name = this.#take();
    return this.#values.get(name) ?? this.#fail(`${name} is not defined`);
  }

  /** A value that the terminator uses; instructions count their operands themselves. */
  #used(): Inst {
    const value = this.#value();
    value.uses++;
    return value;
  }

  #number(): number {
    return Number(this.#integer());
  }

  #integer(): bigint {
    const token = this.#take();
    if (!/^-?\d+$|^0x[0-9a-f]+$/.test(token)) this.#fail(`${token} is no number`);
    return BigInt(token);
  }

  #optional(word: string): boolean {
    if (this.#tokens[this.#next] !== word) return false;
    this.#next++;
    return true;
  }

  #expect(word: string): void {
    const token = this.#tokens[this.#next++];
    if (token !== word) this.#fail(`expected '${word}', found '${token ?? 'end of line'}'`);
  }

  #take(): string {
    return this.#tokens[this.#next++] ?? this.#fail('the line ends too early');
  }

  #start(tokens: readonly string[], line: number): void {
    this.#tokens = tokens;
    this.#line = line;
    this.#next = 0;
  }

  #finishLine(): void {
    const rest = this.#tokens[this.#next];
    if (rest !== undefined) this.#fail(`'${rest}' is too much`);
  }

  #fail(message: string): never {
    throw new SyntaxError(`line ${String(this.#line)}: ${message}`);
  }
}

/** Words, numbers, and the separators `,` and `=`. */
function tokenize(line: string): string[] {
  const code = line.split(';', 1)[0] ?? '';
  return code.match(/[,=]|[^\s,=]+/g) ?? [];
}

/**
 * Lowers IR blocks to micro-ops. One pass in program order: pure values used once are computed inside their user's
 * micro-op where a pattern exists, everything else goes through temporaries. Slots are read where they lie; a slot
 * that is overwritten while an older value of it is still wanted is copied first.
 */
import { assert, defined } from '../../common/assert.ts';
import type { Block, Inst, Terminator } from '../../ir/block.ts';
import { TEMPORARIES, VCPU } from '../../ir/vcpu-layout.ts';
import type { ValueType } from '../../ir/types.ts';
import { INDIRECT } from './exits.ts';
import { FusionTable } from './fusion.ts';
import { Matcher, type Match } from './matcher.ts';
import { MICRO_OP_SIZE, type MicroOpKind, type MicroOpSet, type StructuralKind } from './micro-ops.ts';
import type { PatternRoot } from './pattern.ts';

/** 16 bytes that are always zero: the operand for every zero constant. */
export const ZERO_SLOT = TEMPORARIES;

/** Operations that change only a value's type: the same bytes read as another type. */
const BIT_CASTS: ReadonlySet<string> = new Set([
  'i32.wrap_i64',
  'f64.reinterpret_i64',
  'i64.reinterpret_f64',
  'f32.reinterpret_i32',
  'i32.reinterpret_f32',
]);

/** Micro-ops that a block may have at first; there is room for more when it needs it. */
const MICRO_OPS = 1 << 10;

/** An `Inst`'s note while it is in a temporary: the offset, and above it the uses that are left. */
const OFFSET_MASK = 0xffff;
const USES_SHIFT = 16;

function isBitCast(inst: Inst): boolean {
  return inst.op !== null && BIT_CASTS.has(inst.op.name);
}

function isZero(inst: Inst): boolean {
  return inst.kind === 'const' && inst.lo === 0 && inst.hi === 0 && inst.wide === 0n;
}

/** Bits of an origin for the offset; those above count instructions. With 64 of 15 bytes at most, both fit into 16. */
const OFFSET_BITS = 10;

/** The guest instruction of a micro-op: how many are before it in its block, and its offset from where that begins. */
export function originOf(origin: number): { readonly instructionsBefore: number; readonly offset: number } {
  return { instructionsBefore: origin >> OFFSET_BITS, offset: origin & ((1 << OFFSET_BITS) - 1) };
}

export class Lowering {
  readonly #matcher: Matcher;
  readonly #fusion: FusionTable;
  readonly #structural: Readonly<Record<StructuralKind, number>>;
  readonly #swizzle: number;
  readonly #or: number;
  #words: Int32Array = new Int32Array(0);
  #base = 0;
  #count = 0;
  #temporary = 0;
  /** Temporaries of 8 and 16 bytes that can be used again, and those that can once the guest instruction is lowered. */
  readonly #free: Readonly<Record<8 | 16, number[]>> = { 8: [], 16: [] };
  readonly #released: Readonly<Record<8 | 16, number[]>> = { 8: [], 16: [] };
  #instruction = -1;
  #pcDelta = 0;
  #blockPc = 0;
  /** `get`s whose slot still holds their value and that have uses left, with the number of uses. */
  readonly #liveGets: Inst[] = [];
  readonly #liveUses: number[] = [];
  /** The last effectful value, not emitted yet, in the hope that its user absorbs it. */
  #pending: Inst | null = null;
  #origins = new Uint16Array(MICRO_OPS);

  constructor(set: MicroOpSet) {
    this.#matcher = new Matcher(set, (inst) => this.#absorbable(inst));
    this.#fusion = new FusionTable(set);
    const code = (name: StructuralKind): number => set.kind(name).code;
    this.#swizzle = set.kind('i8x16.swizzle(r,r)').code;
    this.#or = set.kind('v128.or(r,r)').code;
    this.#structural = {
      copy4: code('copy4'),
      copy8: code('copy8'),
      copy16: code('copy16'),
      const4: code('const4'),
      const8: code('const8'),
      copy8_copy8_const4: code('copy8_copy8_const4'),
      copy8_const8_const4: code('copy8_const8_const4'),
      jump: code('jump'),
      link: code('link'),
      syscall: code('syscall'),
      trap: code('trap'),
      resync: code('resync'),
      count: code('count'),
      enter: code('enter'),
    };
  }

  /**
   * Writes the block's micro-ops to `words` (a view of the whole linear memory) at host offset `at`, a multiple of
   * 16. Returns their number; `copyOrigins` then tells each one's guest instruction. With a `countdown` from 0 on, the
   * first micro-op is a `count` that starts there.
   */
  lower(block: Block, words: Int32Array, at: number, countdown = -1): number {
    this.#words = words;
    this.#base = at;
    this.#count = 0;
    this.#temporary = ZERO_SLOT + 16;
    this.#forgetTemporaries();
    this.#instruction = -1;
    this.#pcDelta = 0;
    this.#blockPc = block.pc;
    // Setting an array's length calls into the engine, also where it is 0 already.
    if (this.#liveGets.length > 0) this.#liveGets.length = this.#liveUses.length = 0;
    this.#pending = null;
    if (countdown >= 0) this.#append(this.#structural.count, 0, 0, 0, countdown, 0);
    const { instructions } = block;
    for (let index = 0; index < instructions.length; index++) {
      const inst = defined(instructions[index], 'index in range');
      inst.note = 0;
      if (inst.kind === 'set' && this.#setThree(inst, instructions[index + 1], instructions[index + 2])) index += 2;
      else this.#visit(inst);
    }
    this.#terminate(block.terminator, block.guestInstructions);
    return this.#count;
  }

  /** Writes for each micro-op of the last block its guest instruction, see `originOf`, to `target` from `first` on. */
  copyOrigins(target: Uint16Array, first: number): void {
    const origins = this.#origins;
    // Most blocks are short: a `subarray` costs more than copying it.
    for (let index = 0; index < this.#count; index++) target[first + index] = origins[index] ?? 0;
  }

  #forgetTemporaries(): void {
    for (const lists of [this.#free, this.#released]) {
      if (lists[8].length > 0) lists[8].length = 0;
      if (lists[16].length > 0) lists[16].length = 0;
    }
  }

  #visit(inst: Inst): void {
    switch (inst.kind) {
      case 'instruction':
        this.#force();
        this.#recycle();
        this.#instruction++;
        this.#pcDelta = inst.lo - (this.#blockPc | 0);
        return;
      case 'const':
        return;
      case 'get':
        if (inst.uses > 0) {
          this.#liveGets.push(inst);
          this.#liveUses.push(inst.uses);
        }
        return;
      case 'set':
        this.#set(inst);
        return;
      case 'trap_if':
        this.#force();
        this.#emitTree('trap_if', defined(inst.a, 'trap_if has a condition'), 0, inst.lo, 0);
        return;
      case 'op':
        this.#operation(inst);
    }
  }

  #operation(inst: Inst): void {
    const effect = inst.op?.effect;
    if (effect === 'pure') {
      if (inst.uses > 1) this.#materialize(inst);
      return;
    }
    this.#force();
    if (inst.type === null) this.#emitTree('effect', inst, 0, 0, 0);
    else if (inst.uses === 1) this.#pending = inst;
    else this.#materialize(inst);
  }

  /**
   * Three sets of neighbouring slots, 8, 8 and 4 bytes, the last to a constant, as one micro-op; false where these are
   * not such. Guests that keep an operation's operands for later do this all the time.
   */
  #setThree(first: Inst, second: Inst | undefined, third: Inst | undefined): boolean {
    if (second?.kind !== 'set' || third?.kind !== 'set' || this.#pending !== null) return false;
    const [a, b, c] = [first.a, second.a, third.a];
    if (second.lo !== first.lo + 8 || third.lo !== first.lo + 16 || c?.kind !== 'const' || c.type !== 'i32')
      return false;
    if (a?.type !== 'i64' || b?.type !== 'i64' || a.kind === 'const') return false;
    const { copy8_copy8_const4, copy8_const8_const4 } = this.#structural;
    if (b.kind === 'const' && b.hi !== b.lo >> 31) return false;
    const from = this.#operand(a);
    const other = b.kind === 'const' ? 0 : this.#operand(b);
    for (const slot of [first.lo, second.lo, third.lo]) this.#saveGets(slot);
    if (b.kind === 'const') this.#append(copy8_const8_const4, first.lo, from, 0, b.lo, c.lo);
    else this.#append(copy8_copy8_const4, first.lo, from, other, c.lo, 0);
    return true;
  }

  #set(inst: Inst): void {
    const value = defined(inst.a, 'set has a value');
    if (this.#pending !== null && !this.#contains(value, this.#pending)) this.#force();
    this.#emitInto(value, inst.lo, true);
  }

  /** Emits the pending effect into a temporary. */
  #force(): void {
    const pending = this.#pending;
    if (pending === null) return;
    this.#materialize(pending);
    this.#pending = null;
  }

  #contains(tree: Inst, wanted: Inst): boolean {
    if (tree === wanted) return true;
    if (tree.kind !== 'op' || tree.note !== 0) return false;
    return (
      (tree.a !== null && this.#contains(tree.a, wanted)) ||
      (tree.b !== null && this.#contains(tree.b, wanted)) ||
      (tree.c !== null && this.#contains(tree.c, wanted))
    );
  }

  #absorbable(inst: Inst): boolean {
    if (inst.note !== 0 || inst.uses !== 1) return false;
    return inst.op !== null && (inst.op.effect === 'pure' || inst === this.#pending);
  }

  #allocate(type: ValueType): number {
    const size = type === 'v128' ? 16 : 8;
    const free = this.#free[size].pop();
    if (free !== undefined) return free;
    const offset = (this.#temporary + size - 1) & -size;
    this.#temporary = offset + size;
    assert(this.#temporary <= VCPU.JUMP_CACHE, 'a block needs too many temporaries');
    return offset;
  }

  #materialize(inst: Inst): number {
    const offset = this.#allocate(defined(inst.type, 'a value has a type'));
    this.#emitInto(inst, offset, false);
    this.#hold(inst, offset, inst.uses);
    return offset;
  }

  /** Notes that a temporary holds `inst` for so many uses. */
  #hold(inst: Inst, offset: number, uses: number): void {
    inst.note = offset | (uses << USES_SHIFT);
    if (uses === 0) this.#release(inst, offset);
  }

  /** One use less of a value in a temporary: after the last one, it is free for later guest instructions. */
  #use(inst: Inst): number {
    const offset = inst.note & OFFSET_MASK;
    const uses = (inst.note >>> USES_SHIFT) - 1;
    assert(uses >= 0, 'a value has as many uses as it says');
    this.#hold(inst, offset, uses);
    return offset;
  }

  #release(inst: Inst, offset: number): void {
    this.#released[inst.type === 'v128' ? 16 : 8].push(offset);
  }

  #recycle(): void {
    this.#recycleOf(8);
    this.#recycleOf(16);
  }

  #recycleOf(size: 8 | 16): void {
    const released = this.#released[size];
    for (let offset = released.pop(); offset !== undefined; offset = released.pop()) this.#free[size].push(offset);
  }

  /** Offset in the vCPU block at which an operand can be read now; counts as one use of it. */
  #operand(inst: Inst): number {
    if (inst.note !== 0) return this.#use(inst);
    if (inst.kind === 'get') {
      this.#useGet(inst);
      return inst.lo;
    }
    if (isZero(inst)) return ZERO_SLOT;
    if (isBitCast(inst) && inst.uses === 1) return this.#operand(defined(inst.a, 'a cast has an operand'));
    if (inst === this.#pending) this.#pending = null;
    this.#materialize(inst);
    return this.#use(inst);
  }

  #useGet(inst: Inst): void {
    const index = this.#liveGets.indexOf(inst);
    assert(index >= 0, 'a slot is read after it was overwritten');
    const left = (this.#liveUses[index] ?? 0) - 1;
    this.#liveUses[index] = left;
    if (left === 0) this.#dropGet(index);
  }

  /** The last one takes its place. */
  #dropGet(index: number): void {
    const lastGet = this.#liveGets.pop();
    const lastUses = this.#liveUses.pop();
    if (index === this.#liveGets.length || lastGet === undefined || lastUses === undefined) return;
    this.#liveGets[index] = lastGet;
    this.#liveUses[index] = lastUses;
  }

  /** Before `slot` is overwritten: saves the value that later uses of an older `get` want. */
  #saveGets(slot: number): void {
    for (let index = this.#liveGets.length - 1; index >= 0; index--) {
      const inst = defined(this.#liveGets[index], 'index in range');
      if (inst.lo !== slot) continue;
      const type = defined(inst.type, 'a get has a type');
      const offset = this.#allocate(type);
      this.#copy(type, offset, slot);
      this.#hold(inst, offset, this.#liveUses[index] ?? 0);
      this.#dropGet(index);
    }
  }

  /** Computes `inst` into the vCPU block at `dst`; `isSlot` when that is a guest slot. */
  #emitInto(inst: Inst, dst: number, isSlot: boolean): void {
    const type = defined(inst.type, 'a value has a type');
    if (inst.note === 0 && inst.kind === 'op' && !isBitCast(inst)) {
      if (inst.op?.immediate === 'shuffle') this.#shuffle(inst, dst, isSlot);
      else this.#emitTree('value', inst, dst, 0, 0, isSlot);
      return;
    }
    if (inst.note === 0 && inst.kind === 'const') {
      if (isSlot) this.#saveGets(dst);
      this.#constant(inst, dst);
      return;
    }
    const operand = inst.a;
    if (inst.note === 0 && operand !== null && inst.uses === 1 && (!isSlot || type === 'i64' || type === 'f64')) {
      if (isBitCast(inst) && inst.op?.name !== 'i32.wrap_i64' && this.#absorbable(operand)) {
        this.#emitInto(operand, dst, isSlot);
        return;
      }
    }
    const source =
      inst.kind === 'op' && inst.note === 0 ? this.#operand(defined(operand, 'a cast')) : this.#operand(inst);
    if (source === dst) return;
    if (isSlot) this.#saveGets(dst);
    this.#copy(type, dst, source);
  }

  #constant(inst: Inst, dst: number): void {
    if (inst.type === 'v128') {
      this.#append(this.#structural.const8, dst, 0, 0, inst.lo, inst.hi);
      const high = BigInt.asIntN(64, inst.wide);
      this.#append(this.#structural.const8, dst + 8, 0, 0, Number(BigInt.asIntN(32, high)), Number(high >> 32n));
      return;
    }
    const narrow = inst.type === 'i32' || inst.type === 'f32';
    this.#append(narrow ? this.#structural.const4 : this.#structural.const8, dst, 0, 0, inst.lo, inst.hi);
  }

  #copy(type: ValueType, dst: number, source: number): void {
    const { copy4, copy8, copy16 } = this.#structural;
    const code = type === 'v128' ? copy16 : type === 'i64' || type === 'f64' ? copy8 : copy4;
    this.#append(code, dst, source, 0, 0, 0);
  }

  /** Emits the micro-op whose pattern covers most of the tree at `inst`. */
  #emitTree(root: PatternRoot, inst: Inst, dst: number, lo: number, hi: number, isSlot = false): void {
    const match = this.#matcher.match(root, inst);
    const kind = defined(match.kind, 'a match has a kind');
    // Resolving operands may emit micro-ops and reuse `match`; take the leaves out first.
    const { registerCount, constant, immediate } = match;
    const [first, second, third] = match.registers;
    if (this.#pending !== null && this.#covers(match, this.#pending, inst)) this.#pending = null;
    const a = registerCount > 0 ? this.#operand(defined(first, 'register a')) : 0;
    const b = registerCount > 1 ? this.#operand(defined(second, 'register b')) : 0;
    const c = registerCount > 2 ? this.#operand(defined(third, 'register c')) : -1;
    if (isSlot) this.#saveGets(dst);
    let low = lo;
    let high = hi;
    if (constant !== null) {
      low = constant.lo;
      high = constant.hi;
    }
    if (c >= 0) low = c;
    if (immediate !== null) high = immediate.lo;
    if (root === 'indirect') high = constant?.lo ?? 0;
    this.#append(kind.code, dst, a, b, low, high);
  }

  /** True when `pending` is computed inside the matched pattern rather than being one of its registers. */
  #covers(match: Match, pending: Inst, root: Inst): boolean {
    for (let index = 0; index < match.registerCount; index++) if (match.registers[index] === pending) return false;
    return this.#contains(root, pending) && !this.#belowRegister(match, pending);
  }

  #belowRegister(match: Match, pending: Inst): boolean {
    for (let index = 0; index < match.registerCount; index++) {
      const register = match.registers[index];
      if (register !== null && register !== undefined && this.#contains(register, pending)) return true;
    }
    return false;
  }

  /** A shuffle's 16 selectors do not fit a micro-op: two swizzles, whose out-of-range selectors give 0. */
  #shuffle(inst: Inst, dst: number, isSlot: boolean): void {
    const first = this.#swizzled(defined(inst.a, 'shuffle a'), inst, 0);
    const second = this.#swizzled(defined(inst.b, 'shuffle b'), inst, 16);
    if (isSlot) this.#saveGets(dst);
    this.#append(this.#or, dst, first, second, 0, 0);
  }

  #swizzled(vector: Inst, shuffle: Inst, bias: number): number {
    const source = this.#operand(vector);
    const selectors = this.#allocate('v128');
    const low = (BigInt.asUintN(32, BigInt(shuffle.hi)) << 32n) | BigInt.asUintN(32, BigInt(shuffle.lo));
    for (const [half, bits] of [low, BigInt.asUintN(64, shuffle.wide)].entries()) {
      let biased = 0n;
      for (let byte = 0n; byte < 8n; byte++)
        biased |= ((((bits >> (byte * 8n)) & 0xffn) - BigInt(bias)) & 0xffn) << (byte * 8n);
      const signed = BigInt.asIntN(64, biased);
      const lo = Number(BigInt.asIntN(32, signed));
      this.#append(this.#structural.const8, selectors + half * 8, 0, 0, lo, Number(signed >> 32n));
    }
    const result = this.#allocate('v128');
    this.#released[16].push(selectors, result);
    this.#append(this.#swizzle, result, source, selectors, 0, 0);
    return result;
  }

  #terminate(terminator: Terminator, instructions: number): void {
    // A branch may compute the last effect as part of its condition.
    const pending = this.#pending;
    const absorbs = pending !== null && terminator.kind === 'branch' && this.#contains(terminator.condition, pending);
    if (!absorbs) this.#force();
    const s = this.#structural;
    switch (terminator.kind) {
      case 'jump':
        this.#append(s.jump, instructions, terminator.hint === 'call' ? 1 : 0, 0, this.#next(1), 0);
        this.#finishBody();
        this.#link(terminator.target, this.#count - 1);
        return;
      case 'branch': {
        const before = this.#count;
        this.#emitTree('branch', terminator.condition, instructions, 0, 0);
        const branch = this.#count - 1;
        assert(branch >= before, 'a branch is one micro-op');
        const word = (this.#base >>> 2) + branch * 4;
        this.#words[word + 2] = this.#next(0);
        this.#words[word + 3] = this.#next(1);
        this.#finishBody();
        this.#link(terminator.taken, branch);
        this.#link(terminator.fallthrough, branch);
        return;
      }
      case 'indirect':
        this.#emitTree('indirect', terminator.target, instructions, 0, 0);
        if (terminator.hint !== 'return') this.#setLastB(terminator.hint === 'call' ? INDIRECT.CALL : INDIRECT.JUMP);
        break;
      case 'syscall':
        this.#append(s.syscall, instructions, 0, 0, terminator.next | 0, 0);
        break;
      case 'trap':
        this.#append(s.trap, instructions, 0, 0, terminator.trap, terminator.detail);
        break;
      case 'resync':
        this.#append(s.resync, instructions, 0, 0, terminator.next | 0, terminator.flushCode ? 1 : 0);
    }
    this.#finishBody();
  }

  /** Sets field b of the micro-op appended last. */
  #setLastB(value: number): void {
    const word = (this.#base >>> 2) + (this.#count - 1) * 4 + 1;
    this.#words[word] = ((this.#words[word] ?? 0) & 0xffff) | (value << 16);
  }

  #finishBody(): void {
    this.#fusion.apply(this.#words, this.#base >>> 2, this.#count);
  }

  /** Host offset of the micro-op `ahead` places after the next one to be appended. */
  #next(ahead: number): number {
    return (this.#base + (this.#count + ahead) * MICRO_OP_SIZE) | 0;
  }

  #link(target: number, referrer: number): void {
    const high = Math.floor(target / 0x100000000) & 0xffff;
    this.#append(this.#structural.link, high, 0, 0, target | 0, (this.#base + referrer * MICRO_OP_SIZE) | 0);
  }

  #growOrigins(): void {
    const larger = new Uint16Array(this.#origins.length * 2);
    larger.set(this.#origins);
    this.#origins = larger;
  }

  #append(code: number, dst: number, a: number, b: number, lo: number, hi: number): void {
    const word = (this.#base >>> 2) + this.#count * 4;
    const words = this.#words;
    words[word] = code | (dst << 16);
    words[word + 1] = a | (b << 16);
    words[word + 2] = lo;
    words[word + 3] = hi;
    if (this.#count === this.#origins.length) this.#growOrigins();
    this.#origins[this.#count] = (Math.max(this.#instruction, 0) << OFFSET_BITS) | this.#pcDelta;
    this.#count++;
  }
}

export type { MicroOpKind };

/** The code of single micro-ops, composed from the templates of the operations in their patterns. */
import { assert, defined } from '../../common/assert.ts';
import type { Op } from '../../ir/op.ts';
import { VCPU } from '../../ir/vcpu-layout.ts';
import type { ValueType } from '../../ir/types.ts';
import { JUMP_CACHE_ENTRIES, type MemoryLayout } from '../../memory/layout.ts';
import { emitCacheOffset } from '../wasm/cache-offset.ts';
import type { FunctionBody, FunctionRef } from '../wasm/encoder.ts';
import { assembleTemplate, ownTemplate, type TemplateContext } from '../wasm/template.ts';
import type { InstructionName } from '../wasm/opcodes.ts';
import { EXIT } from './exits.ts';
import type { AccessKind } from './memory-model.ts';
import { MICRO_OP_SIZE, type MicroOpKind } from './micro-ops.ts';
import type { PatternNode } from './pattern.ts';

/** Locals and labels that every handler of a function shares. */
export interface HandlerFrame {
  readonly body: FunctionBody;
  readonly layout: MemoryLayout;
  /** i32 local: host offset of the vCPU block */
  readonly vcpu: number;
  /** i32 local: host offset of the current micro-op */
  readonly ip: number;
  readonly runtimeFunction: (name: string) => FunctionRef;
  /**
   * Checks the guest address in the i64 local `address` for an access at micro-op `index` of the handler and leaves the
   * handler when it must not go ahead; sets the i32 local `host`.
   */
  emitCheck(address: number, host: number, width: number, access: AccessKind, index: number): void;
}

const LOADS: Readonly<Record<ValueType, InstructionName>> = {
  i32: 'i32.load',
  i64: 'i64.load',
  f32: 'f32.load',
  f64: 'f64.load',
  v128: 'v128.load',
};
const STORES: Readonly<Record<ValueType, InstructionName>> = {
  i32: 'i32.store',
  i64: 'i64.store',
  f32: 'f32.store',
  f64: 'f64.store',
  v128: 'v128.store',
};
const FIELD_OFFSETS = { a: 4, b: 6, c: 8 } as const;

/** Emits the code of the micro-op at `index` micro-ops after the frame's ip. */
export class HandlerEmitter {
  readonly #frame: HandlerFrame;
  readonly #borrowed: number[] = [];

  constructor(frame: HandlerFrame) {
    this.#frame = frame;
  }

  /** A value or effect micro-op, result stored. */
  emitStraight(kind: MicroOpKind, index: number): void {
    const { body } = this.#frame;
    const type = kind.result;
    if (kind.pattern === null) {
      this.#emitStructural(kind.name, index);
    } else if (type === null) {
      this.#evaluate(kind.pattern.tree, kind, index);
    } else {
      this.#field(2, index);
      this.#evaluate(kind.pattern.tree, kind, index);
      body.store(STORES[type]);
    }
    this.release();
  }

  /** Pushes the i32 or i64 value below a `branch`, `indirect` or `trap_if`. */
  emitCondition(kind: MicroOpKind, index: number): void {
    this.#evaluate(defined(kind.pattern, 'a terminator with an expression').tree, kind, index);
    this.release();
  }

  /** Gives the scratch locals of the last handler back. */
  release(): void {
    for (const local of this.#borrowed) this.#frame.body.freeLocal(local);
    this.#borrowed.length = 0;
  }

  #emitStructural(name: string, index: number): void {
    const { body, ip } = this.#frame;
    const at = index * MICRO_OP_SIZE;
    this.#field(2, index);
    switch (name) {
      case 'copy4':
      case 'copy8':
      case 'copy16': {
        const type = name === 'copy4' ? 'i32' : name === 'copy8' ? 'i64' : 'v128';
        this.#field(4, index);
        body.load(LOADS[type]);
        body.store(STORES[type]);
        return;
      }
      case 'const4':
        body.localGet(ip);
        body.load('i32.load', at + 8);
        body.store('i32.store');
        return;
      case 'const8':
        body.localGet(ip);
        body.load('i64.load', at + 8);
        body.store('i64.store');
        return;
      case 'copy8_copy8_const4':
      case 'copy8_const8_const4': {
        const isConstant = name === 'copy8_const8_const4';
        this.#field(4, index);
        body.load('i64.load');
        body.store('i64.store');
        this.#field(2, index);
        if (isConstant) {
          body.localGet(ip);
          body.load('i64.load32_s', at + 8);
        } else {
          this.#field(6, index);
          body.load('i64.load');
        }
        body.store('i64.store', 8);
        this.#field(2, index);
        body.localGet(ip);
        body.load('i32.load', at + (isConstant ? 12 : 8));
        body.store('i32.store', 16);
        return;
      }
      default:
        assert(false, `${name} has no straight-line code`);
    }
  }

  /** Pushes the host offset that the u16 field at byte `offset` names. */
  #field(offset: number, index: number): void {
    const { body, vcpu, ip } = this.#frame;
    body.localGet(vcpu);
    body.localGet(ip);
    body.load('i32.load16_u', index * MICRO_OP_SIZE + offset);
    body.emit('i32.add');
  }

  #scratch(type: ValueType): number {
    const local = this.#frame.body.local(type);
    this.#borrowed.push(local);
    return local;
  }

  #evaluate(node: PatternNode, kind: MicroOpKind, index: number): void {
    const { body, ip } = this.#frame;
    const at = index * MICRO_OP_SIZE;
    switch (node.kind) {
      case 'register':
        this.#field(FIELD_OFFSETS[node.field], index);
        body.load(LOADS[node.type]);
        return;
      case 'constant':
        assert(node.type === 'i32' || node.type === 'i64', 'constants in patterns are integers');
        body.localGet(ip);
        if (kind.pattern?.root === 'indirect') body.load('i64.load32_s', at + 12);
        else body.load(LOADS[node.type], at + 8);
        return;
      case 'exact':
        if (node.type === 'i32') body.i32Const(node.lo);
        else body.i64Const(node.lo, node.hi);
        return;
      case 'operation':
        this.#operation(node.op, node.operands, kind, index);
    }
  }

  #operation(op: Op, operands: readonly PatternNode[], kind: MicroOpKind, index: number): void {
    const { body, vcpu, ip } = this.#frame;
    const template = op.wasm ?? ownTemplate(op);
    const held = operands.map((operand, position) => {
      if (position === 0 && isMemory(op)) return this.#address(op, operand, kind, index);
      const uses = template.split(/\s+/).filter((token) => token === `$${String(position)}`).length;
      if (uses < 2) return -1;
      const local = this.#scratch(nodeResult(operand));
      this.#evaluate(operand, kind, index);
      body.localSet(local);
      return local;
    });
    const context: TemplateContext = {
      operand: (position) => {
        const local = defined(held[position], 'operand in range');
        if (local >= 0) body.localGet(local);
        else this.#evaluate(defined(operands[position], 'operand in range'), kind, index);
      },
      vcpu: () => {
        body.localGet(vcpu);
      },
      imm:
        op.immediate === 'lane'
          ? kind.lane
          : {
              push: () => {
                body.localGet(ip);
                body.load('i32.load', index * MICRO_OP_SIZE + 12);
              },
            },
      runtimeFunction: this.#frame.runtimeFunction,
      scratch: (_name, type) => this.#scratch(type),
    };
    assembleTemplate(body, template, context);
  }

  /** Computes and checks a guest address; returns the local that holds the host offset. */
  #address(op: Op, operand: PatternNode, kind: MicroOpKind, index: number): number {
    const { body, ip } = this.#frame;
    const address = this.#scratch('i64');
    const host = this.#scratch('i32');
    this.#evaluate(operand, kind, index);
    body.localGet(ip);
    body.load('i64.load32_s', index * MICRO_OP_SIZE + 12);
    body.emit('i64.add');
    body.localSet(address);
    this.#frame.emitCheck(address, host, defined(op.width, `${op.name} has a width`), accessOf(op), index);
    return host;
  }
}

function accessOf(op: Op): AccessKind {
  if (op.effect === 'load' || op.name.includes('.atomic.load')) return 'read';
  return op.effect === 'store' || op.name.includes('.atomic.store') ? 'write' : 'update';
}

function isMemory(op: Op): boolean {
  return op.effect === 'load' || op.effect === 'store' || op.effect === 'atomic';
}

function nodeResult(node: PatternNode): ValueType {
  return node.kind === 'operation' ? defined(node.op.result, 'an operand has a value') : node.type;
}

/** Locals of the main loop. */
export interface LoopLocals {
  readonly vcpu: number;
  readonly ip: number;
  /** i32: guest instructions left */
  readonly budget: number;
  /** i32: exit code */
  readonly reason: number;
  /** i64: indirect target */
  readonly target: number;
}

/** Pushes the taken or fallthrough link for the condition on the stack, charges the block, sets ip. */
export function emitBranchTail(body: FunctionBody, locals: LoopLocals, index: number): void {
  const at = index * MICRO_OP_SIZE;
  // ip := load(ip + 8 + 4 * !condition): one load, no host branch beside the dispatch itself.
  body.emit('i32.eqz');
  body.i32Const(2);
  body.emit('i32.shl');
  body.localGet(locals.ip);
  body.emit('i32.add');
  body.load('i32.load', at + 8);
  emitCharge(body, locals, index);
  body.localSet(locals.ip);
}

/** budget -= the count in the terminator's dst field. */
export function emitCharge(body: FunctionBody, locals: LoopLocals, index: number): void {
  body.localGet(locals.budget);
  body.localGet(locals.ip);
  body.load('i32.load16_u', index * MICRO_OP_SIZE + 2);
  body.emit('i32.sub');
  body.localSet(locals.budget);
}

/** With the target (i64) on the stack: looks it up in the jump cache; pushes 1 and sets ip on a hit, else pushes 0. */
export function emitJumpCacheLookup(body: FunctionBody, locals: LoopLocals, layout: MemoryLayout, entry: number): void {
  body.localSet(locals.target);
  emitCacheOffset(body, JUMP_CACHE_ENTRIES, () => {
    body.localGet(locals.target);
    body.emit('i32.wrap_i64');
  });
  if (layout.areas > 0) {
    // Engines share this code, and each has a cache of its own.
    body.localGet(locals.vcpu);
    body.load('i32.load', VCPU.JUMP_CACHE);
    body.emit('i32.add');
  }
  body.localTee(entry);
  body.load('i64.load32_u', jumpCacheOffset(layout));
  body.localGet(locals.target);
  body.emit('i64.eq');
}

/** What is added to the entry that `emitJumpCacheLookup` leaves. */
export function jumpCacheOffset({ areas, jumpCache }: MemoryLayout): number {
  return areas > 0 ? 0 : jumpCache;
}

/** Stores the detail of an exit and its code. */
export function emitExitValue(body: FunctionBody, locals: LoopLocals, reason: keyof typeof EXIT): void {
  body.localGet(locals.vcpu);
  body.localGet(locals.target);
  body.store('i64.store', VCPU.EXIT_VALUE);
  body.i32Const(EXIT[reason]);
  body.localSet(locals.reason);
}

/**
 * Generates the interpreter module from the micro-op set. Two kinds of functions:
 *
 *   run(vcpu, ip, budget) -> exit code   the main loop: one br_table over the hot micro-ops and the fused sequences
 *   step(vcpu, ip) -> ip                 one micro-op of any kind with careful memory checks; 0 when it faulted
 *
 * `run` hands to `step` what is not hot, and every access that the inline memory check refuses. Layout constants are
 * baked in, so a module belongs to one memory layout, memory model and list of fused sequences.
 */
import { assert } from '../../common/assert.ts';
import { runtimeFunctions } from '../../ir/runtime-functions.ts';
import { VCPU } from '../../ir/vcpu-layout.ts';
import type { MemoryLayout } from '../../memory/layout.ts';
import { FunctionBody, ModuleBuilder, type FunctionRef } from '../wasm/encoder.ts';
import { importGuestMemory } from '../wasm/guest-memory-import.ts';
import { RuntimeLibrary } from '../wasm/runtime-library.ts';
import { EXIT } from './exits.ts';
import {
  emitBranchTail,
  emitCharge,
  emitExitValue,
  emitJumpCacheLookup,
  HandlerEmitter,
  jumpCacheOffset,
  type LoopLocals,
} from './handlers.ts';
import { accessCode, emitCarefulCheck, emitInlineCheck, type MemoryModel } from './memory-model.ts';
import { MICRO_OP_SIZE, type MicroOpKind, type MicroOpSet } from './micro-ops.ts';

export interface InterpreterOptions {
  readonly set: MicroOpSet;
  readonly layout: MemoryLayout;
  readonly model: MemoryModel;
}

/** Micro-op kinds in one function of the step family; small, so that V8 compiles lazily only what is used. */
const STEP_GROUP = 48;

/** The module's bytes. Imports `env.memory` and the runtime functions' host imports; exports `run` and `step`. */
export function generateInterpreter(options: InterpreterOptions): Uint8Array {
  return new InterpreterGenerator(options).generate();
}

class InterpreterGenerator {
  readonly #set: MicroOpSet;
  readonly #layout: MemoryLayout;
  readonly #model: MemoryModel;
  readonly #module = new ModuleBuilder();
  readonly #library: RuntimeLibrary;

  constructor({ set, layout, model }: InterpreterOptions) {
    this.#set = set;
    this.#layout = layout;
    this.#model = model;
    importGuestMemory(this.#module, layout);
    this.#library = new RuntimeLibrary(this.#module, runtimeFunctions);
  }

  generate(): Uint8Array {
    const careful = this.#module.declareFunction('careful', ['i32', 'i64', 'i32', 'i32'], ['i32']);
    const step = this.#module.declareFunction('step', ['i32', 'i32'], ['i32']);
    const run = this.#module.declareFunction('run', ['i32', 'i32', 'i32'], ['i32']);
    this.#defineCareful(careful);
    this.#defineStep(step, careful);
    this.#defineRun(run, step);
    this.#library.defineFunctions();
    this.#module.exportFunction('run', run);
    this.#module.exportFunction('step', step);
    return this.#module.build();
  }

  #defineCareful(ref: FunctionRef): void {
    const body = new FunctionBody(['i32', 'i64', 'i32', 'i32']);
    emitCarefulCheck(body, this.#model, this.#layout);
    this.#module.defineFunction(ref, body);
  }

  /** step: finds the group function of the micro-op's code; a fused code counts as its first micro-op. */
  #defineStep(ref: FunctionRef, careful: FunctionRef): void {
    const steppable = this.#set.kinds.filter(isSteppable);
    const groups: { first: number; ref: FunctionRef }[] = [];
    const codes = [...steppable].sort((x, y) => x.code - y.code);
    for (let index = 0; index < codes.length; index += STEP_GROUP) {
      const members = codes.slice(index, index + STEP_GROUP);
      const first = members[0]?.code ?? 0;
      const group = this.#module.declareFunction(`step_${String(first)}`, ['i32', 'i32', 'i32'], ['i32']);
      this.#defineStepGroup(group, members, careful);
      groups.push({ first, ref: group });
    }
    const body = new FunctionBody(['i32', 'i32']);
    const code = body.local('i32');
    this.#emitCode(body, 1, code);
    for (const group of groups.slice(1).reverse()) {
      body.localGet(code);
      body.i32Const(group.first);
      body.emit('i32.ge_u');
      body.if();
      callGroup(body, group.ref, code);
      body.return();
      body.end();
    }
    const [lowest] = groups;
    assert(lowest !== undefined, 'there are micro-ops');
    callGroup(body, lowest.ref, code);
    this.#module.defineFunction(ref, body);
  }

  /** Sets local `code` to the code of the micro-op at `ip`, mapping fused codes to their first micro-op's. */
  #emitCode(body: FunctionBody, ip: number, code: number): void {
    const { hotCount, fused } = this.#set;
    body.localGet(ip);
    body.load('i32.load16_u');
    body.localSet(code);
    if (fused.length === 0) return;
    const firsts = fused.map((sequence) => sequence[0]?.code ?? 0);
    body.localGet(code);
    body.i32Const(hotCount);
    body.emit('i32.sub');
    body.i32Const(fused.length);
    body.emit('i32.lt_u');
    body.if();
    // Rarely taken: binary decision over runs of equal first codes would be no shorter.
    const distinct = [...new Set(firsts)];
    for (let opened = 0; opened <= distinct.length; opened++) body.block();
    body.localGet(code);
    body.i32Const(hotCount);
    body.emit('i32.sub');
    body.brTable(
      firsts.map((first) => distinct.indexOf(first)),
      distinct.length,
    );
    body.end();
    for (const [index, first] of distinct.entries()) {
      body.i32Const(first);
      body.localSet(code);
      // Out of the blocks still open, to the end of the `if`.
      body.br(distinct.length - index - 1);
      body.end();
    }
    body.end();
  }

  #defineStepGroup(ref: FunctionRef, kinds: readonly MicroOpKind[], careful: FunctionRef): void {
    const body = new FunctionBody(['i32', 'i32', 'i32']);
    const [vcpu, ip, code] = [0, 1, 2];
    const first = kinds[0]?.code ?? 0;
    const last = kinds.at(-1)?.code ?? 0;
    const emitter = new HandlerEmitter({
      body,
      layout: this.#layout,
      vcpu,
      ip,
      runtimeFunction: (name) => this.#library.use(name),
      emitCheck: (address, host, width, access) => {
        body.localGet(vcpu);
        body.localGet(address);
        body.i32Const(width);
        body.i32Const(accessCode(access));
        body.call(careful);
        body.emit('i32.eqz');
        body.if();
        body.i32Const(0);
        body.return();
        body.end();
        body.localGet(address);
        body.emit('i32.wrap_i64');
        body.localSet(host);
      },
    });
    const indexOf = new Map(kinds.map((kind, index) => [kind.code, index]));
    for (let opened = 0; opened <= kinds.length; opened++) body.block();
    body.localGet(code);
    body.i32Const(first);
    body.emit('i32.sub');
    const targets = Array.from({ length: last - first + 1 }, (_, index) => indexOf.get(first + index) ?? kinds.length);
    body.brTable(targets, kinds.length);
    body.end();
    for (const kind of kinds) {
      emitter.emitStraight(kind, 0);
      body.localGet(ip);
      body.i32Const(MICRO_OP_SIZE);
      body.emit('i32.add');
      body.return();
      body.end();
    }
    body.emit('unreachable');
    this.#module.defineFunction(ref, body);
  }

  #defineRun(ref: FunctionRef, step: FunctionRef): void {
    const body = new FunctionBody(['i32', 'i32', 'i32']);
    const locals: LoopLocals = {
      vcpu: 0,
      ip: 1,
      budget: 2,
      reason: body.local('i32'),
      target: body.local('i64'),
    };
    new RunFunction(body, locals, this.#set, this.#layout, this.#model, step, (name) => this.#library.use(name)).emit();
    this.#module.defineFunction(ref, body);
  }
}

function isSteppable(kind: MicroOpKind): boolean {
  if (kind.pattern !== null) return kind.pattern.root === 'value' || kind.pattern.root === 'effect';
  return /^(copy|const)\d/.test(kind.name);
}

function callGroup(body: FunctionBody, ref: FunctionRef, code: number): void {
  body.localGet(0);
  body.localGet(1);
  body.localGet(code);
  body.call(ref);
}

/** Emits the main loop. Labels are remembered as depths, so that handlers can leave from inside any nesting. */
class RunFunction {
  readonly #body: FunctionBody;
  readonly #locals: LoopLocals;
  readonly #set: MicroOpSet;
  readonly #layout: MemoryLayout;
  readonly #step: FunctionRef;
  readonly #emitter: HandlerEmitter;
  readonly #entry: number;
  #exitLabel = 0;
  #dispatchLabel = 0;
  #budgetLabel = 0;
  #slowLabel = 0;

  constructor(
    body: FunctionBody,
    locals: LoopLocals,
    set: MicroOpSet,
    layout: MemoryLayout,
    model: MemoryModel,
    step: FunctionRef,
    runtimeFunction: (name: string) => FunctionRef,
  ) {
    this.#body = body;
    this.#locals = locals;
    this.#set = set;
    this.#layout = layout;
    this.#step = step;
    this.#entry = body.local('i32');
    this.#emitter = new HandlerEmitter({
      body,
      layout,
      vcpu: locals.vcpu,
      ip: locals.ip,
      runtimeFunction,
      emitCheck: (address, host, width, access, index) => {
        emitInlineCheck(body, model, layout, { address, host }, width, access);
        if (index === 0) {
          this.#brIf(this.#slowLabel);
          if (model === 'range') return;
          return;
        }
        body.if();
        this.#advance(index);
        this.#br(this.#slowLabel);
        body.end();
      },
    });
  }

  emit(): void {
    const body = this.#body;
    const { vcpu, ip, budget, reason } = this.#locals;
    const fused = this.#set.fused;
    const hot = this.#set.kinds.filter((kind) => kind.code < this.#set.hotCount);
    const sequences: (readonly MicroOpKind[])[] = [...hot.map((kind) => [kind]), ...fused];
    this.#exitLabel = this.#open('block');
    this.#dispatchLabel = this.#open('loop');
    this.#budgetLabel = this.#open('block');
    this.#slowLabel = this.#open('block');
    sequences.forEach(() => {
      body.block();
    });
    body.localGet(ip);
    body.load('i32.load16_u');
    body.brTable(
      sequences.map((_, index) => index),
      sequences.length,
    );
    for (const sequence of sequences) {
      body.end();
      this.#handler(sequence);
    }
    body.end();
    this.#slow();
    body.end();
    // budget label: ip is the next micro-op
    body.i32Const(EXIT.BUDGET);
    body.localSet(reason);
    this.#br(this.#exitLabel);
    body.end();
    body.end();
    body.localGet(vcpu);
    body.localGet(budget);
    body.emit('i64.extend_i32_s');
    body.store('i64.store', VCPU.BUDGET);
    body.localGet(vcpu);
    body.localGet(ip);
    body.store('i32.store', VCPU.EXIT_IP);
    body.localGet(reason);
  }

  #open(kind: 'block' | 'loop'): number {
    this.#body[kind]();
    return this.#body.depth;
  }

  #br(label: number): void {
    this.#body.br(this.#body.depth - label);
  }

  #brIf(label: number): void {
    this.#body.brIf(this.#body.depth - label);
  }

  #advance(count: number): void {
    const { ip } = this.#locals;
    this.#body.localGet(ip);
    this.#body.i32Const(count * MICRO_OP_SIZE);
    this.#body.emit('i32.add');
    this.#body.localSet(ip);
  }

  /** slow label: the micro-op at ip goes through `step`. */
  #slow(): void {
    const body = this.#body;
    const { vcpu, ip, reason, budget } = this.#locals;
    // For `input.instructions`, which is only reached from here.
    body.localGet(vcpu);
    body.localGet(budget);
    body.emit('i64.extend_i32_s');
    body.store('i64.store', VCPU.BUDGET);
    body.localGet(vcpu);
    body.localGet(ip);
    body.call(this.#step);
    body.localTee(this.#entry);
    body.if();
    body.localGet(this.#entry);
    body.localSet(ip);
    this.#br(this.#dispatchLabel);
    body.end();
    body.localGet(vcpu);
    body.load('i32.load', VCPU.EXIT_REASON);
    body.localSet(reason);
    this.#br(this.#exitLabel);
  }

  #handler(sequence: readonly MicroOpKind[]): void {
    for (const [index, kind] of sequence.entries()) {
      if (isSteppable(kind)) {
        this.#emitter.emitStraight(kind, index);
        continue;
      }
      assert(index === sequence.length - 1, 'a terminator is the last of its sequence');
      this.#terminator(kind, index);
      return;
    }
    this.#advance(sequence.length);
    this.#br(this.#dispatchLabel);
  }

  #terminator(kind: MicroOpKind, index: number): void {
    switch (kind.pattern?.root ?? kind.name) {
      case 'branch':
        this.#emitter.emitCondition(kind, index);
        emitBranchTail(this.#body, this.#locals, index);
        this.#continue();
        return;
      case 'jump':
        this.#body.localGet(this.#locals.ip);
        this.#body.load('i32.load', index * MICRO_OP_SIZE + 8);
        emitCharge(this.#body, this.#locals, index);
        this.#body.localSet(this.#locals.ip);
        this.#continue();
        return;
      case 'indirect':
        this.#indirect(kind, index);
        return;
      case 'trap_if':
        this.#trapIf(kind, index);
        return;
      case 'link':
        this.#leave('LINK', index, false);
        return;
      case 'syscall':
        this.#leave('SYSCALL', index, true);
        return;
      case 'trap':
        this.#leave('TRAP', index, false);
        return;
      case 'resync':
        this.#leave('RESYNC', index, true);
        return;
      case 'count':
        this.#count(index);
        return;
      case 'enter':
        this.#leave('ENTER', index, false);
        return;
      default:
        assert(false, `${kind.name} is no terminator`);
    }
  }

  /** Goes on at ip unless the budget is used up. */
  #continue(): void {
    this.#body.localGet(this.#locals.budget);
    this.#body.i32Const(0);
    this.#body.emit('i32.ge_s');
    this.#brIf(this.#dispatchLabel);
    this.#br(this.#budgetLabel);
  }

  #leave(reason: keyof typeof EXIT, index: number, charge: boolean): void {
    if (charge) emitCharge(this.#body, this.#locals, index);
    if (index > 0) this.#advance(index);
    this.#body.i32Const(EXIT[reason]);
    this.#body.localSet(this.#locals.reason);
    this.#br(this.#exitLabel);
  }

  #indirect(kind: MicroOpKind, index: number): void {
    const body = this.#body;
    this.#emitter.emitCondition(kind, index);
    body.localSet(this.#locals.target);
    emitCharge(body, this.#locals, index);
    body.localGet(this.#locals.vcpu);
    body.load('i64.load32_u', VCPU.STOP);
    body.localGet(this.#locals.target);
    body.emit('i64.eq');
    body.if();
    emitExitValue(body, this.#locals, 'RETURN');
    this.#br(this.#exitLabel);
    body.end();
    body.localGet(this.#locals.target);
    emitJumpCacheLookup(body, this.#locals, this.#layout, this.#entry);
    body.if();
    body.localGet(this.#entry);
    body.load('i32.load', jumpCacheOffset(this.#layout) + 4);
    body.localSet(this.#locals.ip);
    this.#continue();
    body.end();
    if (index > 0) this.#advance(index);
    emitExitValue(body, this.#locals, 'INDIRECT');
    this.#br(this.#exitLabel);
  }

  /** Counts an arrival at a loop or function; goes on with the next micro-op unless the limit is reached. */
  #count(index: number): void {
    const body = this.#body;
    const { ip } = this.#locals;
    const at = index * MICRO_OP_SIZE + 8;
    body.localGet(ip);
    body.localGet(ip);
    body.load('i32.load', at);
    body.i32Const(1);
    body.emit('i32.sub');
    body.localTee(this.#entry);
    body.store('i32.store', at);
    body.localGet(this.#entry);
    body.i32Const(0);
    body.emit('i32.lt_s');
    body.if();
    this.#leave('HOT', index, false);
    body.end();
    this.#advance(index + 1);
    this.#br(this.#dispatchLabel);
  }

  #trapIf(kind: MicroOpKind, index: number): void {
    const body = this.#body;
    this.#emitter.emitCondition(kind, index);
    body.if();
    this.#leave('TRAP', index, false);
    body.end();
    this.#advance(index + 1);
    this.#br(this.#dispatchLabel);
  }
}

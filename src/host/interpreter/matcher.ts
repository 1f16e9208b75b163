/** Finds the micro-op whose pattern covers most of an expression. */
import { assert } from '../../common/assert.ts';
import type { Inst } from '../../ir/block.ts';
import type { MicroOpKind, MicroOpSet } from './micro-ops.ts';
import { patternHead, type PatternNode, type PatternRoot } from './pattern.ts';
import type { Op } from '../../ir/op.ts';

/** Leaves of a matched pattern, filled by `Matcher.match`. */
export interface Match {
  kind: MicroOpKind | null;
  /** Instructions behind the registers a, b, c. */
  readonly registers: (Inst | null)[];
  registerCount: number;
  /** Instruction behind the constant leaf. */
  constant: Inst | null;
  /** Memory or indexed operation of the tree: the one whose immediate goes into the micro-op. */
  immediate: Inst | null;
}

function specificity(node: PatternNode): number {
  switch (node.kind) {
    case 'register':
      return 0;
    case 'constant':
      return 1;
    case 'exact':
      return 2;
    case 'operation':
      return node.operands.reduce((sum, operand) => sum + specificity(operand), 10);
  }
}

const weight = (kind: MicroOpKind): number => (kind.pattern === null ? 0 : specificity(kind.pattern.tree));

function rootKey(root: PatternRoot): number {
  if (root === 'branch') return 1;
  if (root === 'indirect') return 2;
  return root === 'trap_if' ? 3 : 0;
}

/** Index of candidates: operation at the root, or below a branch, an indirect jump or a trap. */
export class Matcher {
  /** [root key][op code]: candidates, most specific first; made from `#byName` at the operation's first use. */
  readonly #candidates: (readonly MicroOpKind[] | undefined)[][] = [[], [], [], []];
  /** [root key]: the same by the operation's name, in the order of the set. */
  readonly #byName: readonly Map<string, MicroOpKind[]>[] = [new Map(), new Map(), new Map(), new Map()];
  readonly #registerRoots: (MicroOpKind | undefined)[] = [];
  readonly #lanes = new Map<string, MicroOpKind>();
  readonly #match: Match = {
    kind: null,
    registers: [null, null, null],
    registerCount: 0,
    constant: null,
    immediate: null,
  };
  /** True when an instruction's value is not placed and may be computed inside its user's micro-op. */
  readonly #absorbable: (inst: Inst) => boolean;

  constructor(set: MicroOpSet, absorbable: (inst: Inst) => boolean) {
    this.#absorbable = absorbable;
    for (const kind of set.kinds) {
      if (kind.text === null) continue;
      const { root, op } = patternHead(kind.text);
      const key = rootKey(root ?? 'value');
      if (op === null) {
        this.#registerRoots[key] = kind;
        continue;
      }
      // A lane is part of its kind's name.
      if (kind.name !== kind.text) this.#lanes.set(kind.name, kind);
      const lists = this.#byName[key];
      const list = lists?.get(op);
      if (list === undefined) lists?.set(op, [kind]);
      else list.push(kind);
    }
  }

  #candidatesFor(key: number, op: Op): readonly MicroOpKind[] | undefined {
    const lists = this.#candidates[key];
    if (lists === undefined) return undefined;
    return (lists[op.code] ??= (this.#byName[key]?.get(op.name) ?? []).sort((x, y) => weight(y) - weight(x)));
  }

  /** Matches `inst` as the tree below `root`. The result is reused by the next call. */
  match(root: PatternRoot, inst: Inst): Match {
    const match = this.#match;
    const key = rootKey(root);
    const isRootOperation = key === 0;
    if (inst.kind === 'op' && inst.op !== null && (isRootOperation || this.#absorbable(inst))) {
      const candidates = this.#candidatesFor(key, inst.op);
      if (candidates !== undefined) {
        for (const kind of candidates) {
          if (kind.pattern === null) continue;
          this.#reset();
          if (this.#matchOperation(kind.pattern.tree, inst, root === 'indirect')) {
            match.kind = inst.op.immediate === 'lane' ? this.#laneKind(kind, inst.lo) : kind;
            return match;
          }
        }
      }
    }
    const kind = this.#registerRoots[key];
    assert(kind !== undefined, `no micro-op for ${inst.op?.name ?? inst.kind}`);
    this.#reset();
    match.kind = kind;
    match.registers[0] = inst;
    match.registerCount = 1;
    return match;
  }

  #laneKind(kind: MicroOpKind, lane: number): MicroOpKind {
    const laned = this.#lanes.get(kind.name.replace(/\[\d+\]$/, `[${String(lane)}]`));
    assert(laned !== undefined, `lane ${String(lane)} of ${kind.name}`);
    return laned;
  }

  #reset(): void {
    this.#match.registerCount = 0;
    this.#match.constant = null;
    this.#match.immediate = null;
  }

  #matchNode(node: PatternNode, inst: Inst, smallConstant: boolean): boolean {
    switch (node.kind) {
      case 'register':
        this.#match.registers[this.#match.registerCount++] = inst;
        return true;
      case 'constant':
        if (inst.kind !== 'const' || (smallConstant && inst.hi !== inst.lo >> 31)) return false;
        this.#match.constant = inst;
        return true;
      case 'exact':
        return inst.kind === 'const' && inst.lo === node.lo && inst.hi === node.hi;
      case 'operation':
        return inst.op === node.op && this.#absorbable(inst) && this.#matchOperation(node, inst, smallConstant);
    }
  }

  #matchOperation(node: PatternNode, inst: Inst, smallConstant: boolean): boolean {
    if (node.kind !== 'operation') return false;
    const operands = node.operands;
    if (inst.op?.immediate !== undefined) this.#match.immediate = inst;
    for (let index = 0; index < operands.length; index++) {
      const child = operands[index];
      const value = index === 0 ? inst.a : index === 1 ? inst.b : inst.c;
      if (child === undefined || value === null || !this.#matchNode(child, value, smallConstant)) return false;
    }
    return true;
  }
}

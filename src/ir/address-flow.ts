/**
 * Which memory accesses of a region need a check that their address lies in the guest's range, found from what earlier
 * accesses have proven.
 *
 * A value's *drift* bounds its distance from some address that is known to be in range: value = known + d with
 * lo <= d <= hi. Below and above the range lie unmapped margins of `MARGIN` bytes, so an access whose address drifts by
 * less cannot reach anything else: it needs no check, and where the host faults on unmapped pages, its success
 * proves the address anew. That is what removes the check from `p += 8` in a loop.
 */
import { defined } from '../common/assert.ts';
import type { Block, Inst } from './block.ts';
import { edgesOf, openEntries, type Region } from './region.ts';

/** Bytes below and above the guest's range that are never mapped, less the widest access. */
export const MARGIN = 0x10000 - 64;

export interface Drift {
  readonly lo: number;
  readonly hi: number;
}

/** Drifts of slot values by slot offset; a slot without entry may hold anything. */
export type AddressFacts = ReadonlyMap<number, Drift>;

export interface AddressOptions {
  /** First address in range. */
  readonly base: number;
  /** First address out of range. */
  readonly limit: number;
  /** True where the host itself faults on every unmapped page, so that a successful access is a proof. */
  readonly successProves: boolean;
}

/** A value as another one plus a constant; addresses with one root differ by a known distance. */
export interface Rooted {
  readonly root: Inst;
  readonly distance: number;
}

export function rootOf(value: Inst, displacement: number): Rooted {
  let root = value;
  let distance = displacement;
  while (root.op?.name === 'i64.add' && root.a !== null && root.b?.kind === 'const') {
    distance += root.b.lo + (root.b.hi - (root.b.lo < 0 ? -1 : 0)) * 0x100000000;
    root = root.a;
  }
  return { root, distance };
}

function isSmall({ lo, hi }: Drift, distance: number): boolean {
  return lo + distance > -MARGIN && hi + distance < MARGIN;
}

/** Follows the facts through one block, access by access. */
export class AddressTracker {
  readonly #options: AddressOptions;
  readonly #entry: AddressFacts;
  readonly #drifts = new Map<Inst, Drift>();
  /** The value that each slot holds, where the block has read or written it. */
  readonly #held = new Map<number, Inst>();

  constructor(entry: AddressFacts, options: AddressOptions) {
    this.#entry = entry;
    this.#options = options;
  }

  /** Takes note of a `get` or `set`. */
  slot(inst: Inst): void {
    if (inst.kind === 'set') {
      this.#held.set(inst.lo, defined(inst.a, 'set has a value'));
    } else if (inst.kind === 'get' && !this.#held.has(inst.lo)) {
      this.#held.set(inst.lo, inst);
      const drift = this.#entry.get(inst.lo);
      if (drift !== undefined) this.#drifts.set(inst, drift);
    }
  }

  /** True when the access at `address` + `displacement` may go ahead unchecked; it counts as made either way. */
  access(address: Inst, displacement: number): boolean {
    const { root, distance } = rootOf(address, displacement);
    if (root.kind === 'const') return this.#isInRange(root, distance);
    const known = this.#drifts.get(root);
    const unchecked = known !== undefined && isSmall(known, distance);
    if (!unchecked || this.#options.successProves) this.#prove(root, distance, known);
    return unchecked;
  }

  /** What holds of the slots after the block. */
  exit(): Map<number, Drift> {
    const facts = new Map(this.#entry);
    for (const [slot, value] of this.#held) {
      const drift = this.#driftOf(value);
      if (drift === null) facts.delete(slot);
      else facts.set(slot, drift);
    }
    return facts;
  }

  #isInRange({ lo, hi }: Inst, distance: number): boolean {
    const at = (lo >>> 0) + distance;
    return hi === 0 && at >= this.#options.base && at < this.#options.limit;
  }

  #prove(root: Inst, distance: number, known: Drift | undefined): void {
    const width = known === undefined ? Infinity : Math.max(Math.abs(known.lo), Math.abs(known.hi));
    if (Math.abs(distance) < width) this.#drifts.set(root, { lo: -distance, hi: -distance });
  }

  #driftOf(value: Inst): Drift | null {
    const { root, distance } = rootOf(value, 0);
    if (root.kind === 'const') return this.#isInRange(root, distance) ? { lo: 0, hi: 0 } : null;
    const drift = this.#drifts.get(root);
    if (drift === undefined) return null;
    const moved = { lo: drift.lo + distance, hi: drift.hi + distance };
    return isSmall(moved, 0) ? moved : null;
  }
}

/** A check that is made on the way into a loop, because the loop's first block makes the access in any case. */
export interface HoistedCheck {
  /** Slot that holds the base. */
  readonly slot: number;
  readonly displacement: number;
  /** Guest instruction that makes the access. */
  readonly pc: number;
  readonly access: 'read' | 'write';
}

export interface AddressFlow {
  /** Facts at the start of each node. */
  readonly entry: readonly AddressFacts[];
  /** By loop header: what to check on the edges that enter the loop. */
  readonly hoisted: ReadonlyMap<number, readonly HoistedCheck[]>;
  /** Facts at the end of each node. */
  readonly exit: readonly AddressFacts[];
}

/** Runs a block's accesses through `tracker`; `access` sees each with the tracker's verdict. */
function walk(block: Block, tracker: AddressTracker): void {
  for (const inst of block.instructions) {
    if (inst.kind === 'get' || inst.kind === 'set') tracker.slot(inst);
    else if (inst.op?.width !== undefined) tracker.access(defined(inst.a, 'an access has an address'), inst.lo);
  }
}

/** Accesses through slots as they are at the block's start, each slot once, made before the block can leave. */
function inevitable(block: Block): HoistedCheck[] {
  const found = new Map<number, HoistedCheck>();
  const written = new Set<number>();
  let pc = block.pc;
  for (const inst of block.instructions) {
    if (inst.kind === 'instruction') pc = inst.lo >>> 0;
    if (inst.kind === 'trap_if') break;
    if (inst.kind === 'set') written.add(inst.lo);
    if (inst.op?.width === undefined || inst.a === null) continue;
    const { root, distance } = rootOf(inst.a, inst.lo);
    if (root.kind !== 'get' || found.has(root.lo) || Math.abs(distance) >= MARGIN) continue;
    const access = inst.op.effect === 'load' ? 'read' : 'write';
    found.set(root.lo, { slot: root.lo, displacement: distance, pc, access });
  }
  return [...found.values()];
}

/** Joins two sets of facts: what holds in both. */
function join(a: AddressFacts, b: AddressFacts): Map<number, Drift> {
  const both = new Map<number, Drift>();
  for (const [slot, x] of a) {
    const y = b.get(slot);
    if (y === undefined) continue;
    const drift = { lo: Math.min(x.lo, y.lo), hi: Math.max(x.hi, y.hi) };
    if (isSmall(drift, 0)) both.set(slot, drift);
  }
  return both;
}

function same(a: AddressFacts, b: AddressFacts): boolean {
  if (a.size !== b.size) return false;
  for (const [slot, x] of a) {
    const y = b.get(slot);
    if (x.lo !== y?.lo || x.hi !== y.hi) return false;
  }
  return true;
}

/** Rounds after which a fact that still changes is given up: a pointer that moves without being used. */
const ROUNDS = 6;

/**
 * `isBackward(from, to)` tells the edges that close a loop; `order` lists the nodes so that others go forward; `hoists`:
 * whether loops are checked on the way into them.
 */
export function analyzeAddresses(
  region: Region,
  order: readonly number[],
  isBackward: (from: number, to: number) => boolean,
  options: AddressOptions & { readonly hoists: boolean },
): AddressFlow {
  const { nodes } = region;
  const hoisted = options.hoists ? hoistedChecks(region, isBackward) : new Map<number, readonly HoistedCheck[]>();
  const entry: (AddressFacts | undefined)[] = nodes.map(() => undefined);
  const exit: AddressFacts[] = nodes.map(() => new Map());
  for (const node of openEntries(region)) entry[node] = withHoisted(new Map(), hoisted.get(node) ?? []);
  const visits = nodes.map(() => 0);
  const work = [...order];
  const queued = new Set(work);
  for (let node = work.shift(); node !== undefined; node = work.shift()) {
    queued.delete(node);
    const facts = entry[node];
    const given = nodes[node];
    if (facts === undefined || given === undefined) continue;
    const tracker = new AddressTracker(facts, options);
    walk(given.block, tracker);
    const out = tracker.exit();
    exit[node] = out;
    const forgets = given.flow.kind === 'call' || given.flow.kind === 'call-indirect';
    for (const { node: next } of edgesOf(given.flow)) {
      if (next < 0) continue;
      const before = entry[next];
      let along: AddressFacts = forgets ? new Map() : out;
      if (!isBackward(node, next)) along = withHoisted(along, hoisted.get(next) ?? []);
      let merged: Map<number, Drift> = before === undefined ? new Map(along) : join(before, along);
      if (before !== undefined && same(before, merged)) continue;
      visits[next] = (visits[next] ?? 0) + 1;
      if (before !== undefined && (visits[next] ?? 0) > ROUNDS) merged = unchanged(before, merged);
      entry[next] = merged;
      if (!queued.has(next)) {
        queued.add(next);
        work.push(next);
      }
    }
  }
  return { entry: entry.map((facts) => facts ?? new Map<number, Drift>()), exit, hoisted };
}

function unchanged(before: AddressFacts, after: AddressFacts): Map<number, Drift> {
  const kept = new Map<number, Drift>();
  for (const [slot, drift] of after) {
    const old = before.get(slot);
    if (old?.lo === drift.lo && old.hi === drift.hi) kept.set(slot, drift);
  }
  return kept;
}

/** Facts on an edge into a loop, after the hoisted checks that it still needs. */
function withHoisted(facts: AddressFacts, checks: readonly HoistedCheck[]): AddressFacts {
  const needed = checks.filter((check) => needsCheck(facts, check));
  if (needed.length === 0) return facts;
  const more = new Map(facts);
  for (const { slot, displacement } of needed) more.set(slot, { lo: -displacement, hi: -displacement });
  return more;
}

/** True when an edge with these facts has to make the hoisted check. */
export function needsCheck(facts: AddressFacts, { slot, displacement }: HoistedCheck): boolean {
  const drift = facts.get(slot);
  return drift === undefined || !isSmall(drift, displacement);
}

function hoistedChecks(
  { nodes }: Region,
  isBackward: (from: number, to: number) => boolean,
): Map<number, readonly HoistedCheck[]> {
  const found = new Map<number, readonly HoistedCheck[]>();
  for (const [from, { flow }] of nodes.entries())
    for (const { node } of edgesOf(flow)) {
      if (node < 0 || !isBackward(from, node) || found.has(node)) continue;
      found.set(node, inevitable(defined(nodes[node], 'an edge leads to a node').block));
    }
  return found;
}

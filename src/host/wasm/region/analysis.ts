/** What is known of a region before its code is emitted: its control flow, and facts about slots and values on the way. */
import { SETTLED } from '../../../fp/fp-env.ts';
import type { Steps } from '../../../common/steps.ts';
import { analyzeAddresses, type AddressFlow } from '../../../ir/address-flow.ts';
import type { Block, Inst } from '../../../ir/block.ts';
import { analyzeConstants, type ConstantFacts } from '../../../ir/constant-flow.ts';
import { analyzeNarrow, type NarrowFlow } from '../../../ir/narrow.ts';
import type { Op } from '../../../ir/op.ts';
import { successorsIn, type Region } from '../../../ir/region.ts';
import { analyzeSlots, crossings, type SlotFlow, type SlotSet } from '../../../ir/slot-flow.ts';
import { GUEST_BASE } from '../../../memory/layout.ts';
import type { RegionEmitterOptions } from './emitter.ts';
import { ControlFlow } from './structure.ts';

type AnalysisOptions = Pick<RegionEmitterOptions, 'layout' | 'model' | 'precise' | 'speculation' | 'fusesMultiplyAdd'>;

/** What an address has to be for an access to it to need no check, and whether an access that succeeds proves it. */
export interface AddressOptions {
  readonly base: number;
  readonly limit: number;
  readonly successProves: boolean;
}

export interface RegionAnalysis {
  readonly flow: ControlFlow;
  /** The node at which the function begins: with several entries, one of its own that leads to them. */
  readonly root: number;
  readonly slots: SlotFlow;
  /** Null where every access is checked. */
  readonly addresses: AddressFlow | null;
  readonly addressOptions: AddressOptions;
  readonly narrow: NarrowFlow;
  /** By node; empty where no entry is guarded. */
  readonly constants: readonly ConstantFacts[];
  readonly speculation: Speculation;
}

/** Analyses a region, in steps. */
export function* analyzeRegion(region: Region, options: AnalysisOptions): Steps<RegionAnalysis> {
  const { model, precise, layout } = options;
  const storesThrough = storesBeforeAccess(options);
  const speculation = new Speculation(region, options);
  const successors = successorsIn(region);
  const root = region.entries.length > 1 ? region.nodes.length : 0;
  const flow = new ControlFlow(root === 0 ? successors : [...successors, region.entries], root);
  yield;
  const unloaded = crossings(region, flow.loops(), flow.dispatchers);
  const slots = analyzeSlots(
    region,
    {
      isSideExit: (block) => mayLeaveInside(block, options, speculation),
      ...(storesThrough ? { storesAllBefore: isAccess } : {}),
    },
    flow.loops(),
    unloaded,
  );
  yield;
  const order = reachedInOrder(region, flow);
  const addressOptions = { base: GUEST_BASE, limit: layout.guestLimit, successProves: model === 'host' };
  const addresses =
    model === 'strict' || (precise && !storesThrough)
      ? null
      : analyzeAddresses(region, order, (from, to) => isBackward(flow, from, to), {
          ...addressOptions,
          // A check that fails has to tell of its instruction.
          hoists: !precise,
        });
  yield;
  const narrow = analyzeNarrow(region, order, unloaded);
  yield;
  const constants = region.guarded.length > 0 ? analyzeConstants(region, order) : [];
  yield;
  return { flow, root, slots, addresses, addressOptions, narrow, constants, speculation };
}

/**
 * Whether a precise region stores all that is dirty before each access, so that it may trap there: what is in the vCPU block
 * then is the state before that instruction.
 */
export function storesBeforeAccess({ model, precise }: Pick<AnalysisOptions, 'model' | 'precise'>): boolean {
  return precise && model === 'host';
}

/** True for what accesses the guest's memory. */
export function isAccess({ op }: Inst): boolean {
  return op?.width !== undefined;
}

/** True for an access that leaves, where it is refused, for tier 0 to execute its instruction. */
export function leavesRefused(inst: Inst, options: Pick<AnalysisOptions, 'model' | 'precise'>): boolean {
  return options.precise && isAccess(inst) && (!storesBeforeAccess(options) || inst.op?.effect === 'atomic');
}

/** True when a block may leave in its middle, for tier 0 to execute the instruction there. */
export function mayLeaveInside(
  block: Block,
  options: Pick<AnalysisOptions, 'model' | 'precise'>,
  speculation: Speculation,
): boolean {
  return block.instructions.some(
    (inst) =>
      inst.kind === 'trap_if' || leavesRefused(inst, options) || (inst.op !== null && speculation.isFor(inst.op)),
  );
}

/** True for an edge between given nodes that closes a loop, possibly through a dispatcher. */
export function isBackward(flow: ControlFlow, from: number, to: number): boolean {
  return flow.isBackward(from, flow.redirect(from, to)?.node ?? to);
}

/** The live slots that are in locals where a node begins. */
export function loadedAt(slots: SlotFlow, node: number): SlotSet {
  return (slots.loadedIn[node] ?? 0n) & (slots.liveIn[node] ?? 0n);
}

/** The given nodes that are reached, in reverse postorder. */
function reachedInOrder(region: Region, { order }: ControlFlow): number[] {
  return [...region.nodes.keys()]
    .filter((node) => (order[node] ?? -1) >= 0)
    .sort((a, b) => (order[a] ?? 0) - (order[b] ?? 0));
}

/** Whether and how a region's floating-point operations speculate; see `RegionEmitterOptions`. */
export class Speculation {
  readonly state: RegionEmitterOptions['speculation'];
  readonly #fusesMultiplyAdd: boolean;

  constructor(
    region: Region,
    { speculation, fusesMultiplyAdd }: Pick<AnalysisOptions, 'speculation' | 'fusesMultiplyAdd'>,
  ) {
    this.state = gains(region) ? speculation : 'gave up';
    this.#fusesMultiplyAdd = fusesMultiplyAdd;
  }

  get isOn(): boolean {
    return this.state === 'speculates' || this.#mayBeTiny;
  }

  get #mayBeTiny(): boolean {
    return this.state === 'speculates on tiny results' || this.takesDenormals;
  }

  /** Whether operands may be denormal. */
  get takesDenormals(): boolean {
    return this.state === 'speculates on denormals';
  }

  /** Flags that the environment needs to have raised. */
  get raised(): number {
    return this.takesDenormals ? SETTLED.DENORMAL : this.#mayBeTiny ? SETTLED.TINY : 0;
  }

  isFor(op: Op): boolean {
    if (!this.isOn || op.speculative === undefined) return false;
    return op.needs === undefined || this.#fusesMultiplyAdd;
  }

  /** What stands for an operation that speculates. */
  formOf(op: Op): string | undefined {
    if (!this.isFor(op)) return undefined;
    const denormal = this.takesDenormals ? op.speculativeDenormal : undefined;
    return denormal ?? (this.#mayBeTiny ? op.speculativeTiny : undefined) ?? op.speculative;
  }
}

/** False where nothing would be won, and where the guest writes the environment: it would have to be looked at again. */
function gains({ nodes }: Region): boolean {
  let gains = false;
  for (const { block } of nodes) {
    for (const { op } of block.instructions) {
      if (op?.name === 'fp.env.set') return false;
      gains ||= op?.speculative !== undefined;
    }
  }
  return gains;
}

/**
 * The WebAssembly that a region becomes when tier 1 compiles it: as text, with guest instructions as comments. Formed from
 * the code alone: where indirect jumps go is not known, and the functions that it calls are not in its module.
 */
import { defined } from '../common/assert.ts';
import { ConfigurationError } from '../common/errors.ts';
import { discoverBlocks } from '../engine/region-discovery.ts';
import type { CodeSource, Guest } from '../guest/guest.ts';
import { fusesMultiplyAdd } from '../host/wasm/fused-multiply-add.ts';
import { moduleText } from '../host/wasm/module-text.ts';
import type { RegionMemoryModel } from '../host/wasm/region/memory-access.ts';
import { emitRegionModule } from '../host/wasm/region/module.ts';
import { optimizeBlock } from '../ir/passes/optimize.ts';
import { formRegion } from '../ir/region.ts';
import { memoryLayout } from '../memory/layout.ts';
import { hex, openProgram } from './program-file.ts';

export interface InspectWasmOptions {
  /** A symbol's name or an address (decimal, or hexadecimal after 0x). Default: the entry point. */
  readonly at?: string | undefined;
  readonly model: RegionMemoryModel;
}

/** As the engine forms them. */
const MAX_REGION = 2000;
/** The linear memory of a process that has all it may have. */
const MEMORY_SIZE = 2 ** 32;

export interface RegionTextOptions {
  readonly guest: Guest;
  readonly code: CodeSource;
  readonly start: number;
  readonly model: RegionMemoryModel;
  readonly fusesMultiplyAdd: boolean;
}

export interface RegionText {
  readonly blocks: number;
  readonly guestInstructions: number;
  readonly bytes: number;
  /** Where the functions begin that it calls, by their links. */
  readonly links: readonly number[];
  readonly text: string;
}

/** The text for the region at `start` of some code; null where only tier 0 runs what is there. */
export function regionText({ guest, code, start, model, fusesMultiplyAdd }: RegionTextOptions): RegionText | null {
  const blocks = discoverBlocks([start], {
    lift: (pc, max) => optimizeBlock(guest.liftBlock(code, pc, 0, max), 'exits'),
    isKnown: () => true,
    isTailCall: () => false,
    targetsOf: () => [],
    maxInstructions: MAX_REGION,
    maxUnknown: 0,
  });
  if (blocks.length === 0) return null;
  const region = formRegion(blocks, () => [], []);
  const { bytes, links, notes } = emitRegionModule([region], {
    layout: memoryLayout(MEMORY_SIZE),
    model,
    precise: false,
    name: 'region',
    reportsJumps: () => true,
    speculation: () => 'speculates',
    fusesMultiplyAdd,
    annotates: true,
  });
  const { marks, locals } = defined(notes[0], 'a region has notes');
  const text = moduleText(bytes, {
    comments: marks.map(({ position, pc }) => ({
      offset: position,
      text: `${hex(pc)}  ${guest.disassemble(code, pc)?.text ?? '?'}`,
    })),
    localName: (definition, local) => (definition === 0 ? locals.get(local) : undefined),
  });
  const { nodes, guestInstructions } = region;
  return { blocks: nodes.length, guestInstructions, bytes: bytes.length, links, text };
}

/** The text for the region at `options.at` of `file`. */
export function inspectWasm(file: Uint8Array, path: string, guest: Guest, options: InspectWasmOptions): string {
  const { code, start, nameOf } = openProgram(file, path, guest, options.at);
  const { model } = options;
  const region = regionText({ guest, code, start, model, fusesMultiplyAdd: fusesMultiplyAdd() });
  if (region === null)
    throw new ConfigurationError('bad-option', `${path} has only tier 0's code at ${hex(start)}: it is interpreted`);
  const { blocks, guestInstructions, bytes, links, text } = region;
  const head = [
    `${nameOf(start)}: a region of ${counted(blocks, 'block')}, ${counted(guestInstructions, 'guest instruction')}, ${counted(bytes, 'byte')}, memory model ${model}`,
    ...links.map((pc, link) => `link ${String(link)} is ${nameOf(pc)}`),
  ];
  return head.map((line) => `;; ${line}\n`).join('') + text;
}

function counted(count: number, name: string): string {
  return `${String(count)} ${name}${count === 1 ? '' : 's'}`;
}

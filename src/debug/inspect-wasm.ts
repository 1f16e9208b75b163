/**
 * The WebAssembly that a region becomes when tier 1 compiles it: as text, with guest instructions as comments. Formed from
 * the file alone: where indirect jumps go is not known, and the functions that it calls are not in its module.
 */
import { defined } from '../common/assert.ts';
import { ConfigurationError } from '../common/errors.ts';
import { discoverBlocks } from '../engine/region-discovery.ts';
import type { Guest } from '../guest/guest.ts';
import { fusesMultiplyAdd } from '../host/wasm/fused-multiply-add.ts';
import { moduleText } from '../host/wasm/module-text.ts';
import type { RegionMemoryModel } from '../host/wasm/region/memory-access.ts';
import { emitRegionModule } from '../host/wasm/region/module.ts';
import { optimizeBlock } from '../ir/passes/optimize.ts';
import { formRegion } from '../ir/region.ts';
import { memoryLayout } from '../memory/layout.ts';
import { hex, openProgram, type ProgramFile } from './program-file.ts';

export interface InspectWasmOptions {
  /** A symbol's name or an address (decimal, or hexadecimal after 0x). Default: the entry point. */
  readonly at?: string | undefined;
  readonly model: RegionMemoryModel;
}

/** As the engine forms them. */
const MAX_REGION = 2000;
/** The linear memory of a process that has all it may have. */
const MEMORY_SIZE = 2 ** 32;

/** The text for the region at `options.at` of `file`. */
export function inspectWasm(file: Uint8Array, path: string, guest: Guest, options: InspectWasmOptions): string {
  const program = openProgram(file, path, guest, options.at);
  const { code, start, nameOf } = program;
  const blocks = discoverBlocks(start, {
    lift: (pc, max) => optimizeBlock(guest.liftBlock(code, pc, 0, max), 'exits'),
    isKnown: () => true,
    targetsOf: () => [],
    maxInstructions: MAX_REGION,
    maxUnknown: 0,
  });
  if (blocks.length === 0)
    throw new ConfigurationError('bad-option', `${path} has only tier 0's code at ${hex(start)}: it is interpreted`);
  const region = formRegion(blocks, () => [], []);
  const callees = new Map<number, number>();
  const numberOf = (pc: number): number => {
    const number = callees.get(pc) ?? callees.size;
    callees.set(pc, number);
    return number;
  };
  const { bytes, notes } = emitRegionModule([region], {
    layout: memoryLayout(MEMORY_SIZE),
    model: options.model,
    precise: false,
    name: 'region',
    reportsJumps: () => true,
    speculation: () => 'speculates',
    fusesMultiplyAdd: fusesMultiplyAdd(),
    tableIndex: numberOf,
    annotates: true,
  });
  const { marks, locals } = defined(notes[0], 'a region has notes');
  const text = moduleText(bytes, {
    comments: marks.map(({ position, pc }) => ({ offset: position, text: instructionText(guest, program, pc) })),
    localName: (definition, local) => (definition === 0 ? locals.get(local) : undefined),
  });
  const head = [
    `${nameOf(start)}: a region of ${counted(region.nodes.length, 'block')}, ${counted(region.guestInstructions, 'guest instruction')}, ${counted(bytes.length, 'byte')}, memory model ${options.model}`,
    ...[...callees].map(([pc, number]) => `region ${String(number)} is ${nameOf(pc)}`),
  ];
  return head.map((line) => `;; ${line}\n`).join('') + text;
}

function instructionText(guest: Guest, { code }: ProgramFile, pc: number): string {
  return `${hex(pc)}  ${guest.disassemble(code, pc)?.text ?? '?'}`;
}

function counted(count: number, name: string): string {
  return `${String(count)} ${name}${count === 1 ? '' : 's'}`;
}

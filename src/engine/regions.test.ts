import { expect, it } from 'vitest';
import { riscv64 } from '../guest/riscv64/index.ts';
import { FunctionBody, ModuleBuilder } from '../host/wasm/encoder.ts';
import { GuestMemory } from '../memory/guest-memory.ts';
import { CodeCache, type ProgramCode } from './code-cache.ts';
import { DEFAULT_CODE_LIMITS, Regions, type RegionEntry } from './regions.ts';
import { createEngineStats } from './stats.ts';

const CODE = 0x10000;
const OTHER = CODE + 8;
const NOP = 0x00000013;
/** beqz a0, OTHER; ret; addi a1, a1, 1; ret */
const code = Uint32Array.of(0x00050463, 0x00008067, 0x00158593, 0x00008067);

/** A function that stands for tier 0, which does not run here. */
function noTier0(): WebAssembly.ExportValue {
  const module = new ModuleBuilder();
  const ref = module.declareFunction('interpret', ['i32', 'i32', 'i32'], ['i32']);
  const body = new FunctionBody(['i32', 'i32', 'i32']);
  body.i32Const(0);
  module.defineFunction(ref, body);
  module.exportFunction('interpret', ref);
  return new WebAssembly.Instance(new WebAssembly.Module(module.build().slice())).exports['interpret']!;
}

/** Regions over the code, with what they say can be entered, and which pages may be compiled. */
function regionsOf(program?: ProgramCode) {
  const memory = GuestMemory.create(1 << 26);
  const words = new Uint32Array(memory.memory.buffer, CODE, code.length);
  words.set(code);
  const access = { isThere: true, end: CODE + code.length * 4 };
  const read = (pc: number): boolean => access.isThere && pc >= CODE && pc < access.end;
  const entries = new Map<number, RegionEntry | null>();
  const regions = new Regions({
    guest: riscv64,
    memory,
    source: {
      readU8: (pc) => (read(pc) ? memory.bytes[pc]! : -1),
      readU16: (pc) => (read(pc) ? memory.bytes[pc]! | (memory.bytes[pc + 1]! << 8) : -1),
    },
    model: 'strict',
    fallback: 'strict',
    protection: () => null,
    enableWasmFeatures: () => undefined,
    imports: {},
    clock: () => 0n,
    enterCode: 0,
    interpret: noTier0(),
    onEntry: (pc, entry) => entries.set(pc, entry),
    isKnown: () => true,
    functions: () => [],
    isFunction: () => false,
    functionStart: (pc) => pc,
    staysInFunction: () => false,
    arrivals: () => 0,
    isWarm: () => false,
    limits: DEFAULT_CODE_LIMITS,
    background: null,
    stats: createEngineStats(),
    events: null,
  });
  if (program !== undefined) regions.program = program;
  return { regions, words, entries, access };
}

it('a region that is compiled again is entered only where its new code can be', () => {
  const { regions, words, entries, access } = regionsOf();
  expect(regions.compile(CODE)).toBe('done');
  expect(regions.include(regions.find(CODE)!.region, OTHER)).toBe('done');
  expect(regions.find(OTHER)?.entry).toBe(1);
  // The other entry is gone, so the next version has not got it.
  words[0] = NOP;
  access.end = OTHER;
  expect(regions.extend(regions.find(CODE)!.region)).toBe('done');
  expect(regions.find(CODE)?.region.generation).toBe(2);
  expect(regions.find(OTHER)).toBeUndefined();
  expect(entries.get(OTHER)).toBeNull();
  expect(entries.get(CODE)).toEqual(regions.find(CODE));
});

it('a region has its number as long as it is there', () => {
  const { regions } = regionsOf();
  const numberAt = (pc: number): number => regions.find(pc)!.region.tableIndex;
  expect(regions.compile(CODE)).toBe('done');
  const [first, old] = [numberAt(CODE), regions.find(CODE)!.region];
  expect(regions.at(first)).toBe(old);
  expect(regions.include(old, OTHER)).toBe('done');
  expect(numberAt(CODE)).not.toBe(first);
  expect(regions.at(numberAt(CODE))).toBe(regions.find(CODE)!.region);
  expect(() => regions.at(first)).toThrow('a region that ran is known');
  expect(regions.extend(regions.find(CODE)!.region)).toBe('done');
  expect(numberAt(CODE)).toBe(first);
});

it('uses what another address space compiled only while its pages are there, and as they were', () => {
  const program = new CodeCache(null, '').program('program');
  expect(regionsOf(program).regions.compile(CODE)).toBe('done');
  const { regions, access } = regionsOf(program);
  access.isThere = false;
  expect(regions.compile(CODE)).toBe('never');
  expect(regions.isCached(CODE)).toBe(true);
  access.isThere = true;
  expect(regions.compile(CODE)).toBe('done');
  expect(regions.stats).toMatchObject({ modules: 1, cachedModules: 1 });
  const changed = regionsOf(program);
  changed.words[0] = NOP;
  expect(changed.regions.compile(CODE)).toBe('done');
  expect(changed.regions.stats).toMatchObject({ modules: 1, cachedModules: 0 });
});

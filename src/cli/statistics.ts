/** What `--stats` prints. */
import type { Counters, GpuStats } from '../api/types.ts';

export interface RunFigures {
  readonly counters: Counters;
  /** Time from start to end, in seconds. */
  readonly seconds: number;
  /** Most memory of the host that this process had resident, in bytes. */
  readonly hostMemory: number;
  /** Reads of the host's files that a signal interrupted and that were done again. */
  readonly interruptedReads: number;
}

/** One line of JSON: seconds, million guest instructions a second, and all counters. */
export function statisticsJson({ counters, seconds, hostMemory, interruptedReads }: RunFigures): string {
  return JSON.stringify({
    seconds,
    mips: counters.instructions / seconds / 1e6,
    hostMemory,
    interruptedReads,
    ...counters,
  });
}

/** A table for people, a line each. */
export function statisticsTable({ counters, seconds, hostMemory, interruptedReads }: RunFigures): string[] {
  const { instructions, syscalls, peakMemory, accelerator, engine, capabilities, gpu } = counters;
  const share = (part: number, all: number): string => `${(all === 0 ? 0 : (part / all) * 100).toFixed(1)} %`;
  const tier = (count: number): string => `${grouped(count)} (${share(count, instructions)})`;
  const rows: readonly Row[] = [
    ['time', [`${seconds.toFixed(3)} s`, ...speed(counters, seconds)]],
    ...acceleratorRows(accelerator),
    ['instructions', [`${grouped(instructions)} ${accelerator.name === 'kvm' ? 'translated' : 'in all'}`]],
    ['  tier 0, interpreted', [tier(engine.interpretedInstructions)]],
    ['  tier 1, compiled', [tier(engine.compiledInstructions)]],
    ['system calls', [grouped(syscalls)]],
    [
      'translated for tier 0',
      [
        counted(engine.blocks, 'block'),
        counted(engine.guestInstructions, 'instruction'),
        counted(engine.microOps, 'micro-op'),
        milliseconds(engine.translateTime),
      ],
    ],
    ['  translated before', [counted(engine.keptBlocks, 'block')]],
    ['  forgotten', [`${counted(engine.invalidatedBlocks, 'block')} one by one`, `all ${times(engine.flushes)}`]],
    [
      'compiled for tier 1',
      [
        counted(engine.modules, 'module'),
        counted(engine.regions, 'region'),
        counted(engine.regionInstructions, 'instruction'),
        `${kibibytes(engine.moduleBytes)} of WebAssembly`,
      ],
    ],
    [
      '  time',
      [
        `${milliseconds(engine.compileTime)} (${share(engine.compileTime / 1e9, seconds)})`,
        `longest pause ${milliseconds(engine.longestCompile)}`,
        `to get ready ${milliseconds(engine.prepareTime)}`,
        `put off ${times(engine.compileRefusals)}`,
      ],
    ],
    [
      '  compiled before',
      [counted(engine.cachedModules, 'module'), `${grouped(engine.nativeModules)} with native code`],
    ],
    [
      '  in its own thread',
      [
        counted(engine.backgroundModules, 'module'),
        milliseconds(engine.backgroundTime),
        `too late ${times(engine.staleModules)}`,
        `broke ${times(engine.backgroundFailures)}`,
      ],
    ],
    [
      '  at the end',
      [
        counted(engine.liveModules, 'module'),
        counted(engine.liveRegions, 'region'),
        `${kibibytes(engine.liveBytes)} (most ${kibibytes(engine.peakBytes)})`,
      ],
    ],
    ['  replaced', gone(engine.replacedModules, engine.replacedRegions)],
    ['  evicted', gone(engine.evictedModules, engine.evictedRegions)],
    ['  out of date', [...gone(engine.invalidatedModules, engine.invalidatedRegions), `all ${times(engine.drops)}`]],
    ['  of ended programs', gone(engine.releasedModules, engine.releasedRegions)],
    [
      'returns to the run loop',
      [
        `${grouped(engine.runs)} in all`,
        counted(engine.syscallExits, 'system call'),
        counted(engine.faultExits + engine.trapExits, 'fault or trap', 'faults or traps'),
        `${grouped(engine.budgetExits)} at the end of a slice`,
      ],
    ],
    [
      '  to go on elsewhere',
      [
        counted(engine.jumpCacheMisses, 'jump cache miss', 'jump cache misses'),
        counted(engine.regionLookups, 'region cache miss', 'region cache misses'),
        counted(engine.unlinkedBranches, 'new branch', 'new branches'),
      ],
    ],
    [
      '  about what to compile',
      [
        counted(engine.hotCounters, 'full counter'),
        counted(engine.hotspots, 'hotspot'),
        counted(engine.strayExits, 'stray exit'),
        counted(engine.resyncs, 'change of mode', 'changes of mode'),
      ],
    ],
    ...(gpu === undefined ? [] : graphics(gpu)),
    ['used of the host', [capabilities.length === 0 ? 'nothing special' : capabilities.join(', ')]],
    ...(interruptedReads === 0 ? [] : [['interrupted reads', [grouped(interruptedReads)]] as const]),
    ['most memory', [`guest ${mebibytes(peakMemory)}`, `host ${mebibytes(hostMemory)}`]],
  ];
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return ['hospes: statistics', ...rows.map(([name, figures]) => `  ${name.padEnd(width)}${figures.join(', ')}`)];
}

function graphics(gpu: GpuStats): Row[] {
  return [
    [
      'graphics',
      [
        counted(gpu.launches, 'launch', 'launches'),
        `${grouped(gpu.failures)} failed (${grouped(gpu.timeouts)} out of time)`,
        `${counted(gpu.devicesLost, 'device')} lost of ${grouped(gpu.devicesOpened)}`,
        `${milliseconds(gpu.runTime)} in all`,
      ],
    ],
    [
      '  kernels',
      [
        `${grouped(gpu.kernelsCompiled)} compiled in ${milliseconds(gpu.compileTime)}`,
        `${grouped(gpu.kernelHits)} found`,
      ],
    ],
    ['  moved', [`${kibibytes(gpu.bytesUp)} up`, `${kibibytes(gpu.bytesDown)} down`]],
  ];
}

type Row = readonly [name: string, figures: readonly string[]];

function speed({ instructions, accelerator }: Counters, seconds: number): string[] {
  return accelerator.name === 'kvm' ? [] : [`${(instructions / seconds / 1e6).toFixed(0)} M guest instructions/s`];
}

function acceleratorRows(accelerator: Counters['accelerator']): Row[] {
  if (accelerator.name === 'wasm') return [['accelerator', ['wasm']]];
  const { machines, runs, syscalls, pageFaults, exceptions, interruptions, surrenders } = accelerator;
  return [
    ['accelerator', ['kvm', counted(machines, 'virtual machine')]],
    [
      '  exits',
      [
        `${grouped(runs)} in all`,
        counted(syscalls, 'system call'),
        counted(pageFaults, 'page fault'),
        counted(exceptions, 'other exception'),
        counted(interruptions, 'interruption'),
        `${grouped(surrenders)} for want of an emulation`,
      ],
    ],
    [
      '  left to the translator',
      [
        times(accelerator.translated),
        `${times(accelerator.withheld)} for a page with CPUID`,
        counted(accelerator.translatedTurns, 'whole turn'),
      ],
    ],
    ['  pages closed', [counted(accelerator.forgottenRanges, 'range')]],
  ];
}

function grouped(value: number): string {
  return String(value).replaceAll(/\B(?=(?:\d{3})+$)/g, ' ');
}

function gone(modules: number, regions: number): string[] {
  return [counted(modules, 'module'), counted(regions, 'region')];
}

function counted(value: number, name: string, names = `${name}s`): string {
  return `${grouped(value)} ${value === 1 ? name : names}`;
}

function times(value: number): string {
  return counted(value, 'time');
}

function milliseconds(nanoseconds: number): string {
  return `${(nanoseconds / 1e6).toFixed(1)} ms`;
}

function kibibytes(bytes: number): string {
  return `${(bytes / 2 ** 10).toFixed(1)} KiB`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

import { expect, it } from 'vitest';
import { createKvmStats } from '../accel/kvm/stats.ts';
import { createEngineStats } from '../engine/stats.ts';
import { createGpuStats } from '../gpu/stats.ts';
import { statisticsJson, statisticsTable } from './statistics.ts';

const engine = {
  ...createEngineStats(),
  interpretedInstructions: 1_234_567,
  compiledInstructions: 8_765_433,
  modules: 1,
  compileTime: 50_000_000,
  longestCompile: 30_000_000,
  prepareTime: 20_000_000,
  backgroundModules: 7,
  backgroundTime: 70_000_000,
  staleModules: 1,
};
const accelerator = { name: 'wasm' } as const;
const counters = {
  instructions: 10_000_000,
  syscalls: 3,
  peakMemory: 2 ** 20,
  accelerator,
  engine,
  capabilities: ['page-protection', 'webgpu'],
};
const figures = { counters, seconds: 0.5, hostMemory: 3 * 2 ** 20, interruptedReads: 0 };

it('has a table for people', () => {
  const lines = statisticsTable(figures).map((line) => line.replaceAll(/ {2,}/g, '  '));
  expect(lines).toContain('  time  0.500 s, 20 M guest instructions/s');
  expect(lines).toContain('  tier 0, interpreted  1 234 567 (12.3 %)');
  expect(lines).toContain('  tier 1, compiled  8 765 433 (87.7 %)');
  expect(lines).toContain('  compiled for tier 1  1 module, 0 regions, 0 instructions, 0.0 KiB of WebAssembly');
  expect(lines).toContain('  time  50.0 ms (10.0 %), longest pause 30.0 ms, to get ready 20.0 ms, put off 0 times');
  expect(lines).toContain('  in its own thread  7 modules, 70.0 ms, too late 1 time, broke 0 times');
  expect(lines).toContain('  used of the host  page-protection, webgpu');
  expect(lines).toContain('  most memory  guest 1.0 MiB, host 3.0 MiB');
});

it('has what happened seldom only when it happened', () => {
  const gpu = {
    ...createGpuStats(),
    launches: 3,
    failures: 1,
    timeouts: 1,
    devicesOpened: 2,
    devicesLost: 1,
    bytesUp: 2048,
  };
  const text = (more: object): string =>
    statisticsTable({ ...figures, ...more })
      .map((line) => line.replaceAll(/ {2,}/g, '  '))
      .join('\n');
  expect(text({})).not.toMatch(/graphics|interrupted/);
  expect(text({ interruptedReads: 2 })).toContain('interrupted reads  2');
  const withGpu = text({ counters: { ...counters, gpu } });
  expect(withGpu).toContain('graphics  3 launches, 1 failed (1 out of time), 1 device lost of 2, 0.0 ms in all');
  expect(withGpu).toContain('moved  2.0 KiB up, 0.0 KiB down');
});

it('says what the processor of the host did', () => {
  const kvm = {
    ...createKvmStats(),
    machines: 2,
    runs: 1_000,
    syscalls: 990,
    pageFaults: 9,
    interruptions: 1,
    translated: 9,
  };
  const lines = statisticsTable({ ...figures, counters: { ...counters, accelerator: { name: 'kvm', ...kvm } } });
  const text = lines.map((line) => line.replaceAll(/ {2,}/g, '  '));
  expect(text).toContain('  time  0.500 s');
  expect(text).toContain('  accelerator  kvm, 2 virtual machines');
  expect(text).toContain(
    '  exits  1 000 in all, 990 system calls, 9 page faults, 0 other exceptions, 1 interruption, 0 for want of an emulation',
  );
  expect(text).toContain('  left to the translator  9 times, 0 times for a page with CPUID, 0 whole turns');
});

it('has shares of nothing', () => {
  const none = { ...counters, instructions: 0, engine: createEngineStats(), capabilities: [] };
  const text = statisticsTable({ ...figures, counters: none }).join();
  expect(text).not.toContain('NaN');
  expect(text).toContain('nothing special');
});

it('has a line for programs', () => {
  const line = statisticsJson(figures);
  expect(line).not.toContain('\n');
  expect(JSON.parse(line)).toEqual({
    ...counters,
    seconds: 0.5,
    mips: 20,
    hostMemory: 3 * 2 ** 20,
    interruptedReads: 0,
  });
});

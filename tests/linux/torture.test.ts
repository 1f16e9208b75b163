/** What programs that are hard on a translator cost: compiled code and memory stay within bounds. fixtures.test.ts compares their output. */
import { describe, expect, it } from 'vitest';
import { fixture, hospes } from '../cli/hospes.ts';

interface Figures {
  readonly hostMemory: number;
  readonly peakMemory: number;
  readonly engine: Readonly<Record<string, number>>;
}

async function run(guest: string, ...args: readonly string[]): Promise<Figures> {
  // On the guest's own thread: what is interpreted while another one compiles depends on the machine.
  const options = ['--accel', 'wasm', '--no-cache', '--compile', 'sync', '--stats=json'];
  const { status, stderr } = await hospes(['run', ...options, fixture('torture', guest), ...args]);
  expect(status).toBe(0);
  return JSON.parse(stderr) as Figures;
}

const MEBIBYTE = 2 ** 20;

describe.each(['riscv64', 'aarch64', 'x64'])('%s', (guest) => {
  it('code that changes before each run is compiled a few times, then left alone', async () => {
    const { engine, hostMemory } = await run(guest, 'rewrite', '10000');
    expect(engine['invalidatedModules']).toBeGreaterThan(0);
    // Were it compiled for each long run, there would be 100.
    expect(engine['modules']).toBeLessThan(40);
    expect(engine['liveModules']).toBe(0);
    expect(engine['peakBytes']).toBeLessThan(16 * 1024);
    expect(hostMemory).toBeLessThan(300 * MEBIBYTE);
  });

  it('of 50,000 functions those are compiled that are called often', async () => {
    const { engine, hostMemory, peakMemory } = await run(guest, 'functions', '50000');
    // How many of the 50 there was time for depends on the machine.
    expect(engine['regions']).toBeGreaterThan(0);
    expect(engine['regions']).toBeLessThan(100);
    expect(engine['peakBytes']).toBeLessThan(128 * 1024);
    expect(peakMemory).toBeLessThan(16 * MEBIBYTE);
    expect(hostMemory).toBeLessThan(400 * MEBIBYTE);
  });

  it('recursion takes memory of the guest, not of the host', async () => {
    const { engine, hostMemory, peakMemory } = await run(guest, 'descend', '200000');
    expect(engine['compiledInstructions']).toBeGreaterThan(engine['interpretedInstructions']! / 2);
    expect(peakMemory).toBeGreaterThan(2 * MEBIBYTE);
    expect(hostMemory).toBeLessThan(300 * MEBIBYTE);
  });

  it('a jump table is compiled with its cases', async () => {
    const { engine, hostMemory } = await run(guest, 'table', '10000000');
    expect(engine['modules']).toBeLessThan(10);
    expect(engine['interpretedInstructions']).toBeLessThan(engine['compiledInstructions']! / 20);
    expect(hostMemory).toBeLessThan(300 * MEBIBYTE);
  });
});

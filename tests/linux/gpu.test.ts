/** The fixture `gpu` on every guest: with a device where there is one, and without everywhere. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { buildLibrary } from '../../scripts/guest-sdk.mjs';
import { noWebGpu, skippedTitle } from '../../src/gpu/testing/software.ts';
import { run, type RunResult } from '../../src/index.ts';
import { hospes } from '../cli/hospes.ts';

const guests = ['riscv64', 'aarch64', 'x64'];
const program = (guest: string): string => fileURLToPath(new URL(`../fixtures/${guest}/gpu`, import.meta.url));
const lines = ({ stdout }: RunResult): string[] => new TextDecoder().decode(stdout).trimEnd().split('\n');
const folder = mkdtempSync(join(tmpdir(), 'hospes-sdk-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The device comes with the package `webgpu`: without, there is none. */
const nowhere = { HOSPES_WEBGPU: join(folder, 'nowhere') };

describe.each(guests)('graphics for a %s guest', (guest) => {
  it('are not there unless asked for', async () => {
    const result = await run(program(guest));
    expect(result.exitCode).toBe(1);
    expect(lines(result)).toEqual(['connect: errno 2: /dev/hospes-gpu cannot be opened; run with --gpu']);
    expect(result.counters.gpu).toBeUndefined();
  });

  it('say so when the host has none', async () => {
    const { status, stdout, stderr } = await hospes(['run', '--gpu', '--stats=json', program(guest)], { env: nowhere });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^open: errno 19: the package webgpu is not installed in .*; npm install webgpu\n$/);
    expect(JSON.parse(stderr)).toMatchObject({ gpu: { launches: 0, devicesOpened: 0 } });
  });

  describe.skipIf(noWebGpu !== null)(`on a device${skippedTitle}`, () => {
    const withGpu = (what: string): Promise<RunResult> => run(program(guest), { args: [what], gpu: true });

    it('lists devices', async () => {
      expect(lines(await withGpu('list'))).toEqual(['devices=1', 'named=1', 'invocations=1', 'megabyte=1']);
    });

    it('uploads, launches and reads back more than a message holds', async () => {
      const result = await withGpu('add');
      expect(lines(result)).toEqual(['wrong=0', 'freed=0']);
      expect(result.counters.capabilities).toContain('webgpu');
      expect(result.counters.gpu).toMatchObject({
        ...{ launches: 3, completed: 3, failures: 0, fallbacks: 0, kernelsCompiled: 1, devicesOpened: 1 },
        ...{ bytesUp: 1_200_000, bytesDown: 1_200_000 },
      });
    });

    it('refuses what makes no sense, each time with a reason', async () => {
      const found = lines(await withGpu('misuse'));
      expect(found).toEqual([
        'read before a request=-22',
        'size 3=-22',
        'size 4294967295=-22',
        'no operation=-22',
        'operation 0=-22',
        'operation 77=-22',
        'list with more=-22',
        'device 9=-19',
        'buffer without size=-22',
        'kernel of 4294967295 buffers=-22',
        'kernel of 8 buffers, cut off=-22',
        'kernel with odd access=-22',
        'launch of 4294967295 buffers=-9',
        'buffer of 0=-22',
        'buffer of 6=-22',
        'buffer of 2^40=-12',
        'buffer of 2^63=-22',
        'upload beyond=-22',
        'upload far beyond=-22',
        'upload of a part=-22',
        'download beyond=-22',
        'upload to nothing=-9',
        'free=0',
        'free again=-9',
        'free a kernel that is none=-9',
        "kernel: errno 74: kernel of the guest does not compile: line 2:21: unresolved value 'nothing'",
        'kernel=1',
        'empty grid=-22',
        'large grid=-22',
        'parameters for none=-22',
        'launch=0',
        'buffers=256',
        'one more=-28',
        'open again=0',
        'all of the memory=1',
        'and a word=-12',
        'opened=16',
        'one more=-16',
      ]);
    });

    it('computes while the guest does something else', async () => {
      expect(lines(await withGpu('impatient'))).toEqual([
        ...['written=40', 'ready=0', 'read=-11', 'write=-11'],
        ...['ready=1', 'turned meanwhile=1', 'read=8', 'errno=0'],
      ]);
    });

    it('gives up kernels that never end, and the host goes on meanwhile', async () => {
      let ticks = 0;
      const timer = setInterval(() => ticks++, 10);
      const result = await withGpu('endless');
      clearInterval(timer);
      expect(lines(result)).toEqual([
        ...['launch=-110', 'upload=-5', 'launch=-110', 'upload=-5', 'launch=-110', 'upload=-5'],
        'open again: errno 5: graphics failed 3 times; the guest gets no other device',
      ]);
      // Three times 200 ms, on a machine that may have much else to do.
      expect(ticks).toBeGreaterThan(10);
      expect(result.counters.gpu).toMatchObject({ launches: 3, failures: 3, timeouts: 3, devicesLost: 3 });
    });
  });

  it('have a library that compiles without warnings', (context) => {
    const reason = buildLibrary(guest, join(folder, guest));
    if (reason !== null) context.skip(reason);
    expect(reason).toBeNull();
  });
});

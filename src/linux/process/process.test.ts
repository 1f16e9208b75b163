import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../testing/run-program.ts';
import { errno, scripted, type Script } from '../testing/scripted.ts';

const fixture = (name: string): Uint8Array =>
  readFileSync(new URL(`../../../tests/fixtures/riscv64/${name}`, import.meta.url));

describe('limits', () => {
  it('stop a program that runs too many instructions', async () => {
    const { exit, process } = await runProgram({ program: fixture('loop'), limits: { instructions: 3_000_000 } });
    expect(exit).toMatchObject({ kind: 'limit', error: { code: 'limit-instructions' } });
    const { instructions } = process.counters();
    expect(instructions).toBeGreaterThanOrEqual(3_000_000);
    expect(instructions).toBeLessThan(3_100_000);
  });

  it('stop a program that runs too long, computing or waiting', async () => {
    const limits = { wallTime: 30 };
    const computing = await runProgram({ program: fixture('loop'), limits });
    expect(computing.exit).toMatchObject({ kind: 'limit', error: { code: 'limit-wall-time' } });
    const waiting = await runProgram({ program: fixture('cat'), stdin: null, limits });
    expect(waiting.exit).toMatchObject({ kind: 'limit', error: { code: 'limit-wall-time' } });
  });

  it('stop a program that writes too much, after the bytes that it may write', async () => {
    const { exit, stdout } = await runProgram({
      program: fixture('flood'),
      args: ['2000'],
      limits: { outputBytes: 100 },
    });
    expect(exit).toMatchObject({ kind: 'limit', error: { code: 'limit-output' } });
    expect(stdout).toHaveLength(100);
  });

  it('refuse memory with ENOMEM', async () => {
    const enough = await runProgram({ program: fixture('hog'), args: ['16'] });
    const little = await runProgram({ program: fixture('hog'), args: ['16'], memoryLimit: 8 << 20 });
    expect(enough.exit).toMatchObject({ kind: 'exit', code: 0 });
    expect(little.exit).not.toEqual(enough.exit);
    expect(little.process.counters().peakMemory).toBeLessThanOrEqual(8 << 20);
  });

  it('count the memory of all processes together', async () => {
    const guest = scripted({ memoryLimit: 1 << 20 });
    const { process } = guest;
    const each = process.space.chargedBytes;
    const wait = function* (): Script {
      yield ['ppoll', 0, 0, 0, 0, 8];
    };
    const children = Math.floor((1 << 20) / each) - 1;
    expect(children).toBeGreaterThan(0);
    await guest.run(
      function* () {
        for (let made = 0; made < children; made++) expect(yield ['clone', 17, 0, 0, 0, 0]).toBeGreaterThan(0);
        expect(yield ['clone', 17, 0, 0, 0, 0]).toBe(errno('ENOMEM'));
      },
      ...Array<() => Script>(children).fill(wait),
    );
    expect(process.kernel.memory.used).toBe(0);
  });

  it('leave a file that fills the disk with ENOSPC, and room again once it is gone', async () => {
    const guest = scripted();
    const { process, scratch } = guest;
    process.vfs.environment.disk.limitGrowth(300_000);
    await guest.run(function* () {
      expect(yield ['openat', -100, 'filler', 0o101, 0o644]).toBe(3);
      let written = 0;
      for (;;) {
        const count = yield ['write', 3, scratch, 65536];
        if (count < 0) {
          expect(count).toBe(errno('ENOSPC'));
          break;
        }
        written += count;
      }
      expect(written).toBeGreaterThan(200_000);
      expect(written).toBeLessThanOrEqual(300_000);
      yield ['close', 3];
      expect(yield ['unlinkat', -100, 'filler', 0]).toBe(0);
      for (let made = 0; ; made++) {
        const result = yield ['mkdirat', -100, `folder ${String(made)}`, 0o755];
        if (result === 0) continue;
        expect(result).toBe(errno('ENOSPC'));
        expect(made).toBe(292);
        break;
      }
    });
  });

  it('make a program pause that takes more than its share of the processor', async () => {
    const { process } = await runProgram({ program: fixture('loop'), limits: { cpus: 0.25, wallTime: 800 } });
    const milliseconds = Number(process.process.cpuTime) / 1e6;
    expect(milliseconds).toBeGreaterThan(50);
    expect(milliseconds).toBeLessThan(400);
  });
});

it('gives the event loop its turn while a program computes', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const { exit } = await runProgram({
    program: fixture('loop'),
    onStart: (running) =>
      setTimeout(() => {
        running.kill('SIGTERM');
      }, 200),
  });
  clearInterval(timer);
  expect(exit).toMatchObject({ kind: 'signal', name: 'SIGTERM' });
  expect(turns).toBeGreaterThan(1);
});

it('says where a program crashed', async () => {
  const { exit } = await runProgram({ program: fixture('crash'), path: '/bin/crash', args: ['null-write'] });
  expect(exit).toMatchObject({
    kind: 'signal',
    name: 'SIGSEGV',
    crash: { object: '/bin/crash', address: 8n, detail: 'writing 0x8, which is not mapped' },
  });
  const text = exit.kind === 'signal' ? exit.crash?.text : '';
  expect(text).toMatch(/^SIGSEGV at 0x[0-9a-f]+ \([a-z_]*\+0x[0-9a-f]+ in \/bin\/crash\): writing 0x8/);
});

describe('/proc/self', () => {
  it('shows the process', async () => {
    const guest = scripted();
    const { process, scratch } = guest;
    const read = function* (path: string): Generator<readonly [string, ...(string | number)[]], string, number> {
      const fd = yield ['openat', -100, path, 0, 0];
      const count = yield ['read', fd, scratch, 8192];
      yield ['close', fd];
      return Buffer.from(process.memory.readBytes(scratch, count)).toString();
    };
    const exit = await guest.run(function* () {
      yield ['prctl', 15, 'myself'];
      expect(yield* read('/proc/self/comm')).toBe('myself\n');
      expect(yield* read('/proc/self/maps')).toMatch(/^20000000-20010000 rw-p 00000000 00:00 0/m);
      expect(yield* read('/proc/self/status')).toContain('State:\tR (running)');
      expect(yield* read('/proc/self/limits')).toMatch(/Max open files +1024/);
      expect(yield* read('/proc/2/cmdline')).toBe('');
      expect(yield* read('/proc/self/environ')).toBe('');
      expect(yield ['readlinkat', -100, '/proc/self/cwd', scratch, 100]).toBe(5);
    });
    expect(exit).toEqual({ kind: 'exit', code: 0 });
  });

  it('shows arguments and environment where the program has them', async () => {
    const seen: string[] = [];
    await runProgram({
      program: fixture('hello'),
      args: ['x'],
      env: { A: 'b' },
      onStart: ({ process }) => {
        const fd = process.vfs.open(process, '/proc/self/cmdline', 0);
        const environment = process.vfs.open(process, '/proc/self/environ', 0);
        for (const file of [fd, environment]) {
          const bytes = new Uint8Array(100);
          seen.push(Buffer.from(bytes.subarray(0, file.read(bytes))).toString());
        }
        seen.push(process.vfs.readlink(process, process.vfs.resolve(process, '/proc/self/exe', { followLast: false })));
      },
    });
    expect(seen).toEqual(['program\0x\0', 'A=b\0', '/case/program']);
  });
});

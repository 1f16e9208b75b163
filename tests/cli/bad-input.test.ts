/** What cannot run says so in one line, with a stable exit status. */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contentOffset, elf, PT_INTERP, S390 } from './elf.ts';
import { fixture, hospes, main, temporaryFolder } from './hospes.ts';

const folder = temporaryFolder();

/** Runs it and expects nothing but one line that matches. */
async function expectRefusal(args: readonly string[], status: number, line: RegExp): Promise<void> {
  const outcome = await hospes(['run', ...args]);
  expect(outcome.stderr).toMatch(line);
  expect(outcome.stderr).toMatch(/^hospes: .*\n$/);
  expect(outcome.stderr).not.toMatch(/\n\s+at /);
  expect(outcome).toMatchObject({ status, stdout: '' });
}

/** A file with these bytes. */
const program = (name: string, content: string | Uint8Array, mode = 0o755): string => folder.file(name, content, mode);

describe('a file that is no program', () => {
  it('missing', () => expectRefusal([join(folder.path, 'nowhere')], 127, /nowhere does not exist/));

  it('missing, in a missing folder', () => expectRefusal(['/nowhere/at/all'], 127, /does not exist/));

  it('a directory', () => expectRefusal([folder.path], 126, /is a directory/));

  it('empty', () => expectRefusal([program('empty', '')], 126, /is empty/));

  it('text without an interpreter line', () =>
    expectRefusal([program('text', 'echo hello\n')], 126, /is a text file without an interpreter line/));

  it('a script whose interpreter is missing', () =>
    expectRefusal([program('script', '#!/no/such/shell\n')], 127, /needs the interpreter \/no\/such\/shell/));

  it('a script that names none', () =>
    expectRefusal([program('nameless', '#!\n')], 126, /first line names no interpreter/));

  it('random bytes', () =>
    expectRefusal(
      [
        program(
          'noise',
          Uint8Array.from({ length: 4096 }, (_, i) => (i * 167 + 13) & 255),
        ),
      ],
      126,
      /neither/,
    ));

  it.skipIf(process.platform === 'win32')('not executable', () =>
    expectRefusal([program('plain', elf(), 0o644)], 126, /cannot be executed/),
  );
});

describe('an ELF file that cannot be loaded', () => {
  it.each<[name: string, file: Uint8Array, line: RegExp]>([
    ['32-bit', elf({ class: 1 }), /is a 32-bit ELF file/],
    ['big-endian', elf({ data: 2 }), /is a big-endian ELF file/],
    ['of a guest not supported yet', elf({ machine: S390 }), /S\/390.*not supported/],
    ['of an unknown machine', elf({ machine: 0xbeef }), /48879.*not supported/],
    ['a relocatable object', elf({ type: 1 }), /is a relocatable object, not a program/],
    ['a core dump', elf({ type: 4 }), /is a core dump, not a program/],
    ['a truncated header', elf().subarray(0, 40), /is truncated/],
    ['a header of four bytes', elf().subarray(0, 4), /is truncated/],
    ['truncated program headers', elf({ count: 3000 }), /is truncated/],
    ['program headers beyond the end', elf({ headersAt: 0xffff_ffff_ffffn }), /is truncated/],
    ['no program headers', elf({ segments: [] }), /has no program headers/],
    ['a segment beyond the end', elf({ segments: [{ fileSize: 0x10000n }] }), /is truncated/],
    ['a segment larger in the file', elf({ segments: [{ memorySize: 16n }] }), /larger in the file than in memory/],
    ['segments that overlap', elf({ segments: [{}, { vaddr: 0x20000n }] }), /segments that overlap/],
    [
      'a segment that overflows',
      elf({ segments: [{ vaddr: 0xffff_ffff_ffff_f000n, memorySize: 0x10_0000n }] }),
      /ends past the address space/,
    ],
    ['a segment out of reach', elf({ segments: [{ vaddr: 0x7fff_ffff_0000n }] }), /outside the guest's addresses/],
    ['a segment on the null page', elf({ segments: [{ vaddr: 0n }] }), /outside the guest's addresses/],
  ])('%s', (name, file, line) => expectRefusal([program(name.replaceAll(' ', '-'), file)], 126, line));

  it('a dynamic linker that is missing', () => {
    const name = new TextEncoder().encode('/lib/ld-nowhere.so.1\0');
    const at = contentOffset(2);
    const file = elf({
      segments: [{ type: PT_INTERP, offset: at, vaddr: 0x20000n + BigInt(at), fileSize: BigInt(name.length) }, {}],
      content: name,
    });
    return expectRefusal([program('dynamic', file)], 127, /needs the dynamic linker \/lib\/ld-nowhere\.so\.1/);
  });

  it('runs when nothing is wrong with it', async () => {
    expect(await hospes(['run', program('good', elf())])).toEqual({ status: 7, stdout: '', stderr: '' });
  });
});

describe('bad usage', () => {
  it.each([
    [['run'], /missing required argument 'prog'/],
    [['run', '--nope', 'x'], /unknown option '--nope'/],
    [['run', '--memory', '1M', fixture('hello')], /does not fit into the memory limit/],
    [['run', '--memory', 'lots', fixture('hello')], /--memory "lots"/],
    [['run', '--root', '/no/such/root', '/bin/x'], /\/no\/such\/root/],
    [['run', '--root', '/', 'bin/x'], /absolute path/],
    [['run', '--mount', '/no/such/folder:/x', fixture('hello')], /\/no\/such\/folder/],
    [['run', '--cwd', '/no/such/cwd', fixture('hello')], /\/no\/such\/cwd/],
    [['inspect', '/no/such/file'], /\/no\/such\/file/],
    [['inspect', fixture('hello'), '--at', 'no_such_symbol'], /no_such_symbol/],
    [[], /no command given/],
  ])('%j', async (args, line) => {
    const outcome = await hospes(args);
    expect(outcome.stderr).toMatch(line);
    expect(outcome.stderr).toMatch(/^hospes: .*\n$/);
    expect(outcome).toMatchObject({ status: 125, stdout: '' });
  });
});

describe('a guest that misbehaves', () => {
  it('runs out of memory: the guest is told', async () => {
    const outcome = await hospes(['run', '--memory', '64M', fixture('hog')]);
    expect(outcome).toEqual({ status: 3, stdout: 'mmap=-12\n', stderr: '' });
  });

  it('never ends: --timeout ends it', async () => {
    const outcome = await hospes(['run', '--timeout', '500ms', fixture('loop')]);
    expect(outcome).toMatchObject({ status: 124, stdout: 'looping\n' });
    expect(outcome.stderr).toMatch(/^hospes: .*500 ms.*\n$/);
  });

  it.each([
    ['null-read', 139, /SIGSEGV at 0x[0-9a-f]+ \(read_at\+0x[0-9a-f]+ in .*crash\): reading 0x0, which is not mapped/],
    ['illegal', 132, /SIGILL at 0x[0-9a-f]+/],
    ['breakpoint', 133, /SIGTRAP at 0x[0-9a-f]+/],
    ['abort', 134, /SIGABRT/],
  ])('crashes with %s', async (kind, status, line) => {
    const outcome = await hospes(['run', fixture('crash'), kind]);
    expect(outcome).toMatchObject({ status, stdout: `${kind}\n` });
    expect(outcome.stderr).toMatch(/^hospes: .*\n$/);
    expect(outcome.stderr).toMatch(line);
  });

  it.skipIf(process.platform === 'win32')('writes to a closed pipe', async () => {
    const outcome = await hospes(['run', fixture('loop'), 'dots'], { onOutput: (child) => child.stdout?.destroy() });
    expect(outcome).toMatchObject({ status: 128 + 13 });
    expect(outcome.stderr).toBe('');
  });

  it.skipIf(!existsSync('/dev/full'))('writes to a full disk: the guest is told', () => {
    const full = openSync('/dev/full', 'w');
    const ENOSPC = 28;
    const { status, stderr } = spawnSync(process.execPath, [main, 'run', fixture('cat')], {
      stdio: ['pipe', full, 'pipe'],
      input: 'text',
      encoding: 'utf8',
    });
    closeSync(full);
    expect({ status, stderr }).toEqual({ status: ENOSPC, stderr: '' });
  });

  it.skipIf(process.platform === 'win32')('is interrupted', async () => {
    const outcome = await hospes(['run', fixture('loop')], { onOutput: (child) => child.kill('SIGINT') });
    expect(outcome).toEqual({ status: 128 + 2, stdout: 'looping\n', stderr: '' });
  });
});

describe('a folder as the root', () => {
  const guest = join(folder.path, 'root');
  mkdirSync(join(guest, 'bin'), { recursive: true });

  it('knows nothing of what lies outside', async () => {
    await expectRefusal(['--root', guest, fixture('hello')], 127, /does not exist/);
  });

  it('runs no folder in it', () => expectRefusal(['--root', guest, '/bin'], 126, /is not a regular file/));
});

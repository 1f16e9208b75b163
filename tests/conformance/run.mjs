#!/usr/bin/env node
// @ts-check
/**
 * Runs Debian programs in a reference and in Hospes and compares, byte for byte, stdout, the exit status, the files left
 * behind, and stderr where a case says so. The reference is this machine itself where it runs the architecture, else
 * qemu-user.
 *
 *   npm run conformance -- [--filter TEXT] [--jobs 1] [--hospes COMMAND] [--arch riscv64|arm64|amd64] [--cpu LEVEL]
 *                          [--accel NAME] [--with="OPTIONS OF RUN"] [--short] [--verbose] [--list] [--reference-only] [--check-forks] [--fresh]
 *
 * The reference's answers are kept in the user's cache folder by the content of all that they depend on. It runs in a mount
 * namespace of its own with the Debian folder as its root, so it needs root rights or user namespaces.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, cpus, release, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ArchiveUnreachable, cacheFolder, debianRoot, writeWhole } from '../../scripts/debian-root.mjs';
import { contents, populate } from '../../scripts/fixtures.mjs';
import { expectedFailures } from '../expected-failures/conformance.mjs';
import busybox from './cases/busybox.mjs';
import distributionCases from './cases/distribution.mjs';
import languages from './cases/languages.mjs';
import programs from './cases/programs.mjs';
import userland from './cases/userland.mjs';
import { distribution, packages } from './packages.mjs';

/** @typedef {import('./cases/case.mjs').Case} Case */
/** @typedef {{ status: number, stdout: string, stderr: string, files: Record<string, unknown> }} Result  bytes as latin-1 */

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const environment = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  HOME: '/root',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
  PYTHONHASHSEED: '0',
  PYTHONDONTWRITEBYTECODE: '1',
};
const TIMEOUT_S = 300;

const { values: options } = parseArgs({
  options: {
    filter: { type: 'string', default: '' },
    jobs: { type: 'string', default: '1' },
    hospes: { type: 'string', default: `${process.execPath} ${join(repository, 'dist/cli/main.js')}` },
    arch: { type: 'string', default: 'riscv64' },
    cpu: { type: 'string' },
    accel: { type: 'string' },
    with: { type: 'string', default: '' },
    short: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    'reference-only': { type: 'boolean', default: false },
    'check-forks': { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
  },
});

/**
 * @param {string[]} command
 * @param {Case} test
 * @returns {Promise<{ status: number, stdout: Buffer, stderr: Buffer }>}
 */
function execute(command, test) {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0] ?? '', command.slice(1));
    /** @type {Buffer[]} */ const stdout = [];
    /** @type {Buffer[]} */ const stderr = [];
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${command[0] ?? ''} did not end within ${String(TIMEOUT_S)} s`));
    }, TIMEOUT_S * 1000);
    child.stdout.on('data', (/** @type {Buffer} */ chunk) => stdout.push(chunk));
    child.stderr.on('data', (/** @type {Buffer} */ chunk) => stderr.push(chunk));
    // A program need not read its input.
    child.stdin.on('error', () => undefined);
    child.stdin.end(Buffer.from(test.stdin ?? '', 'utf8'));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const status = code ?? 128 + (signal ? constants.signals[signal] : 0);
      resolve({ status, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) });
    });
  });
}

/**
 * Runs `test` in fresh /work and /tmp folders.
 * @param {Case} test
 * @param {(work: string, tmp: string) => string[]} command
 * @returns {Promise<Result>}
 */
async function inFreshFolders(test, command) {
  const folder = mkdtempSync(join(tmpdir(), 'hospes-conformance-'));
  try {
    const work = join(folder, 'work');
    const tmp = join(folder, 'tmp');
    mkdirSync(work);
    mkdirSync(tmp);
    populate(work, test.files);
    const { status, stdout, stderr } = await execute(command(work, tmp), test);
    return { status, stdout: stdout.toString('latin1'), stderr: stderr.toString('latin1'), files: contents(work) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * How the reference runs a program; `emulator` is null where the machine does so itself.
 * @typedef {{ emulator: string | null, version: string, magic?: string }} Reference
 */

/** @param {string} root @param {Reference} reference @param {string[]} [flags] */
function referenceCommand(root, { emulator }, flags = []) {
  const script = `set -e
mount --bind /proc "$1/proc"
mount --bind /dev "$1/dev"
mount --bind "$2" "$1/work"
mount --bind "$3" "$1/tmp"
test -z "$4" || mount --bind "$4" "$1/run"
shift 4
exec env -i "$@"`;
  const emulatorFolder = emulator === null ? '' : dirname(emulator);
  const inside = emulator === null ? [] : [`/run/${emulator.slice(emulatorFolder.length + 1)}`];
  /** @type {(entries: [string, string][]) => [string, string][]} */
  // qemu hands the environment on in reverse.
  const handedOn = (entries) => (emulator === null ? entries : entries.reverse());
  const own = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  /** @param {Case} test */
  return (test) => (/** @type {string} */ work, /** @type {string} */ tmp) => [
    ...['unshare', '--mount', ...own, '--', 'sh', '-c', script, 'sh', root, work, tmp, emulatorFolder],
    // From here on only the case's own environment: the shell above adds to its own.
    ...handedOn(Object.entries({ ...environment, ...test.env })).map(([name, value]) => `${name}=${value}`),
    ...['unshare', `--root=${root}`, '--wd=/work', ...inside, ...flags, ...test.argv],
  ];
}

/**
 * The reference for programs that start programs: user, process and network namespaces of its own, the root below an
 * overlay, and an emulator that the kernel itself starts (binfmt_misc, which a user namespace has from Linux 6.7 on).
 * @param {string} root
 * @param {Reference} reference
 */
function containerCommand(root, { emulator, magic }) {
  const script = `set -e
if test -n "$4"; then
  mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
  printf %s "$5" > /proc/sys/fs/binfmt_misc/register
fi
mount -t tmpfs none /mnt
mkdir /mnt/upper /mnt/scratch /mnt/root
# Without attributes of its own it could not rename folders.
mount -t overlay -o "lowerdir=$1,upperdir=/mnt/upper,workdir=/mnt/scratch,userxattr" none /mnt/root
cd /mnt/root
mount -t proc proc proc
mount --rbind /dev dev
mount -t tmpfs none dev/shm
mount --bind "$2" work
mount --bind "$3" tmp
hostname hospes
shift 5
# The first process of a namespace is no ordinary one: it ignores signals.
env -i "$@"
exit $?`;
  const mask = String.raw`\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff`;
  const head = String.raw`\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00`;
  const rule = `:guest:M::${head}${magic ?? ''}:${mask}:${emulator ?? ''}:F`;
  const spaces = ['--user', '--map-root-user', '--mount', '--pid', '--net', '--uts', '--ipc', '--fork', '--kill-child'];
  /** @param {Case} test */
  return (test) => (/** @type {string} */ work, /** @type {string} */ tmp) => [
    ...['unshare', ...spaces, '--', 'sh', '-c', script, 'sh', root, work, tmp, emulator ?? '', rule],
    ...Object.entries({ ...environment, ...test.env }).map(([name, value]) => `${name}=${value}`),
    ...['unshare', '--root=/mnt/root', '--wd=/work', ...test.argv],
  ];
}

/** Debian's architecture and its names for qemu and for Node. `magic` is e_machine. @type {Record<string, { qemu: string, node: string, magic: string }>} */
const architectures = {
  riscv64: { qemu: 'riscv64', node: 'riscv64', magic: String.raw`\xf3\x00` },
  arm64: { qemu: 'aarch64', node: 'arm64', magic: String.raw`\xb7\x00` },
  amd64: { qemu: 'x86_64', node: 'x64', magic: String.raw`\x3e\x00` },
};

/** @returns {Reference} */
function chooseReference(/** @type {string} */ debianArch) {
  const names = architectures[debianArch];
  if (names === undefined) throw new Error(`--arch is one of ${Object.keys(architectures).join(', ')}`);
  // Only the emulator can trace.
  if (names.node !== process.arch || options['check-forks']) return { ...emulatorCopy(names.qemu), magic: names.magic };
  return { emulator: null, version: `${process.arch} ${release()} ${cpus()[0]?.model ?? ''}` };
}

/** A folder with nothing but the emulator in it, to be seen inside the root. @returns {Reference} */
function emulatorCopy(/** @type {string} */ arch) {
  const name = `qemu-${arch}-static`;
  const found = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
  if (found === '') throw new Error(`${name} is not installed; Debian's package is qemu-user-static`);
  const version = spawnSync(found, ['--version'], { encoding: 'utf8' }).stdout.split('\n')[0] ?? '';
  const folder = join(cacheFolder, 'conformance', 'emulator', arch);
  mkdirSync(folder, { recursive: true });
  const bytes = readFileSync(found);
  const copy = join(folder, name);
  if (!existsSync(copy) || !readFileSync(copy).equals(bytes)) writeWhole(copy, bytes, { mode: 0o755 });
  return { emulator: copy, version };
}

/** @param {Case} test @param {string} root @param {Reference} by @returns {Promise<Result>} */
async function reference(test, root, by) {
  if (test.expected !== undefined) return { stdout: '', stderr: '', files: {}, ...test.expected };
  const versions = readFileSync(`${root}.json`, 'utf8');
  const all = JSON.stringify({
    format: 4,
    test: { ...test, name: '', long: undefined },
    versions,
    emulator: by.version,
    environment,
  });
  const key = createHash('sha256').update(all).digest('hex').slice(0, 32);
  const kept = join(cacheFolder, 'conformance', `${key}.json`);
  if (!options.fresh && existsSync(kept)) return JSON.parse(readFileSync(kept, 'utf8'));
  const command = test.distribution === true ? containerCommand(root, by) : referenceCommand(root, by);
  const result = await inFreshFolders(test, command(test));
  mkdirSync(dirname(kept), { recursive: true });
  writeWhole(kept, JSON.stringify(result));
  return result;
}

/** @param {Case} test @param {string} root @returns {Promise<Result>} */
function hospes(test, root) {
  const env = Object.entries({ ...environment, ...test.env }).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  return inFreshFolders(test, (work, tmp) => [
    ...options.hospes.split(' '),
    'run',
    ...(options.cpu === undefined ? [] : ['--cpu', options.cpu]),
    ...(options.accel === undefined ? [] : ['--accel', options.accel]),
    ...options.with.split(' ').filter(Boolean),
    ...['--root', root, '--mount', `${work}:/work`, '--mount', `${tmp}:/tmp`, '--cwd', '/work', ...env],
    ...['--', ...test.argv],
  ]);
}

/** @param {string} value */
const brief = (value) => JSON.stringify(value.length > 160 ? `${value.slice(0, 160)}...` : value);

/** What differs, in words; empty where nothing does. @param {Case} test @param {Result} expected @param {Result} actual */
function differences(test, expected, actual) {
  /** @type {string[]} */
  const found = [];
  if (expected.status !== actual.status)
    found.push(`status ${String(actual.status)}, not ${String(expected.status)}: ${brief(actual.stderr)}`);
  for (const stream of /** @type {const} */ (['stdout', 'stderr'])) {
    if (stream === 'stderr' && test.stderr !== true) continue;
    const a = expected[stream];
    const b = actual[stream];
    if (a === b) continue;
    let at = 0;
    while (at < a.length && a[at] === b[at]) at++;
    const from = Math.max(0, a.lastIndexOf('\n', at - 1) + 1);
    found.push(`${stream} differs at byte ${String(at)}: ${brief(b.slice(from))}, not ${brief(a.slice(from))}`);
  }
  if (test.expected !== undefined) return found;
  for (const path of new Set([...Object.keys(expected.files), ...Object.keys(actual.files)])) {
    const a = JSON.stringify(expected.files[path]);
    const b = JSON.stringify(actual.files[path]);
    if (a !== b) found.push(`file ${path} differs: ${brief(b ?? 'absent')}, not ${brief(a ?? 'absent')}`);
  }
  return found;
}

/** @type {Case} */
const probe = { name: 'probe', argv: ['/bin/busybox', 'echo', 'here'] };

/** Why the reference cannot run what programs start, or null. */
async function noContainer(/** @type {string} */ root, /** @type {Reference} */ by) {
  const nested = { ...probe, argv: ['/bin/busybox', 'sh', '-c', '/bin/busybox echo here'] };
  const { status, stdout, stderr } = await inFreshFolders(nested, containerCommand(root, by)(nested));
  return status === 0 && stdout === 'here\n' ? null : stderr.trim().replaceAll('\n', '; ');
}

/** An answer of a reference that cannot run here must not be taken, or kept, for the program's own. */
async function checkReference(/** @type {string} */ root, /** @type {Reference} */ by) {
  const { status, stdout, stderr } = await inFreshFolders(probe, referenceCommand(root, by)(probe));
  if (status !== 0 || stdout !== 'here\n')
    throw new Error(`the reference does not run in a mount namespace of its own: ${stderr.trim()}`);
}

/** Cases must not need a second process or thread yet. @param {Case} test @param {string} root @param {Reference} by */
async function forks(test, root, by) {
  const traced = await inFreshFolders(test, referenceCommand(root, by, ['-strace'])(test));
  const calls = traced.stderr.split('\n').filter((line) => /^\d+ (clone3?|fork|vfork|execve)\(/.test(line));
  return calls.length > 0 ? [`needs another process or thread: ${calls[0] ?? ''}`] : [];
}

/** @param {string} line */
const print = (line) => process.stdout.write(`${line}\n`);

/** The Debian folder, or null where there is none yet and the archive does not answer. */
function rootOrNull(/** @type {readonly string[]} */ names) {
  try {
    return debianRoot({ arch: options.arch, packages: names });
  } catch (error) {
    if (!(error instanceof ArchiveUnreachable)) throw error;
    print(`cases are skipped: no Debian folder is kept in ${cacheFolder}, and the archive does not answer`);
    print(error.message);
    return null;
  }
}

async function main() {
  const groups = [...busybox, ...languages, ...programs, ...userland, ...distributionCases];
  const all = groups.filter(({ name, long }) => name.includes(options.filter) && !(options.short && long === true));
  if (options.list) {
    for (const { name } of all) print(name);
    return 0;
  }
  const large = all.filter((test) => test.distribution === true);
  const small = all.filter((test) => test.distribution !== true);
  const by = chooseReference(options.arch);
  const root = small.length > 0 ? rootOrNull(packages) : null;
  if (root !== null) await checkReference(root, by);
  const largeRoot = large.length > 0 && !options['check-forks'] ? rootOrNull(distribution) : null;
  const reasonAgainst = largeRoot === null ? null : await noContainer(largeRoot, by);
  if (reasonAgainst !== null)
    print(`${String(large.length)} cases are skipped: the reference cannot run what programs start: ${reasonAgainst}`);
  /** @param {Case} test */
  const rootOf = (test) => (test.distribution !== true ? root : reasonAgainst === null ? largeRoot : null);
  const counts = { passed: 0, failed: 0, skipped: 0, 'failed as expected': 0 };
  const total = { guest: 0 };

  /** @param {Case} test */
  const one = async (test) => {
    const root = rootOf(test);
    if (root === null) {
      counts.skipped++;
      return;
    }
    let started = performance.now();
    /** @type {Result | null} */
    let expected = null;
    /** @type {string[]} */
    let problems = [];
    try {
      expected = await reference(test, root, by);
      started = performance.now();
      if (options['check-forks']) problems = await forks(test, root, by);
      else if (!options['reference-only']) problems = differences(test, expected, await hospes(test, root));
    } catch (error) {
      problems = [`${expected === null ? 'the reference' : 'hospes'}: ${String(error)}`];
    }
    const seconds = (performance.now() - started) / 1000;
    total.guest += seconds;
    // The list is about Hospes: it says nothing where only the reference ran.
    const onlyReference = options['check-forks'] || options['reference-only'];
    const reason = onlyReference ? undefined : expectedFailures[test.name];
    if (problems.length === 0 && reason !== undefined)
      problems.push('passes, though it is listed as an expected failure');
    else if (problems.length > 0 && reason !== undefined) {
      counts['failed as expected']++;
      print(`xfail ${test.name}: ${reason}`);
      return;
    }
    counts[problems.length === 0 ? 'passed' : 'failed']++;
    print(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${test.name} (${seconds.toFixed(2)} s)`);
    for (const problem of problems) print(`       ${problem}`);
    if (options.verbose && expected !== null)
      print(`       status ${String(expected.status)} ${brief(expected.stdout)} ${brief(expected.stderr)}`);
  };

  const queue = [...all];
  const worker = async () => {
    for (let test = queue.shift(); test; test = queue.shift()) await one(test);
  };
  await Promise.all(Array.from({ length: Math.max(1, Number(options.jobs)) }, worker));
  const expectedCount = counts['failed as expected'];
  const suffix = expectedCount > 0 ? ` (and ${String(expectedCount)} failed as expected)` : '';
  print(`${String(counts.passed)} passed, ${String(counts.failed)} failed, ${String(counts.skipped)} skipped${suffix}`);
  return counts.failed === 0 ? 0 : 1;
}

process.exitCode = await main().catch((/** @type {Error} */ error) => {
  console.error(`conformance: ${error.message}`);
  return 2;
});

#!/usr/bin/env node
/**
 * Makes a Debian root folder for another architecture from package names, without root rights and without
 * touching the system's own apt: apt resolves and downloads with a state folder of its own (an empty dpkg status, its own
 * sources), and the packages are only unpacked, never configured.
 *
 *   node scripts/debian-root.mjs [--arch riscv64] [--suite trixie] [--out DIR] PACKAGE...
 *
 * Prints the root folder. A root that was already made from the same request is used as it is. Everything is kept in the
 * user's cache folder, and runs that want the same root at the same time wait for each other.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
const LOCK_SECONDS = 1800;

/** `HOSPES_CACHE`, or `hospes` in the user's cache folder: what one clone fetched is there for the next. */
export const cacheFolder = resolve(
  process.env.HOSPES_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'hospes'),
);

/** The package archive did not answer, so nothing can be said about what was asked for. */
export class ArchiveUnreachable extends Error {}

/** What apt says when no answer came from the archive (or only a proxy's); a 404 or a bad signature is another matter. */
const noAnswer =
  /Could not resolve|Temporary failure resolving|Could not connect|Cannot initiate the connection|Connection failed|[Cc]onnection timed out|Connection refused|Connection reset|Network is unreachable|No route to host|\s(403|407|50\d) {2}/;

/** Runs a program as one named step; its failure is an error that starts with the step. */
function command(step, program, args) {
  const env = { ...process.env, LC_ALL: 'C' };
  const { error, status, signal, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env,
  });
  if (error) throw new Error(`${step}: ${program} cannot be run: ${error.message}`);
  if (status === 0) return stdout;
  const complaints = stderr.split('\n').filter((line) => line.startsWith('E:'));
  const said = (complaints.length > 0 ? complaints.slice(0, 4).join('\n') : stderr.trim()) || 'it said nothing';
  const message = `${step}: ${program} ended with ${signal ?? `status ${String(status)}`}: ${said}`;
  throw program === 'apt-get' && noAnswer.test(stderr) ? new ArchiveUnreachable(message) : new Error(message);
}

/** Writes a file so that whoever reads it at the same time sees all of it or the one before. */
export function writeWhole(path, data, options) {
  const unfinished = `${path}.${String(process.pid)}`;
  writeFileSync(unfinished, data, options);
  renameSync(unfinished, path);
}

/** Runs `work` while no other process holds `path`. The lock is the open file's, so it ends with this process too. */
function locked(path, work) {
  const fd = openSync(path, 'a');
  try {
    // Every system with apt has flock (util-linux).
    const { status } = spawnSync('flock', ['-w', String(LOCK_SECONDS), '3'], { stdio: ['ignore', 'ignore', 2, fd] });
    if (status !== 0) throw new Error(`waiting for ${path}: not free within ${String(LOCK_SECONDS / 60)} minutes`);
    return work();
  } finally {
    closeSync(fd);
  }
}

/** Options that give apt a world of its own under `state`. */
function aptOptions(state, arch) {
  const settings = {
    Dir: state,
    'Dir::Etc::sourcelist': join(state, 'etc/apt/sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State::status': join(state, 'var/lib/dpkg/status'),
    'APT::Architecture': arch,
    'APT::Architectures': arch,
    'APT::Install-Recommends': 'false',
    'APT::Sandbox::User': '',
    'APT::Update::Error-Mode': 'any',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '5',
    'Acquire::http::Timeout': '60',
    'Debug::NoLocking': '1',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

function prepareApt(state, arch, suite, mirror) {
  for (const folder of ['etc/apt', 'var/lib/dpkg', 'var/lib/apt/lists/partial', 'var/cache/apt/archives/partial'])
    mkdirSync(join(state, folder), { recursive: true });
  writeFileSync(join(state, 'var/lib/dpkg/status'), '');
  writeFileSync(
    join(state, 'etc/apt/sources.list'),
    `deb [arch=${arch} signed-by=${keyring}] ${mirror} ${suite} main\n`,
  );
  return aptOptions(state, arch);
}

const updateLists = (options) => command('fetching the package lists', 'apt-get', [...options, 'update']);

/** Downloads `packages` with all that they depend on; returns the paths of the .deb files. */
function download(state, options, packages) {
  const archives = join(state, 'var/cache/apt/archives');
  // apt leaves out what its archive folder holds already, so the list is made with an empty one.
  const none = join(state, 'var/cache/apt/none');
  mkdirSync(join(none, 'partial'), { recursive: true });
  const listing = [...options, '-o', `Dir::Cache::archives=${none}`, '--print-uris', '-y', '-qq', 'install'];
  const planned = command('resolving the packages', 'apt-get', [...listing, ...packages]);
  command('fetching the packages', 'apt-get', [...options, '-y', '--download-only', 'install', ...packages]);
  const files = planned
    .split('\n')
    .map((line) => /^'[^']*' (\S+\.deb) /.exec(line)?.[1])
    .filter((name) => name !== undefined)
    .map((name) => join(archives, name));
  if (files.length === 0) throw new Error(`resolving the packages: nothing to install for ${packages.join(' ')}`);
  return files;
}

/** Lists kept from an earlier run may name versions that the archive no longer has: then they are fetched again. */
function downloadCurrent(state, options, packages) {
  const kept = readdirSync(join(state, 'var/lib/apt/lists')).some((name) => name.endsWith('_InRelease'));
  if (kept) {
    try {
      return download(state, options, packages);
    } catch (error) {
      if (error instanceof ArchiveUnreachable) throw error;
    }
  }
  updateLists(options);
  return download(state, options, packages);
}

/** Debian's merged /usr: the links exist before the first package is unpacked over them. */
function mergedUsr(root) {
  for (const name of ['bin', 'sbin', 'lib']) {
    mkdirSync(join(root, 'usr', name), { recursive: true });
    if (!existsSync(join(root, name))) symlinkSync(`usr/${name}`, join(root, name));
  }
}

/** What the packages' own scripts would have written, as far as programs look for it. */
function configure(root) {
  for (const folder of ['dev', 'proc', 'sys', 'tmp', 'root', 'home', 'work', 'etc', 'var/tmp', 'run'])
    mkdirSync(join(root, folder), { recursive: true });
  const files = {
    'etc/passwd': [
      'root:x:0:0:root:/root:/bin/bash',
      'daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin',
      'user:x:1000:1000:user:/home/user:/bin/bash',
      'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
    ],
    'etc/group': ['root:x:0:', 'daemon:x:1:', 'user:x:1000:', 'nogroup:x:65534:'],
    'etc/hosts': ['127.0.0.1 localhost', '::1 localhost'],
    'etc/hostname': ['hospes'],
    'etc/nsswitch.conf': ['passwd: files', 'group: files', 'hosts: files dns'],
  };
  for (const [path, lines] of Object.entries(files)) {
    const at = join(root, path);
    if (!lstatSync(at, { throwIfNoEntry: false })) writeFileSync(at, lines.join('\n') + '\n');
  }
}

/**
 * Makes the root folder, or finds it; returns its path.
 *
 * @param {{ arch?: string, suite?: string, mirror?: string, packages: readonly string[], out?: string }} request
 * @returns {string}
 * @throws {ArchiveUnreachable}
 */
export function debianRoot({ arch = 'riscv64', suite = 'trixie', mirror, packages, out }) {
  const names = [...new Set(['base-files', ...packages])].sort();
  const request = JSON.stringify({ version: 2, arch, suite, names });
  const key = createHash('sha256').update(request).digest('hex').slice(0, 12);
  const folder = join(cacheFolder, 'debian', `${suite}-${arch}`);
  const root = resolve(out ?? join(folder, `root-${key}`));
  const made = () => existsSync(`${root}.json`) && JSON.parse(readFileSync(`${root}.json`, 'utf8')).request === request;
  if (made()) return root;
  mkdirSync(folder, { recursive: true });
  mkdirSync(dirname(root), { recursive: true });
  locked(join(folder, 'lock'), () => {
    // Another process may have made it while this one waited.
    if (made()) return;
    const state = join(folder, 'apt');
    const options = prepareApt(state, arch, suite, mirror ?? 'http://deb.debian.org/debian');
    const files = downloadCurrent(state, options, names);
    unpack(files, root);
    const versions = files.map((file) => file.slice(file.lastIndexOf('/') + 1)).sort();
    writeWhole(`${root}.json`, JSON.stringify({ request, versions }, null, 1) + '\n');
  });
  return root;
}

function unpack(files, root) {
  const unfinished = `${root}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mergedUsr(unfinished);
  for (const file of files) command(`unpacking ${file}`, 'dpkg-deb', ['-x', file, unfinished]);
  configure(unfinished);
  rmSync(root, { recursive: true, force: true });
  renameSync(unfinished, root);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      arch: { type: 'string' },
      suite: { type: 'string' },
      mirror: { type: 'string' },
      out: { type: 'string' },
    },
  });
  if (positionals.length === 0) {
    console.error('debian-root: give at least one package name');
    process.exit(2);
  }
  try {
    console.log(debianRoot({ ...values, packages: positionals }));
  } catch (error) {
    console.error(`debian-root: ${error.message}`);
    process.exit(1);
  }
}

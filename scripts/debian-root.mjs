#!/usr/bin/env node
/**
 * Makes a Debian root folder for another architecture from package names, without root rights and without
 * touching the system's own apt: apt resolves and downloads with a state folder of its own (an empty dpkg status, its own
 * sources), and the packages are only unpacked, never configured.
 *
 *   node scripts/debian-root.mjs [--arch riscv64] [--suite trixie] [--out DIR] PACKAGE...
 *
 * Prints the root folder. A root that was already made from the same request is used as it is.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** `HOSPES_CACHE`, or `.cache` in the repository (which git ignores). */
export const cacheFolder = resolve(process.env.HOSPES_CACHE ?? join(repository, '.cache'));

function command(program, args) {
  const result = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (result.error) throw new Error(`${program} cannot be run: ${result.error.message}`);
  if (result.status !== 0) throw new Error(`${program} ended with status ${String(result.status)}:\n${result.stderr}`);
  return result.stdout;
}

/** Options that give apt a world of its own under `state`. */
function aptOptions(state, arch) {
  const settings = {
    Dir: state,
    'Dir::Etc::main': '/dev/null',
    'Dir::Etc::parts': '/dev/null',
    'Dir::Etc::sourcelist': join(state, 'etc/apt/sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State::status': join(state, 'var/lib/dpkg/status'),
    'APT::Architecture': arch,
    'APT::Architectures': arch,
    'APT::Install-Recommends': 'false',
    'APT::Sandbox::User': '',
    'Acquire::Languages': 'none',
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
  const options = aptOptions(state, arch);
  if (!readdirSync(join(state, 'var/lib/apt/lists')).some((name) => name.endsWith('_InRelease')))
    command('apt-get', [...options, 'update']);
  return options;
}

/** Downloads `packages` with all that they depend on; returns the paths of the .deb files. */
function download(state, options, packages) {
  const archives = join(state, 'var/cache/apt/archives');
  // apt leaves out what its archive folder holds already, so the list is made with an empty one.
  const none = join(state, 'var/cache/apt/none');
  mkdirSync(join(none, 'partial'), { recursive: true });
  const listing = [...options, '-o', `Dir::Cache::archives=${none}`, '--print-uris', '-y', '-qq', 'install'];
  const planned = command('apt-get', [...listing, ...packages]);
  command('apt-get', [...options, '-y', '--download-only', 'install', ...packages]);
  const files = planned
    .split('\n')
    .map((line) => /^'[^']*' (\S+\.deb) /.exec(line)?.[1])
    .filter((name) => name !== undefined)
    .map((name) => join(archives, name));
  if (files.length === 0) throw new Error(`apt has nothing to install for ${packages.join(' ')}`);
  return files;
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
    'etc/nsswitch.conf': ['passwd: files', 'group: files', 'hosts: files'],
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
 */
export function debianRoot({ arch = 'riscv64', suite = 'trixie', mirror, packages, out }) {
  const names = [...new Set(['base-files', ...packages])].sort();
  const request = JSON.stringify({ version: 1, arch, suite, names });
  const key = createHash('sha256').update(request).digest('hex').slice(0, 12);
  const folder = join(cacheFolder, 'debian', `${suite}-${arch}`);
  const root = resolve(out ?? join(folder, `root-${key}`));
  const mark = `${root}.json`;
  if (existsSync(mark) && JSON.parse(readFileSync(mark, 'utf8')).request === request) return root;

  const state = join(folder, 'apt');
  const options = prepareApt(state, arch, suite, mirror ?? 'http://deb.debian.org/debian');
  const files = download(state, options, names);
  const unfinished = `${root}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mergedUsr(unfinished);
  for (const file of files) command('dpkg-deb', ['-x', file, unfinished]);
  configure(unfinished);
  rmSync(root, { recursive: true, force: true });
  renameSync(unfinished, root);
  const versions = files.map((file) => file.slice(file.lastIndexOf('/') + 1)).sort();
  writeFileSync(mark, JSON.stringify({ request, versions }, null, 1) + '\n');
  return root;
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

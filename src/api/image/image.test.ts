import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import zlib from 'node:zlib';
import { packTar } from 'modern-tar';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../common/errors.ts';
import { run } from '../../index.ts';
import { FsEnvironment } from '../../linux/vfs/environment.ts';
import { Vfs } from '../../linux/vfs/vfs.ts';
import { createNodePlatform } from '../../platform/node/node-platform.ts';
import { makerContext } from '../file-tree.ts';
import { ArchiveReader } from './tar.ts';
import { treeOf, type Layer } from './tree.ts';

type Entries = Parameters<typeof packTar>[0];
type Entry = Entries[number];

const platform = createNodePlatform();
const folder = mkdtempSync(join(tmpdir(), 'hospes-image-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, body: string | Uint8Array = '', extra: Partial<Entry['header']> = {}): Entry => ({
  header: { name, size: Buffer.from(body).length, type: 'file', mode: 0o644, ...extra },
  body,
});
const other = (name: string, type: Entry['header']['type'] & string, linkname = ''): Entry => ({
  header: { name, size: 0, type, linkname, mode: 0o755 },
});

async function layer(label: string, ...entries: Entry[]): Promise<Layer> {
  return { label, entries: await new ArchiveReader(platform).entries(await packTar(entries), label) };
}

/** Paths of files and links, with their contents, as one guest sees them. */
function treeFrom(...layers: Layer[]): Record<string, string> {
  const environment = new FsEnvironment(platform.clock);
  const vfs = new Vfs(environment, treeOf(environment, layers, { whiteouts: true }));
  const context = makerContext(vfs);
  const found: Record<string, string> = {};
  const walk = (path: string): void => {
    const { inode } = vfs.resolve(context, path === '' ? '/' : path, { followLast: false }).dentry;
    if (inode.kind === 'symlink') found[path] = `-> ${inode.readlink(context)}`;
    else if (inode.kind === 'file') {
      const opened = vfs.open(context, path, 0);
      const buffer = new Uint8Array(1000);
      found[path] = Buffer.from(buffer.subarray(0, opened.read(buffer))).toString();
      opened.release();
    } else if (inode.kind === 'directory') {
      const names = inode.list(context).map(({ name }) => name);
      if (names.length === 0) found[path] = 'empty';
      for (const name of names) walk(`${path}/${name}`);
    }
  };
  walk('');
  return found;
}

/** Makes the sums of all headers right again, so that what else is wrong is looked at. */
function repairSums(bytes: Uint8Array): void {
  for (let at = 0; at + 512 <= bytes.length; at += 512) {
    const header = bytes.subarray(at, at + 512);
    if (Buffer.from(header.subarray(257, 262)).toString('latin1') !== 'ustar') continue;
    header.fill(0x20, 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.set(Buffer.from(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
  }
}

describe('archives', () => {
  it('become trees, with links', async () => {
    const made = await layer(
      'a.tar',
      other('./', 'directory'),
      file('./bin/tool', 'tool', { mode: 0o755, uid: 5 }),
      other('bin/same', 'link', './bin/tool'),
      other('lib', 'symlink', '../../usr/lib'),
      other('empty/', 'directory'),
    );
    expect(treeFrom(made)).toEqual({
      '/bin/tool': 'tool',
      '/bin/same': 'tool',
      '/lib': '-> ../../usr/lib',
      '/empty': 'empty',
    });
  });

  it('take away what lower layers have', async () => {
    const lower = await layer('1', file('a/one', '1'), file('a/two', '2'), file('b/three', '3'), file('c', 'c'));
    const upper = await layer(
      '2',
      file('a/.wh.one'),
      file('b/new', 'n'),
      file('b/.wh..wh..opq'),
      file('c/inside', 'c is a folder now'),
    );
    expect(() => treeFrom(lower, upper)).toThrow('lies below what is no directory');
    const proper = await layer('2', ...[file('a/.wh.one'), file('b/new', 'n'), file('b/.wh..wh..opq'), file('.wh.c')]);
    expect(treeFrom(lower, proper)).toEqual({ '/a/two': '2', '/b/new': 'n' });
  });

  it.each([
    ['an absolute name', [file('/etc/passwd', 'x')], 'has an absolute name'],
    ['a name that leads out', [file('a/../../passwd', 'x')], "leads out of it by '..'"],
    ['a hard link out', [other('a', 'link', '../../etc/passwd')], "leads out of it by '..'"],
    ['a hard link to an absolute name', [other('a', 'link', '/etc/passwd')], 'has an absolute name'],
    ['a hard link to nothing', [other('a', 'link', 'b')], 'which is not there'],
    ['a file below a link', [other('out', 'symlink', '/'), file('out/passwd', 'x')], 'goes through a link'],
    ['a file below a file', [file('a', 'x'), file('a/b', 'x')], 'lies below what is no directory'],
    ['a device', [other('disk', 'block-device')], 'is a device'],
    ['folders beyond count', [file(`${'a/'.repeat(30_000)}f`, 'x')], 'has a name that no file can have'],
    ['a long name of few characters', [file('é'.repeat(128), 'x')], 'has a name that no file can have'],
    [
      'a time beyond all',
      [file('a', 'x', { mtime: new Date(1), pax: { mtime: '1e30' } })],
      'has a time that no file can have',
    ],
  ])('are refused for %s', async (_, entries, problem) => {
    const attempt = async (): Promise<unknown> => treeFrom(await layer('evil.tar', ...entries));
    await expect(attempt()).rejects.toThrow(problem);
    await expect(attempt()).rejects.toThrow(/^evil\.tar is refused: [^\n]*$/);
  });

  it('are read or refused in one line, however they are damaged', async () => {
    const whole = await packTar([
      other('a/', 'directory'),
      file('a/file', 'x'.repeat(700), { mtime: new Date(1e12) }),
      other('a/link', 'symlink', 'file'),
      other('hard', 'link', 'a/file'),
      file(`${'deep/'.repeat(60)}${'x'.repeat(120)}`, 'abc', { pax: { comment: 'c' } }),
      file('a/.wh.link'),
    ]);
    let seed = 1;
    const random = (below: number): number => ((seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) >>> 8) % below;
    const counts = { read: 0, refused: 0 };
    for (let round = 0; round < 1000; round++) {
      const bytes = whole.slice(0, random(8) === 0 ? random(whole.length) : whole.length);
      for (let change = random(4); change >= 0; change--)
        bytes[random(bytes.length)] = random(2) === 0 ? random(256) : 0x30 + random(10);
      if (random(2) === 0) repairSums(bytes);
      try {
        treeFrom({ label: 'evil.tar', entries: await new ArchiveReader(platform).entries(bytes, 'evil.tar') });
        counts.read++;
      } catch (error) {
        expect(error, `round ${String(round)}`).toBeInstanceOf(ConfigurationError);
        expect(String(error)).toMatch(/evil\.tar is (refused|no tar archive|no directory)[^\n]*$/);
        counts.refused++;
      }
    }
    expect(Math.min(counts.read, counts.refused)).toBeGreaterThan(100);
  });

  it('are refused when they expand too far, or are none', async () => {
    const bomb = zlib.gzipSync(await packTar([file('zeros', new Uint8Array(1_000_000))]));
    expect(bomb.length).toBeLessThan(10_000);
    await expect(new ArchiveReader(platform, 100_000).entries(bomb, 'bomb.tgz')).rejects.toThrow(
      'bomb.tgz expands to more than the 100000 bytes',
    );
    // Two that fit alone do not fit together.
    const reader = new ArchiveReader(platform, 1_500_000);
    expect(await reader.entries(bomb, 'bomb.tgz')).toHaveLength(1);
    await expect(reader.entries(bomb, 'bomb.tgz')).rejects.toThrow('expands to more');
    const damaged = bomb.subarray(0, 500);
    await expect(new ArchiveReader(platform).entries(damaged, 'cut.tgz')).rejects.toThrow('cut.tgz is damaged');
    const text = new TextEncoder().encode('no archive '.repeat(100));
    await expect(new ArchiveReader(platform).entries(text, 'text.tar')).rejects.toThrow('text.tar is no tar archive');
    const xz = Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0);
    await expect(new ArchiveReader(platform).entries(xz, 'a.tar.xz')).rejects.toThrow('compressed with xz');
  });
});

it('are mounted, as copies', async () => {
  const archive = join(folder, 'data.tar.gz');
  writeFileSync(archive, zlib.gzipSync(await packTar([file('text', 'from the archive')])));
  const cat = new URL('../../../tests/fixtures/riscv64/cat', import.meta.url).pathname;
  const { stdout } = await run(cat, { args: ['/data/text'], mounts: [{ source: archive, target: '/data' }] });
  expect(new TextDecoder().decode(stdout)).toBe('from the archive');
});

describe('an OCI image layout', () => {
  const store = (blobs: Map<string, Uint8Array>, content: Uint8Array | object): { digest: string; size: number } => {
    const bytes = content instanceof Uint8Array ? content : new TextEncoder().encode(JSON.stringify(content));
    const hex = createHash('sha256').update(bytes).digest('hex');
    blobs.set(`blobs/sha256/${hex}`, bytes);
    return { digest: `sha256:${hex}`, size: bytes.length };
  };

  async function layout(config: object): Promise<Map<string, Uint8Array>> {
    const program = readFileSync(new URL('../../../tests/fixtures/riscv64/args', import.meta.url));
    const files = new Map<string, Uint8Array>();
    const base = await packTar([
      file('bin/args', program, { mode: 0o755 }),
      file('etc/passwd', 'root:x:0:0::/:/bin/sh\nweb:x:33:34::/:/bin/sh\n'),
      file('bin/gone', 'x'),
    ]);
    const layers = [
      { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...store(files, zlib.gzipSync(base)) },
      {
        mediaType: 'application/vnd.oci.image.layer.v1.tar',
        ...store(files, await packTar([file('bin/.wh.gone'), file('work/', '', { type: 'directory', mode: 0o755 })])),
      },
    ];
    const manifest = store(files, {
      schemaVersion: 2,
      config: store(files, { architecture: 'riscv64', config }),
      layers,
    });
    const foreign = { ...manifest, platform: { os: 'linux', architecture: 's390x' } };
    const own = { ...manifest, platform: { os: 'linux', architecture: 'riscv64' } };
    files.set('index.json', new TextEncoder().encode(JSON.stringify({ manifests: [foreign, own] })));
    files.set('oci-layout', new TextEncoder().encode('{"imageLayoutVersion":"1.0.0"}'));
    return files;
  }

  const config = {
    Env: ['PATH=/nowhere:/bin', 'FIXTURE=1 2=3'],
    Entrypoint: ['args'],
    Cmd: ['from', 'the image'],
    User: 'web',
    WorkingDir: '/work',
  };

  it('says what to run, from a folder and from an archive', async () => {
    const files = await layout(config);
    const image = join(folder, 'layout');
    mkdirSync(join(image, 'blobs/sha256'), { recursive: true });
    for (const [name, bytes] of files) writeFileSync(join(image, name), bytes);
    const archive = join(folder, 'layout.tar');
    writeFileSync(archive, await packTar([...files].map(([name, bytes]) => file(name, bytes))));
    for (const source of [image, archive]) {
      const own = new TextDecoder().decode((await run('', { image: source })).stdout);
      expect(own).toMatch(/from/);
      expect(own).toMatch(/the image/);
      expect(own).toMatch(/^FIXTURE=1 2=3$/m);
      const given = new TextDecoder().decode((await run('mine', { image: source, args: ['too'] })).stdout);
      expect(given).toMatch(/mine/);
      expect(given).not.toMatch(/the image/);
    }
  });

  it('is refused where a blob is not what its digest says, or a digest names something else', async () => {
    const image = join(folder, 'bad');
    mkdirSync(join(image, 'blobs/sha256'), { recursive: true });
    const files = await layout(config);
    for (const [name, bytes] of files)
      writeFileSync(join(image, name), name.startsWith('blobs') ? Buffer.concat([bytes, Buffer.from(' ')]) : bytes);
    await expect(run('', { image })).rejects.toThrow('has other contents than its digest says');
    const index = { manifests: [{ digest: 'sha256:../../../../etc/passwd' }] };
    writeFileSync(join(image, 'index.json'), JSON.stringify(index));
    await expect(run('', { image })).rejects.toThrow('it names a blob "sha256:../../../../etc/passwd"');
    writeFileSync(join(image, 'index.json'), 'no JSON');
    await expect(run('', { image })).rejects.toThrow('index.json is no JSON');
  });

  it('has to have a command, or be given one, and a user that it knows', async () => {
    const write = async (name: string, settings: object): Promise<string> => {
      const path = join(folder, `${name}.tar`);
      writeFileSync(path, await packTar([...(await layout(settings))].map(([at, bytes]) => file(at, bytes))));
      return path;
    };
    await expect(run('', { image: await write('bare', {}) })).rejects.toThrow('has no command of its own');
    await expect(run('', { image: await write('stranger', { ...config, User: 'nemo' }) })).rejects.toThrow(
      'its user "nemo" is not known to it',
    );
    await expect(run('', { image: folder, root: folder })).rejects.toThrow('not both');
  });
});

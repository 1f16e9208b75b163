import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { DescriptorAccess, VerifiedAccess } from '../../platform/node/directory-access.ts';
import { NodeHostFolder } from '../../platform/node/host-folder.ts';
import { HostFileSystem } from './host/host-fs.ts';
import { MemoryFileSystem } from './memory/memory-fs.ts';
import { OverlayFileSystem } from './overlay/overlay-fs.ts';
import { Fixture } from './testing/fixture.ts';
import { describeWritable } from './testing/writable-suite.ts';

const base = mkdtempSync(join(tmpdir(), 'hospes-vfs-'));
afterAll(() => rmSync(base, { recursive: true }));

function folder(): string {
  return mkdtempSync(join(base, 'root-'));
}

const owner = { uid: 0, gid: 0 };

describeWritable('memory', () => new Fixture((environment) => new MemoryFileSystem(environment)));

describeWritable('host folder, through descriptors', () => {
  const path = folder();
  const host = new NodeHostFolder(path, new DescriptorAccess(path));
  return new Fixture((environment) => new HostFileSystem(environment, host, { readOnly: false, owner }));
});

describeWritable(
  'host folder, verified',
  () => {
    const path = folder();
    const host = new NodeHostFolder(path, new VerifiedAccess(path));
    return new Fixture((environment) => new HostFileSystem(environment, host, { readOnly: false, owner }));
  },
  1_000,
);

describeWritable('overlay over an empty host folder', () => {
  const host = new NodeHostFolder(folder());
  return new Fixture(
    (environment) =>
      new OverlayFileSystem(environment, new HostFileSystem(environment, host, { readOnly: true, owner })),
  );
});

describeWritable('overlay over memory', () => {
  return new Fixture((environment) => new OverlayFileSystem(environment, new MemoryFileSystem(environment)));
});

/** Answers of probes, kept in the user's cache folder: a file for each probe and machine. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { cpus, homedir, release } from 'node:os';
import { join } from 'node:path';
import { isCapability, type Capability, type CapabilityStore, type Probe } from '../../../common/capability.ts';
import { packageVersion } from '../package-version.ts';

/** Changed when what is in the files changes. */
const FORM = 1;

interface Kept {
  readonly key: string;
  readonly answer: unknown;
}

export class ProbeFiles implements CapabilityStore {
  readonly #folder: string;

  constructor(folder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'hospes', 'probes')) {
    this.#folder = folder;
  }

  read(probe: Probe): Capability | undefined {
    try {
      const key = fullKey(probe);
      const kept = JSON.parse(readFileSync(this.#path(probe, key), 'utf8')) as Kept;
      return kept.key === key && isCapability(kept.answer, probe.name) ? kept.answer : undefined;
    } catch {
      return undefined;
    }
  }

  /** As a whole: another process may read it now. */
  write(probe: Probe, answer: Capability): void {
    const key = fullKey(probe);
    const path = this.#path(probe, key);
    const temporary = `${path}-${String(process.pid)}`;
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      writeFileSync(temporary, JSON.stringify({ key, answer } satisfies Kept), { mode: 0o600 });
      renameSync(temporary, path);
    } catch {
      // A read-only home costs the time of a probe.
    }
  }

  #path(probe: Probe, key: string): string {
    return join(this.#folder, `${probe.name}-${createHash('sha256').update(key).digest('hex').slice(0, 16)}.json`);
  }
}

let shared: ProbeFiles | undefined;

/** The user's own. */
export function probeFiles(): ProbeFiles {
  shared ??= new ProbeFiles();
  return shared;
}

function fullKey(probe: Probe): string {
  // A home folder may serve several machines.
  const machine = [process.version, process.platform, process.arch, release(), cpus()[0]?.model];
  return JSON.stringify([FORM, packageVersion(), ...machine, probe.key()]);
}

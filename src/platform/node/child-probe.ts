/**
 * Tries things out in a child process, which may die of it, and keeps what was found out in the user's cache folder. The
 * child gets a function's source text, which must not use anything from outside.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { koffiFile } from './koffi.ts';

const PROBE_TIMEOUT_MS = 20_000;

/** What `probe`, given koffi, writes in a process of its own, or how that ended. */
export function askChild(probe: (koffi: never, output: { write(text: string): unknown }) => void): string {
  const program = `(${probe.toString()})(require(${JSON.stringify(koffiFile())}), process.stdout)`;
  const child = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8', timeout: PROBE_TIMEOUT_MS });
  if (child.error !== undefined) return child.error.message;
  if (child.signal !== null) return `it ended with ${child.signal}`;
  if (child.status === 0) return child.stdout;
  return /^Error: (.*)$/m.exec(child.stderr)?.[1] ?? firstLine(child.stderr.trim());
}

/** The answer kept under `name` by an earlier process, else that of `ask`, which is kept where `isFinal`. */
export function keptAnswer(name: string, ask: () => string, isFinal: (answer: string) => boolean): string {
  const folder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'hospes');
  const file = join(folder, name);
  try {
    return readFileSync(file, 'utf8');
  } catch {
    const answer = ask();
    if (isFinal(answer)) keep(folder, file, answer);
    return answer;
  }
}

/** Keeps an answer; where that is not possible it is asked for again next time. */
function keep(folder: string, file: string, answer: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, answer);
  } catch {
    // A read-only home only costs the time of a probe.
  }
}

export function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

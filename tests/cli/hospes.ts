/** Starts `hospes` as a user would. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

export const root = fileURLToPath(new URL('../../', import.meta.url));
/** The command, for Node to run. */
export const main = join(root, 'dist/cli/main.js');

export function fixture(name: string, guest = 'riscv64'): string {
  return join(root, 'tests/fixtures', guest, name);
}

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  readonly cwd?: string;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called once, with the process and what it has printed, when it has printed something. */
  readonly onOutput?: (child: ChildProcess) => void;
}

/** Runs `hospes ARGS` to its end. */
export function hospes(args: readonly string[], options: StartOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], {
      cwd: options.cwd ?? root,
      env: { ...process.env, HOSPES_DEBUG: '', ...options.env },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (stdout === '') options.onOutput?.(child);
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin ?? '');
  });
}

/** A folder of its own for a test file, removed at its end. */
export function temporaryFolder(): {
  readonly path: string;
  file(name: string, content: string | Uint8Array, mode?: number): string;
} {
  const path = mkdtempSync(join(tmpdir(), 'hospes-test-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    file(name, content, mode = 0o755) {
      const file = join(path, name);
      writeFileSync(file, content, { mode });
      return file;
    },
  };
}

#!/usr/bin/env node
// @ts-check
/** Builds guest-sdk/build/<guest>/libhospes_gpu.a with each cross compiler that is there. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const sdk = fileURLToPath(new URL('../guest-sdk', import.meta.url));
/** @type {Readonly<Record<string, string>>} */
const prefixes = { riscv64: 'riscv64-linux-gnu', aarch64: 'aarch64-linux-gnu', x64: 'x86_64-linux-gnu' };
const flags = ['-std=c11', '-O2', '-Wall', '-Wextra', '-Wpedantic', '-Werror', '-D_GNU_SOURCE'];

/**
 * Builds the library of a guest into `folder`; null, or why it cannot be built.
 *
 * @param {string} guest @param {string} folder
 */
export function buildLibrary(guest, folder) {
  const prefix = prefixes[guest];
  if (spawnSync(`${prefix}-gcc`, ['--version']).error) return `there is no ${prefix}-gcc`;
  mkdirSync(folder, { recursive: true });
  const object = join(folder, 'hospes_gpu.o');
  run(`${prefix}-gcc`, [...flags, '-c', 'hospes_gpu.c', '-o', object]);
  run(`${prefix}-ar`, ['rcsD', join(folder, 'libhospes_gpu.a'), object]);
  return null;
}

export const guests = Object.keys(prefixes);

/** @param {string} command @param {string[]} args */
function run(command, args) {
  const { status, stderr, error } = spawnSync(command, args, { cwd: sdk, encoding: 'utf8' });
  if (error || status !== 0) throw new Error(`${command} fails: ${error?.message ?? stderr}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  for (const guest of guests) {
    const reason = buildLibrary(guest, join(sdk, 'build', guest));
    console.log(reason === null ? `guest-sdk/build/${guest}/libhospes_gpu.a` : `skipped ${guest}: ${reason}`);
  }

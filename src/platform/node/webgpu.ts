/** WebGPU through the optional package `webgpu` (Dawn). */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { GpuError, messageOf } from '../../common/errors.ts';
import { nodeErrorCode } from './host-errors.ts';
import { findWebGpu, WEBGPU_REMEDY } from './probes/webgpu.ts';

/**
 * The object that the package's `create` gives, to be kept as long as anything made from it is used: its devices die with
 * it. One for all: each has threads of its own.
 *
 * @throws GpuError `gpu-unavailable`
 */
export function nodeWebGpu(): Promise<object> {
  shared ??= load();
  return shared;
}

let shared: Promise<object> | undefined;

async function load(): Promise<object> {
  const found = findWebGpu();
  if ('reason' in found) throw new GpuError('gpu-unavailable', `${found.reason}; ${WEBGPU_REMEDY}`);
  try {
    const { create } = (await loadModule(found.path)) as { readonly create: (options: readonly string[]) => object };
    return create([]);
  } catch (cause) {
    throw new GpuError('gpu-unavailable', `the package webgpu cannot be used: ${messageOf(cause)}`, { cause });
  }
}

/**
 * By require first: the command is started from code that V8 kept, which has no `import()`. Node 22 before 22.12 requires no
 * ES modules.
 */
async function loadModule(path: string): Promise<unknown> {
  try {
    return createRequire(import.meta.url)(path) as unknown;
  } catch (error) {
    if (nodeErrorCode(error) !== 'ERR_REQUIRE_ESM') throw error;
    return import(pathToFileURL(path).href);
  }
}

/**
 * WebGPU for tests: the package `webgpu` (here or where HOSPES_WEBGPU says) on Chromium's SwiftShader (in
 * /usr/lib/chromium or where HOSPES_CHROMIUM says), unless the environment already names a Vulkan driver.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { findWebGpu } from '../../platform/node/probes/webgpu.ts';
import { messageOf } from '../../common/errors.ts';
import { nodeGpuHost } from '../node/index.ts';

const chromium = process.env['HOSPES_CHROMIUM'] ?? '/usr/lib/chromium';

const driver = join(chromium, 'vk_swiftshader_icd.json');

/** Kept, for it is unloaded with this object. */
export let loader: unknown;

/** The loader of Vulkan is found by its name once it is loaded. */
function useSwiftShader(): string | null {
  const named = process.env['VK_DRIVER_FILES'] ?? process.env['VK_ICD_FILENAMES'];
  if (named !== undefined && named !== driver) return null;
  if (!existsSync(driver)) return `there is no ${driver}`;
  try {
    const koffi = createRequire(import.meta.url)('koffi') as { load(path: string): unknown };
    loader = koffi.load(join(chromium, 'libvulkan.so.1'));
  } catch (error) {
    return `Vulkan's loader cannot be loaded: ${messageOf(error)}`;
  }
  process.env['VK_DRIVER_FILES'] = driver;
  // Of processes that are started from here.
  process.env['LD_LIBRARY_PATH'] = chromium;
  return null;
}

async function whyNot(): Promise<string | null> {
  const found = findWebGpu();
  if ('reason' in found) return found.reason;
  const reason = useSwiftShader();
  if (reason !== null) return reason;
  const { gpu } = await nodeGpuHost.source();
  return (await gpu.requestAdapter()) === null ? 'there is no adapter' : null;
}

/** Null where tests can use WebGPU, else why they are skipped. */
export const noWebGpu: string | null = await whyNot();

/** For the title of what is skipped. */
export const skippedTitle = noWebGpu === null ? '' : ` (skipped: ${noWebGpu})`;

/**
 * `hospes/gpu` in browsers: compute through `navigator.gpu`.
 *
 * @packageDocumentation
 */
import { GpuError } from '../common/errors.ts';
import { browserNow, browserRandom, setBrowserTimer } from '../platform/browser/time.ts';
import { Gpu } from './gpu.ts';
import type { GpuHost, GpuOptions } from './types.ts';
import type { GpuSource, WebGpu } from './webgpu-api.ts';

export * from './index.ts';

function browserSource(): Promise<GpuSource> {
  const { navigator } = globalThis as { readonly navigator?: { readonly gpu?: WebGpu } };
  if (navigator?.gpu !== undefined) return Promise.resolve({ gpu: navigator.gpu });
  return Promise.reject(
    new GpuError(
      'gpu-unavailable',
      'this browser offers no WebGPU here; it needs a secure context (https or localhost)',
    ),
  );
}

const browserGpuHost: GpuHost = {
  ...{ now: browserNow, setTimer: setBrowserTimer, random: browserRandom, source: browserSource },
};

/** Opens nothing yet: the first device does. */
export function openGpu(options: GpuOptions = {}): Gpu {
  return new Gpu(browserGpuHost, options);
}

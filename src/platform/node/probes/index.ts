/** What is probed through Node; `api/wasm-capabilities.ts` has the features of WebAssembly that need no process apart. */
import type { Probe } from '../../../common/capability.ts';
import { kvmProbe } from '../kvm-probe.ts';
import { nativeCodeProbe } from '../native-code.ts';
import { pageProtectionProbe } from '../page-protection.ts';
import { koffiProbe } from './koffi.ts';
import { memory64Probe, threadsProbe } from './wasm.ts';
import { webGpuProbe } from './webgpu.ts';

export const nodeProbes: readonly Probe[] = [
  threadsProbe,
  memory64Probe,
  koffiProbe,
  pageProtectionProbe,
  nativeCodeProbe,
  kvmProbe,
  webGpuProbe,
];

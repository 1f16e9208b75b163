/** What both entries of `hospes/gpu` export besides `openGpu`. */
export { Gpu } from './gpu.ts';
export type { GpuStats } from './stats.ts';
export type { CpuProgram, Invocation, Words } from './cpu/program.ts';
export type {
  Binding,
  DeviceChoice,
  DeviceInfo,
  DeviceType,
  ElementType,
  GpuBuffer,
  GpuDevice,
  GpuHost,
  GpuOptions,
  Job,
  Kernel,
  Launch,
  ParameterTypes,
  ParameterValues,
} from './types.ts';
export type { RetryPolicy, RetryStats } from '../common/retry.ts';
export { AttemptsError, GpuError, HospesError } from '../common/errors.ts';

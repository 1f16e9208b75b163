/**
 * Kernels as TypeScript functions: the subset of WGSL that the processor runs. An invocation is a call. It has its built-in
 * values, the storage buffers as typed arrays, the parameters as numbers, and an object that its workgroup shares. A
 * function with barriers is a generator: each `yield` is a `workgroupBarrier()`, which all invocations of a workgroup must
 * reach alike. Not in the subset: textures, subgroups, atomics (invocations run one after the other, so plain reads and
 * writes are atomic between barriers). Computing in f32 is the function's business (`Math.fround`).
 */
import type { ElementType } from '../types.ts';

export type Words = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

export interface Invocation {
  /** `global_invocation_id` */
  readonly global: readonly [x: number, y: number, z: number];
  /** `local_invocation_id` */
  readonly local: readonly [x: number, y: number, z: number];
  /** `workgroup_id` */
  readonly group: readonly [x: number, y: number, z: number];
  /** `num_workgroups` */
  readonly grid: readonly [x: number, y: number, z: number];
}

export interface CpuProgram {
  /** Invocations of a workgroup where the kernel leaves them to its WGSL. */
  readonly workgroup?: readonly number[];
  /** `var<workgroup>`: arrays of zeros by name, with their lengths. */
  readonly shared?: Readonly<Record<string, readonly [type: ElementType, length: number]>>;
  readonly main: (
    invocation: Invocation,
    buffers: readonly Words[],
    parameters: Readonly<Record<string, number>>,
    shared: Readonly<Record<string, Words>>,
  ) => void | Generator<undefined, void>;
}

const ARRAYS = { f32: Float32Array, i32: Int32Array, u32: Uint32Array } as const;

/** `bytes` as words of a type. */
export function wordsOf(type: ElementType, bytes: ArrayBuffer): Words {
  return new ARRAYS[type](bytes);
}

/** Checks of what a caller gives, the same for every device. A caller's mistake is a RangeError or a TypeError. */
import type { Kernel, Launch, ParameterTypes, ParameterValues } from './types.ts';
import type { Limits } from './webgpu-api.ts';

export type Triple = readonly [x: number, y: number, z: number];

const WORD = 4;
/** WebGPU wants uniform buffers in units of 16 bytes. */
const UNIFORM_UNIT = 16;

/** Up to three whole numbers from 1 on; what is absent is 1. */
export function triple(numbers: readonly number[], what: string): Triple {
  const [x = 1, y = 1, z = 1] = numbers;
  if (numbers.length > 3 || [x, y, z].some((size) => !Number.isInteger(size) || size < 1))
    throw new RangeError(`${what} is [${numbers.join()}]; give one to three whole numbers above 0`);
  return [x, y, z];
}

export function checkedGrid({ name }: Kernel, grid: readonly number[], limits: Limits): Triple {
  const result = triple(grid, `the grid of kernel ${name}`);
  const most = limits.maxComputeWorkgroupsPerDimension;
  if (result.some((size) => size > most))
    throw new RangeError(
      `the grid of kernel ${name} is [${result.join()}]; the device takes ${String(most)} a dimension`,
    );
  return result;
}

/** The size of a workgroup, or null where the kernel's own code says it. */
export function checkedWorkgroup(kernel: Kernel, asked: readonly number[] | undefined, limits: Limits): Triple | null {
  if (kernel.workgroup === undefined) {
    if (asked === undefined) return null;
    throw new TypeError(`kernel ${kernel.name} has a workgroup of its own; it declares no overrides for one`);
  }
  const size = triple(asked ?? kernel.workgroup, `the workgroup of kernel ${kernel.name}`);
  const most = [limits.maxComputeWorkgroupSizeX, limits.maxComputeWorkgroupSizeY, limits.maxComputeWorkgroupSizeZ];
  const [x, y, z] = size;
  if (x * y * z > limits.maxComputeInvocationsPerWorkgroup || size.some((each, axis) => each > (most[axis] ?? 0)))
    throw new RangeError(
      `the workgroup of kernel ${kernel.name} is [${size.join()}]; the device takes [${most.join()}], and ${String(limits.maxComputeInvocationsPerWorkgroup)} in all`,
    );
  return size;
}

/** One buffer for each binding, none twice where one of the two is written. */
export function checkBuffers({ name, bindings }: Kernel, buffers: Launch['buffers']): void {
  if (buffers.length !== bindings.length)
    throw new TypeError(`kernel ${name} takes ${String(bindings.length)} buffers, not ${String(buffers.length)}`);
  const written = new Set(buffers.filter((_, index) => bindings[index]?.access === 'write'));
  const seen = new Set<unknown>();
  for (const buffer of buffers) {
    if (seen.has(buffer) && written.has(buffer))
      throw new TypeError(`kernel ${name} would write a buffer that it is given twice`);
    seen.add(buffer);
  }
}

/** Whole words inside a buffer of `size` bytes. */
export function checkRange(offset: number, length: number, size: number): void {
  const whole = [offset, length].every((value) => Number.isInteger(value) && value >= 0 && value % WORD === 0);
  if (!whole || offset + length > size)
    throw new RangeError(
      `${String(length)} bytes from ${String(offset)} on do not lie in a buffer of ${String(size)}, or are no whole words of 4 bytes`,
    );
}

export function checkSize(size: number, limits: Limits): void {
  const most = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  if (!Number.isInteger(size) || size < WORD || size % WORD !== 0 || size > most)
    throw new RangeError(
      `a buffer of ${String(size)} bytes: the device takes multiples of 4 from 4 to ${String(most)}`,
    );
}

/** The kernel's parameters as the bytes of its uniform struct; null where it has none. */
export function packParameters<P extends ParameterTypes>(
  { name, parameters }: Kernel<P>,
  values: ParameterValues<P> | undefined,
): Uint8Array<ArrayBuffer> | null {
  const given = Object.keys(values ?? {});
  const fields = Object.entries(parameters ?? {});
  const wrong = [
    ...given.filter((field) => !fields.some(([known]) => known === field)),
    ...fields.map(([known]) => known).filter((field) => !given.includes(field)),
  ];
  if (wrong.length > 0) throw new TypeError(`kernel ${name}: parameter ${wrong.join()} is unknown or missing`);
  if (fields.length === 0) return null;
  const view = new DataView(new ArrayBuffer(Math.ceil((fields.length * WORD) / UNIFORM_UNIT) * UNIFORM_UNIT));
  for (const [index, [field, type]] of fields.entries()) {
    const value = values?.[field] ?? 0;
    if (type === 'f32') view.setFloat32(index * WORD, value, true);
    else if (value !== (type === 'i32' ? value | 0 : value >>> 0))
      throw new RangeError(`kernel ${name}: parameter ${field} is ${String(value)}, which is no ${type}`);
    else view.setUint32(index * WORD, value, true);
  }
  return new Uint8Array(view.buffer);
}

/** The bytes behind a view, as a copy that no caller changes meanwhile. */
export function copyOf(data: ArrayBufferView): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(data.byteLength);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return bytes;
}

/** From WGSL to a pipeline. */
import { GpuError, messageOf } from '../common/errors.ts';
import type { Triple } from './launch.ts';
import type { Kernel } from './types.ts';
import { STAGE_COMPUTE, type Device } from './webgpu-api.ts';

export interface CompiledKernel {
  readonly pipeline: object;
  readonly layout: object;
}

/** All that a pipeline is made from. */
export function kernelText({ code, entryPoint, bindings, parameters }: Kernel, workgroup: Triple | null): string {
  const accesses = bindings.map(({ access }) => access);
  return JSON.stringify([code, entryPoint ?? 'main', accesses, parameters !== undefined, workgroup]);
}

export async function compileKernel(device: Device, kernel: Kernel, workgroup: Triple | null): Promise<CompiledKernel> {
  const { name, code, entryPoint = 'main', bindings, parameters } = kernel;
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ code, label: name });
  const refused = device.popErrorScope();
  const { messages } = await module.getCompilationInfo();
  const errors = messages.filter(({ type }) => type === 'error');
  const problem = await refused;
  const [first] = errors;
  if (first !== undefined) {
    const { lineNum, linePos, message } = first;
    throw new GpuError(
      'gpu-compile',
      `kernel ${name} does not compile: line ${String(lineNum)}:${String(linePos)}: ${firstLine(message)}`,
      {
        context: { line: lineNum, column: linePos, errors: errors.map((error) => error.message) },
      },
    );
  }
  if (problem !== null)
    throw new GpuError('gpu-compile', `kernel ${name} does not compile: ${firstLine(problem.message)}`);
  const types = [
    ...bindings.map(({ access }) => (access === 'read' ? 'read-only-storage' : 'storage')),
    ...(parameters === undefined ? [] : ['uniform']),
  ];
  device.pushErrorScope('validation');
  const layout = device.createBindGroupLayout({
    entries: types.map((type, binding) => ({ binding, visibility: STAGE_COMPUTE, buffer: { type } })),
  });
  const pipeline = device.createComputePipelineAsync({
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module, entryPoint, ...(workgroup === null ? {} : { constants: constantsOf(code, workgroup) }) },
  });
  const unfit = device.popErrorScope();
  try {
    const made = await pipeline;
    const error = await unfit;
    if (error !== null) throw new Error(error.message);
    return { pipeline: made, layout };
  } catch (cause) {
    const text = `kernel ${name} does not fit what it is given: ${firstLine(messageOf(cause))}`;
    throw new GpuError('gpu-compile', text, { cause });
  }
}

/** A workgroup's size as overrides, as far as the kernel declares them. */
function constantsOf(code: string, workgroup: Triple): Record<string, number> {
  const names = ['workgroup_x', 'workgroup_y', 'workgroup_z'];
  const pairs = names.map((name, axis) => [name, workgroup[axis] ?? 1] as const);
  return Object.fromEntries(
    pairs.filter(([name, size]) => size !== 1 || new RegExp(`override\\s+${name}\\b`).test(code)),
  );
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

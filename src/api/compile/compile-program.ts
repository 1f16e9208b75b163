/** Compiles a program and its libraries before it runs. */
import { AheadCompiler, type AheadProgress, type AheadReport } from '../../engine/ahead-compiler.ts';
import { aheadKey, keyInCache, nameInCache, type AheadBundle, type CodeRange } from '../../engine/code-cache.ts';
import { codeSource } from '../../engine/vcpu.ts';
import { fusesMultiplyAdd } from '../../host/wasm/fused-multiply-add.ts';
import type { RegionMemoryModel } from '../../host/wasm/region/memory-access.ts';
import { GuestMemory } from '../../memory/guest-memory.ts';
import { PAGE_SHIFT } from '../../memory/layout.ts';
import { relativeRelocations } from '../../linux/loader/code-starts.ts';
import type { Host, StartRequest } from '../process.ts';
import { functionsOf, layoutOf, sourceOf, type LoadedImage } from './layout.ts';

export interface CompiledProgram {
  /** For the cache, or as a bundle. */
  readonly bundle: AheadBundle;
  readonly report: AheadReport;
  /** Guest code that was compiled: ascending, disjoint. */
  readonly ranges: readonly CodeRange[];
  /** Paths of the files whose code it is, with the addresses added to theirs. */
  readonly images: readonly { readonly path: string; readonly bias: number }[];
}

/**
 * Compiles the program that `request` would start, with the libraries that it is linked to. `version`: of what compiles, as for
 * `Host.code`. Throws as `startProgram` does.
 */
export async function compileProgram(
  host: Host,
  request: StartRequest,
  version: string,
  onProgress: (progress: AheadProgress) => void,
): Promise<CompiledProgram> {
  const { name, support, memorySize, images } = await layoutOf(host, request);
  host.platform.enableWasmFeatures?.();
  const { guest } = request.cpu === undefined ? support : (support.withCpu?.(request.cpu) ?? support);
  const memory = GuestMemory.create(memorySize);
  for (const image of images) place(memory, image);
  const key = aheadKey(keyInCache(version, nameInCache(guest, memory.layout, name)));
  const compiler = new AheadCompiler({
    ...{ guest, memory, onProgress },
    source: codeSource(memory),
    functions: functionsOf(images),
    target: { model: modelOf(host, request), fusesMultiplyAdd: fusesMultiplyAdd() },
  });
  const { bytes, report, ranges } = compiler.run(key);
  return { bundle: { key, bytes }, report, ranges, images: images.map(({ path, bias }) => ({ path, bias })) };
}

/** How the accesses of regions are checked, as a run would have it. */
function modelOf({ platform }: Host, { memoryModel = 'auto' }: StartRequest): RegionMemoryModel {
  if (memoryModel !== 'auto' && memoryModel !== 'host') return memoryModel;
  return platform.pageProtection().protection === null ? 'strict' : 'host';
}

/** Puts an image where it will be, pointers in its data as the linker will set them. */
function place({ bytes, view, layout }: GuestMemory, { path, file, image, bias }: LoadedImage): void {
  for (const { vaddr, offset, fileSize, memorySize, protection } of image.segments) {
    bytes.set(file.subarray(offset, offset + fileSize), vaddr + bias);
    const last = (vaddr + bias + memorySize - 1) >>> PAGE_SHIFT;
    bytes.fill(protection, layout.permissions + ((vaddr + bias) >>> PAGE_SHIFT), layout.permissions + last + 1);
  }
  for (const { at, value } of relativeRelocations(sourceOf(path, file)))
    if (at + bias + 8 <= layout.guestLimit)
      view.setBigUint64(at + bias, BigInt.asUintN(64, value + BigInt(bias)), true);
}

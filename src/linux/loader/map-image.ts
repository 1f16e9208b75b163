/** Maps the segments of an ELF image into an address space (fs/binfmt_elf.c). */
import type { AddressSpace } from '../../memory/address-space.ts';
import { GUEST_BASE } from '../../memory/layout.ts';
import { pageCeil, pageFloor } from '../../memory/pages.ts';
import type { MappedFile } from '../../memory/vma.ts';
import { loadFailure, type ElfImage, type Segment } from './elf.ts';

export interface MappedImage {
  readonly image: ElfImage;
  /** What was added to the addresses in the file. */
  readonly bias: number;
  readonly entry: number;
  /** Address of the program headers, or 0 where no segment holds them. */
  readonly programHeaders: number;
  /** First and last page boundary. */
  readonly start: number;
  readonly end: number;
}

/**
 * Maps `image`. `base` places relocatable ones: an address, or null for the highest free place. `openFile` gives a
 * mapped file for each segment.
 */
export function mapImage(
  space: AddressSpace,
  image: ElfImage,
  base: number | null,
  openFile: () => MappedFile,
): MappedImage {
  const first = pageFloor(image.segments[0]?.vaddr ?? 0);
  const end = image.segments.reduce((most, segment) => Math.max(most, pageCeil(segment.vaddr + segment.memorySize)), 0);
  const start = reserve(space, image, first, end - first, base);
  const bias = start - first;
  for (const segment of image.segments) mapSegment(space, image, segment, bias, openFile);
  const { offset, count, entrySize } = image.programHeaders;
  const holder = image.segments.find(
    (segment) => offset >= segment.offset && offset + count * entrySize <= segment.offset + segment.fileSize,
  );
  return {
    image,
    bias,
    entry: image.entry + bias,
    programHeaders: holder === undefined ? 0 : holder.vaddr + (offset - holder.offset) + bias,
    start,
    end: end + bias,
  };
}

/** Finds the image's place and frees the holes between segments again. */
function reserve(space: AddressSpace, image: ElfImage, first: number, length: number, base: number | null): number {
  if (!image.relocatable && (first < GUEST_BASE || first + length > space.limit))
    loadFailure(
      'elf-address',
      image.path,
      `must be loaded at 0x${first.toString(16)}, outside the guest's addresses (0x10000 to 0x${space.limit.toString(16)})`,
      { vaddr: first },
    );
  // The alignment concerns addresses in the file; `first` may itself be off the alignment.
  const skew = first % image.alignment;
  const wanted = image.relocatable ? (base ?? 0) + skew : first;
  const fixed = !image.relocatable || base !== null;
  const start = space.map({
    address: fixed ? wanted : 0,
    length: fixed ? length : length + skew,
    protection: 0,
    placement: fixed ? 'exact' : 'hint',
    alignment: image.alignment,
  });
  if (start < 0)
    loadFailure('memory-limit', image.path, `does not fit: it takes ${String(length)} bytes of address space`, {
      length,
    });
  space.unmap(start, fixed ? length : length + skew);
  return fixed ? start : start + skew;
}

function mapSegment(
  space: AddressSpace,
  image: ElfImage,
  segment: Segment,
  bias: number,
  openFile: () => MappedFile,
): void {
  const { protection } = segment;
  const start = pageFloor(segment.vaddr + bias);
  const fileEnd = segment.vaddr + bias + segment.fileSize;
  const end = pageCeil(segment.vaddr + bias + segment.memorySize);
  let covered = start;
  if (segment.fileSize > 0) {
    const file = openFile();
    const fileOffset = pageFloor(segment.offset);
    const result = space.map({
      address: start,
      length: fileEnd - start,
      protection,
      placement: 'replace',
      file,
      fileOffset,
    });
    if (result < 0) {
      file.release();
      outOfMemory(image);
    }
    covered = pageCeil(fileEnd);
    // The rest of the last page is the start of .bss; the file has other bytes there.
    if (segment.memorySize > segment.fileSize) space.poke(fileEnd, new Uint8Array(covered - fileEnd));
  }
  if (end > covered && space.map({ address: covered, length: end - covered, protection, placement: 'replace' }) < 0)
    outOfMemory(image);
}

function outOfMemory(image: ElfImage): never {
  return loadFailure('memory-limit', image.path, 'does not fit into the memory limit');
}

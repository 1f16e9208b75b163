/**
 * Where a program and its libraries will be in memory. The loader places them by rules of its own, the same each time, so
 * it is asked: the program's dynamic linker runs in the mode in which it loads all libraries, lists them, and ends
 * (ld.so(8), LD_TRACE_LOADED_OBJECTS). A linker that has no such mode is not run.
 */
import { defined } from '../../common/assert.ts';
import { ConfigurationError } from '../../common/errors.ts';
import { executableRanges, findCodeStarts, type CodeStart } from '../../linux/loader/code-starts.ts';
import { parseElf, type ElfImage, type ElfSource } from '../../linux/loader/elf.ts';
import type { LinuxProcess } from '../../linux/index.ts';
import { PAGE_SIZE, PERMISSION } from '../../memory/layout.ts';
import type { Vma } from '../../memory/vma.ts';
import { guests, type GuestSupport } from '../guests.ts';
import { startProgram, type Host, type StartRequest } from '../process.ts';
import { CapturedOutput, FedInput } from '../streams.ts';

/** A file with code, at its place. */
export interface LoadedImage {
  readonly path: string;
  readonly file: Uint8Array;
  readonly image: ElfImage;
  /** What is added to the addresses in the file. */
  readonly bias: number;
}

export interface ProgramLayout {
  /** What the loader calls the program. */
  readonly name: string;
  readonly support: GuestSupport;
  /** Bytes of linear memory. */
  readonly memorySize: number;
  readonly images: readonly LoadedImage[];
}

/** Without what all such names begin with, as linkers keep them. */
const TRACE = 'TRACE_LOADED_OBJECTS';
/** Nobody waits for a linker that does something else. */
const TIME_LIMIT = 120_000;

/** Finds out what the program of a request will have in memory when its own first instruction runs. */
export async function layoutOf(host: Host, request: StartRequest): Promise<ProgramLayout> {
  const stdin = new FedInput();
  stdin.end();
  const platform = { ...host.platform, stdin, stdout: new CapturedOutput(), stderr: new CapturedOutput() };
  let started: LinuxProcess | undefined;
  let files: ReadonlyMap<string, PlacedFile> = new Map();
  const onStart = (process: LinuxProcess): void => {
    started = process;
    files = placedFiles(process);
    const hasLinker = (process.process.image?.linker ?? null) !== null;
    const isKnown = [...files.values()].some(({ file }) => holds(file, TRACE));
    if (!hasLinker || !isKnown) process.kill('SIGKILL');
  };
  const running = await startProgram(
    { ...host, platform, code: { store: null, version: '' }, onStart },
    {
      ...request,
      tier: 0,
      env: { ...request.env, [`LD_${TRACE}`]: '1' },
      limits: { wallTime: TIME_LIMIT },
      // It writes when all is in place.
      onEvent: (event) => {
        if (started !== undefined && event.kind === 'syscall' && /^writev?$/.test(event.name))
          files = placedFiles(started);
      },
    },
  );
  await running.exited;
  const { image, space } = defined(started, 'it was started').process;
  const { name } = defined(image, 'a process that was started has a program');
  const memorySize = space.memory.layout.size;
  const support = guests.find(({ guest }) => guest.elfMachine === machineOf(files));
  if (support === undefined) throw new ConfigurationError('bad-option', `${request.path} has no code`);
  const images = [...files.values()].flatMap((file) => imageOf(file, support) ?? []);
  return { name, support, memorySize, images };
}

/** A file of which code is mapped. */
interface PlacedFile {
  readonly path: string;
  readonly file: Uint8Array;
  readonly start: number;
  readonly fileOffset: number;
}

function placedFiles({ process }: LinuxProcess): Map<string, PlacedFile> {
  const found = new Map<string, PlacedFile>();
  for (const { start, file, fileOffset, protection } of process.space.areas) {
    if (file === null || (protection & PERMISSION.EXECUTE) === 0 || found.has(file.path)) continue;
    found.set(file.path, { path: file.path, file: contentOf(file), start, fileOffset });
  }
  return found;
}

function contentOf(file: NonNullable<Vma['file']>): Uint8Array {
  const bytes = new Uint8Array(file.size());
  let at = 0;
  for (let read = 1; read > 0 && at < bytes.length; at += read) read = file.read(at, bytes.subarray(at));
  return bytes;
}

function machineOf(files: ReadonlyMap<string, PlacedFile>): number {
  const [first] = files.values();
  return (first?.file[18] ?? 0) | ((first?.file[19] ?? 0) << 8);
}

function holds(file: Uint8Array, text: string): boolean {
  return new TextDecoder('latin1').decode(file).includes(text);
}

/** The image whose segment with code lies where the file is mapped; null for what is no ELF file. */
function imageOf({ path, file, start, fileOffset }: PlacedFile, { guest }: GuestSupport): LoadedImage | null {
  if (file[0] !== 0x7f) return null;
  const image = parseElf(sourceOf(path, file), guest.elfMachine);
  const segment = image.segments.find(
    ({ offset, protection }) => (protection & PERMISSION.EXECUTE) !== 0 && offset - (offset % PAGE_SIZE) === fileOffset,
  );
  if (segment === undefined) return null;
  return { path, file, image, bias: start - (segment.vaddr - (segment.vaddr % PAGE_SIZE)) };
}

export function sourceOf(path: string, file: Uint8Array): ElfSource {
  return { path, size: file.length, read: (offset, length) => file.slice(offset, offset + length) };
}

/** Functions of all images, where they will be: ascending, none overlapping. */
export function functionsOf(images: readonly LoadedImage[]): { readonly pc: number; readonly end: number }[] {
  return images
    .flatMap((loaded) => {
      const source = sourceOf(loaded.path, loaded.file);
      const sections = executableRanges(source, loaded.image);
      const starts = findCodeStarts(source, loaded.image);
      const endOf = ({ pc, end }: CodeStart, index: number): number => {
        const section = sections.find((each) => pc >= each.start && pc < each.end);
        const next = starts[index + 1]?.pc ?? Infinity;
        return Math.min(end ?? next, next, section?.end ?? Infinity);
      };
      return starts.map((start, index) => ({
        pc: start.pc + loaded.bias,
        end: endOf(start, index) + loaded.bias,
      }));
    })
    .sort((a, b) => a.pc - b.pc);
}

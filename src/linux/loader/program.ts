/**
 * From a path to a program that is ready to run: finds out what the file is, resolves scripts and the dynamic
 * linker, and lays out memory. Two steps, because execve(2) may fail only before the old image is gone.
 */
import { defined } from '../../common/assert.ts';
import { LoadError } from '../../common/errors.ts';
import { decodeName, encodeName } from '../../common/file-name.ts';
import type { AddressSpace } from '../../memory/address-space.ts';
import { PAGE_SIZE, PERMISSION } from '../../memory/layout.ts';
import type { MappedFile } from '../../memory/vma.ts';
import type { LinuxAbi } from '../abi/abi.ts';
import { ERRNO, isLinuxError } from '../errno.ts';
import { isElf, loadFailure, parseElf, peekMachine, type ElfImage, type ElfSource, type LoadErrorCode } from './elf.ts';
import { AT, buildInitialStack, type InitialStack } from './initial-stack.ts';
import { mapImage, type MappedImage } from './map-image.ts';
import { looksLikeText, parseScript, SCRIPT_HEAD } from './script.ts';

/** Where position-independent programs go: low, with all the rest of the address space for their heap. */
const PROGRAM_BASE = 0x1000000;
/** sysconf(_SC_CLK_TCK) */
const CLOCK_TICKS = 100n;

/** A file that may be executed; `open` of the request has checked that. */
export interface ExecutableFile extends ElfSource {
  /** A new mapping of the file, for one segment. */
  mapped(): MappedFile;
  close(): void;
}

export interface PrepareRequest<File extends ExecutableFile = ExecutableFile> {
  /** The guests that a program may be for; the first one's words are used to refuse it. */
  readonly abis: readonly LinuxAbi[];
  readonly path: string;
  readonly argv: readonly Uint8Array[];
  /** Opens a file for execution. Throws `LinuxError`: ENOENT, EACCES ... */
  open(path: string): File;
}

export interface PreparedProgram<File extends ExecutableFile = ExecutableFile> {
  readonly abi: LinuxAbi;
  readonly executable: File;
  readonly image: ElfImage;
  readonly interpreter: { readonly file: File; readonly image: ElfImage } | null;
  readonly argv: readonly Uint8Array[];
  /** The path as given; of a script, the script's. */
  readonly path: string;
}

/** Opens, reads and checks everything that the program needs. Changes nothing. */
export function prepareProgram<File extends ExecutableFile>(request: PrepareRequest<File>): PreparedProgram<File> {
  const { path } = request;
  const file = openProgram(request, path);
  try {
    const head = file.read(0, SCRIPT_HEAD);
    const script = isElf(head) ? null : parseScript(head);
    if (script === 'invalid')
      loadFailure('script-interpreter', path, 'is a script whose first line names no interpreter');
    if (script !== null) {
      const prepared = prepareScript(request, script);
      file.close();
      return prepared;
    }
    if (!isElf(head)) refuseUnknown(path, head);
    return { executable: file, path, argv: request.argv, ...prepareElf(request, file) };
  } catch (error) {
    file.close();
    throw error;
  }
}

function openProgram<File extends ExecutableFile>(request: PrepareRequest<File>, path: string): File {
  try {
    return request.open(path);
  } catch (error) {
    return refuse(error, path, {
      ENOENT: ['program-missing', 'does not exist'],
      ENOTDIR: ['program-missing', 'does not exist: a part of its path is not a directory'],
      EISDIR: ['program-not-a-file', 'is a directory, not a program'],
      EACCES: ['program-not-executable', 'cannot be executed: it is not a regular file, or lacks the permission'],
    });
  }
}

/** Turns a LinuxError into a LoadError that says what it means here; everything else is thrown on. */
function refuse(
  error: unknown,
  path: string,
  meanings: Readonly<Record<string, readonly [code: LoadErrorCode, problem: string]>>,
): never {
  if (!isLinuxError(error)) throw error;
  const [code, problem] = meanings[error.name] ?? ['program-missing', `cannot be opened: ${error.name}`];
  throw new LoadError(code, `${path} ${problem}`, { cause: error, context: { path } });
}

function refuseUnknown(path: string, head: Uint8Array): never {
  if (head.length === 0) loadFailure('elf-not-elf', path, 'is empty');
  if (looksLikeText(head))
    loadFailure('elf-not-elf', path, 'is a text file without an interpreter line; give its interpreter as the program');
  return loadFailure('elf-not-elf', path, 'is neither an ELF file nor a script');
}

/** The interpreter takes the script's place; its own first line is not followed further. */
function prepareScript<File extends ExecutableFile>(
  request: PrepareRequest<File>,
  script: { readonly interpreter: Uint8Array; readonly argument: Uint8Array | null },
): PreparedProgram<File> {
  const { path } = request;
  const interpreterPath = decodeName(script.interpreter);
  const file = openInterpreter(request, interpreterPath, path, 'script-interpreter-missing', 'interpreter');
  try {
    if (!isElf(file.read(0, 4)))
      loadFailure('script-nested', path, `names ${interpreterPath} as its interpreter, which is not an ELF file`);
    const argument = script.argument === null ? [] : [script.argument];
    const argv = [script.interpreter, ...argument, encodeName(path), ...request.argv.slice(1)];
    return { executable: file, path, argv, ...prepareElf(request, file) };
  } catch (error) {
    file.close();
    throw error;
  }
}

function openInterpreter<File extends ExecutableFile>(
  request: PrepareRequest<File>,
  interpreter: string,
  program: string,
  code: LoadErrorCode,
  role: string,
): File {
  try {
    return request.open(interpreter);
  } catch (error) {
    return refuse(error, program, {
      ENOENT: [code, `needs the ${role} ${interpreter}, which does not exist in the guest's files`],
      EACCES: [code, `needs the ${role} ${interpreter}, which is not executable`],
    });
  }
}

function prepareElf<File extends ExecutableFile>(
  request: PrepareRequest<File>,
  file: File,
): Pick<PreparedProgram<File>, 'abi' | 'image' | 'interpreter'> {
  const abi = abiFor(request, file);
  const image = parseElf(file, abi.elfMachine);
  if (image.interpreter === null) return { abi, image, interpreter: null };
  const linker = openInterpreter(request, image.interpreter, file.path, 'elf-interpreter-missing', 'dynamic linker');
  try {
    return { abi, image, interpreter: { file: linker, image: parseElf(linker, abi.elfMachine) } };
  } catch (error) {
    linker.close();
    throw error;
  }
}

function abiFor({ abis }: PrepareRequest, file: ExecutableFile): LinuxAbi {
  const machine = peekMachine(file.read(0, 20));
  return abis.find((abi) => abi.elfMachine === machine) ?? defined(abis[0], 'a kernel runs at least one guest');
}

export interface InstallRequest {
  readonly abi: LinuxAbi;
  readonly space: AddressSpace;
  readonly env: readonly Uint8Array[];
  readonly ids: { readonly uid: number; readonly euid: number; readonly gid: number; readonly egid: number };
  /** The program has more power than who started it: its linker trusts the environment less. */
  readonly isSecure: boolean;
  /** 16 random bytes for AT_RANDOM. */
  readonly random: Uint8Array;
}

export interface InstalledProgram {
  /** Tells it from other programs; two versions of one program may share it. */
  readonly name: string;
  readonly entry: number;
  readonly stack: InitialStack;
  readonly main: MappedImage;
  readonly linker: MappedImage | null;
  /** Address of the code that handlers return to. */
  readonly sigreturn: number;
  readonly heapStart: number;
}

/** Maps a prepared program into an empty address space. */
export function installProgram(prepared: PreparedProgram, request: InstallRequest): InstalledProgram {
  const { space, abi } = request;
  const { executable, image, interpreter } = prepared;
  // Without a linker, a relocatable image may be the linker itself, which is about to map a program.
  const base = interpreter === null ? null : Math.ceil(PROGRAM_BASE / image.alignment) * image.alignment;
  const main = mapImage(space, image, base, () => executable.mapped());
  const linker =
    interpreter === null ? null : mapImage(space, interpreter.image, null, () => interpreter.file.mapped());
  const heapStart = image.relocatable && linker === null ? PROGRAM_BASE : main.end;
  space.setHeapStart(heapStart);
  const sigreturn = mapSigreturn(space, abi, prepared.path);
  const stack = buildInitialStack(space, {
    path: prepared.path,
    argv: prepared.argv,
    env: request.env,
    executable: encodeName(prepared.path),
    platform: abi.platform,
    random: request.random,
    executableStack: image.executableStack,
    auxiliary: auxiliaryVector(request, main, linker),
  });
  const name = `${prepared.path} ${String(main.end - main.bias)}`;
  return { name, entry: linker?.entry ?? main.entry, stack, main, linker, sigreturn, heapStart };
}

function mapSigreturn(space: AddressSpace, abi: LinuxAbi, path: string): number {
  const protection = PERMISSION.READ | PERMISSION.EXECUTE;
  const address = space.map({ address: 0, length: PAGE_SIZE, protection, name: '[vdso]' });
  if (address < 0) loadFailure('memory-limit', path, 'does not fit into the memory limit');
  space.poke(address, abi.sigreturnCode);
  return address;
}

function auxiliaryVector(
  { abi, ids, isSecure }: InstallRequest,
  main: MappedImage,
  linker: MappedImage | null,
): (readonly [number, bigint])[] {
  const { count, entrySize } = main.image.programHeaders;
  return [
    [AT.PHDR, BigInt(main.programHeaders)],
    [AT.PHENT, BigInt(entrySize)],
    [AT.PHNUM, BigInt(count)],
    [AT.PAGESZ, BigInt(PAGE_SIZE)],
    [AT.BASE, BigInt(linker?.bias ?? 0)],
    [AT.FLAGS, 0n],
    [AT.ENTRY, BigInt(main.entry)],
    [AT.UID, BigInt(ids.uid)],
    [AT.EUID, BigInt(ids.euid)],
    [AT.GID, BigInt(ids.gid)],
    [AT.EGID, BigInt(ids.egid)],
    [AT.HWCAP, abi.hwcap],
    [AT.CLKTCK, CLOCK_TICKS],
    [AT.SECURE, isSecure ? 1n : 0n],
    [AT.MINSIGSTKSZ, BigInt(abi.minSignalStack)],
  ];
}

/** What execve(2) returns for a LoadError. */
export function loadErrorNumber(error: LoadError): number {
  if (isLinuxError(error.cause)) return error.cause.errno;
  const numbers: Readonly<Record<string, number>> = {
    'elf-interpreter': ERRNO.ELIBBAD,
    'script-nested': ERRNO.ENOEXEC,
    'arguments-too-long': ERRNO.E2BIG,
    'memory-limit': ERRNO.ENOMEM,
  };
  return numbers[error.code] ?? ERRNO.ENOEXEC;
}

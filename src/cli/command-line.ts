/** The command line: what the arguments ask for, as a value. Nothing is run here. */
import type { Accelerator, CpuLevel, MemoryModel, Mount, Network, Publication, Tier, User } from '../api/types.ts';
import { ConfigurationError } from '../common/errors.ts';
import { columns, describeOptions, parseOptions, UsageError, type ParsedOptions } from './options.ts';
import {
  parseChoice,
  parseCount,
  parseDuration,
  parseMount,
  parseNetwork,
  parsePublish,
  parseShare,
  parseSize,
  parseUser,
  parseVariable,
} from './values.ts';

export interface RunRequest {
  readonly kind: 'run';
  readonly program: string;
  readonly args: readonly string[];
  readonly root: string | undefined;
  readonly image: string | undefined;
  readonly cwd: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  readonly memory: number | undefined;
  readonly accel: Accelerator;
  readonly memoryModel: MemoryModel;
  readonly tier: Tier;
  readonly compile: 'background' | 'sync';
  readonly parallel: boolean;
  /** Whether compiled code is kept from run to run. */
  readonly cache: boolean;
  /** File with code that `hospes compile` made. */
  readonly bundle: string | undefined;
  readonly cpu: CpuLevel | undefined;
  readonly user: User | undefined;
  /** Milliseconds. */
  readonly timeout: number | undefined;
  readonly network: Network | undefined;
  readonly publish: readonly Publication[];
  /** Processes and threads. */
  readonly pids: number | undefined;
  /** Bytes. */
  readonly disk: number | undefined;
  /** Bytes. */
  readonly codeSize: number | undefined;
  readonly cpus: number | undefined;
  /** Bytes. */
  readonly maxOutput: number | undefined;
  /** Whether the guest may use the host's graphics processor. */
  readonly gpu: boolean;
  readonly strace: boolean;
  /** How to print counters at the end, if at all. */
  readonly stats: 'table' | 'json' | undefined;
  /** File of the host for the trace of events. */
  readonly trace: string | undefined;
}

export interface InspectRequest {
  readonly kind: 'inspect';
  readonly file: string;
  /** A symbol's name or an address as text. */
  readonly at: string | undefined;
  readonly blocks: number;
  /** Show a region's WebAssembly instead, as it is under this memory model. */
  readonly wasm: Exclude<MemoryModel, 'auto'> | undefined;
}

export interface DoctorRequest {
  readonly kind: 'doctor';
  readonly json: boolean;
  /** Try everything again, whatever was found before. */
  readonly refresh: boolean;
}

export interface CompileRequest {
  readonly kind: 'compile';
  /** The run to compile for; its arguments are for `measure` alone. */
  readonly run: RunRequest;
  /** File for the bundle; else it goes to the cache. */
  readonly output: string | undefined;
  /** Run the program afterwards to see how much of it is compiled. */
  readonly measure: boolean;
}

export interface CacheRequest {
  readonly kind: 'cache';
  readonly action: 'stats' | 'list' | 'verify' | 'clear';
  readonly json: boolean;
}

/** The arguments were answered at once: help, the version. */
export interface Answered {
  readonly kind: 'answered';
}

export type Request = RunRequest | InspectRequest | DoctorRequest | CacheRequest | CompileRequest | Answered;

export interface CommandLineHost {
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Takes the text of `--help` and `--version`. */
  print(text: string): void;
}

const runOptions = {
  root: ['<dir>', "folder or archive of the host that becomes the guest's /; it is not changed"],
  image: [
    '<dir|tar>',
    "OCI image layout that becomes the guest's / and says what to run; PROG and ARGS replace its command",
  ],
  cwd: ['<dir>', "the guest's working directory"],
  env: ['<name=value>', "add to the guest's environment; a bare NAME hands on the host's value"],
  mount: [
    '<src:dst[:ro]>',
    'show a folder of the host in the guest, writable unless :ro; or a copy of what a .tar, .tar.gz, .tgz or .tar.zst holds',
  ],
  memory: ['<size>', 'most memory that all processes may map together; beyond it they get ENOMEM'],
  accel: [
    '<name>',
    "what runs guest code: wasm translates it, kvm gives x86-64 code to the host's processor, auto chooses (default: auto)",
  ],
  'memory-model': ['<model>', 'how guest accesses are checked: auto, host, range or strict (default: auto)'],
  tier: ['<number>', 'highest tier: 0 only interprets, 1 compiles hot code (default: 1)'],
  compile: ['<where>', 'background: hot code is compiled in a thread of its own (default); sync: the program waits'],
  parallel: ['', "run the threads of a process at the same time, on the host's processors; without it they take turns"],
  'code-size': ['<size>', 'most WebAssembly that hot code is compiled to, in each process (default: 256M)'],
  'no-cache': ['', "don't keep compiled code from run to run, and use none"],
  bundle: ['<file>', 'use the code that hospes compile made for the program'],
  cpu: ['<level>', 'of an x86-64 guest: x86-64, v2 or v3 (default: v3)'],
  user: ['<uid[:gid]>', 'ids that the guest sees (default: 0 with --root, else your own)'],
  timeout: ['<duration>', 'kill the guest after this time, such as 10s'],
  net: [
    '<access>',
    'what sockets of the Internet reach: none, loopback (the guest itself), host (all that the host reaches), or allow:HOST:PORT,... (default: none)',
  ],
  publish: [
    '<[addr:]host:guest[/udp]>',
    "listen at a port of the host (default address 127.0.0.1) for a guest's TCP (or UDP) port",
  ],
  pids: ['<count>', 'most processes and threads at a time; beyond it they get EAGAIN (default: 4096)'],
  disk: ['<size>', 'most that files kept in memory may take; beyond it there is ENOSPC'],
  cpus: ['<number>', "processors' worth of time, such as 0.5; the guest pauses in between"],
  'max-output': ['<size>', 'kill the guest when it writes more than this to standard output and error'],
  gpu: ['', "let the guest compute on the host's graphics processor, through /dev/hospes-gpu"],
  strace: ['', 'print system calls to standard error'],
  stats: ['[=json]', 'print counters to standard error at the end, as a table or as one line of JSON'],
  trace: [
    '<file>',
    'write what happens (compilations, system calls, processes, signals) to a file for ui.perfetto.dev',
  ],
} as const;

const inspectOptions = {
  at: ['<symbol|address>', "where to start (default: the file's entry point)"],
  blocks: ['<count>', 'how many blocks to show (default: 1)'],
  wasm: [
    '[=<model>]',
    'show instead the WebAssembly of the region that begins there, as text; under host, range or strict (default: host)',
  ],
} as const;

const doctorOptions = {
  json: ['', 'print one line of JSON: a list of { name, available, detail?, reason?, remedy? }'],
  refresh: ['', 'try everything again; answers are kept for this machine and version otherwise'],
} as const;

const compileOptions = {
  ...pick(runOptions, ['root', 'image', 'mount', 'cwd', 'env', 'memory-model', 'cpu', 'user']),
  output: ['<file>', 'where to put the code, for hospes run --bundle; also -o (default: the code cache)'],
  measure: [
    '',
    'then run the program with its arguments, twice, its output discarded, and tell how much of what ran was compiled ahead',
  ],
} as const;

const cacheOptions = {
  json: ['', 'print JSON'],
} as const;

const cacheActions = {
  stats: 'print where it is, how large, and how many entries there are',
  list: 'list the entries, used last first',
  verify: 'check every entry byte by byte; the exit status is 1 if one is bad',
  clear: 'remove all entries',
} as const satisfies Readonly<Record<CacheRequest['action'], string>>;

const runHelp = (): string => `Usage: hospes run [options] <prog> [args...]

Runs a program. Options after PROG are its own; with --root, PROG is an absolute
path inside it.

Options:
${describeOptions(runOptions)}

Exit status:
  the guest's own; 128 + N when signal N killed it
  124  --timeout ended it
  125  hospes was used wrongly or cannot do it; --max-output ended it
  126  PROG cannot be executed
  127  PROG, or the interpreter it names, was not found
`;

const inspectHelp = (): string => `Usage: hospes inspect [options] <file>

Shows code of an ELF file as disassembly, IR and micro-ops, side by side, or the
WebAssembly that it is compiled to.

Options:
${describeOptions(inspectOptions)}
`;

const doctorHelp = (): string => `Usage: hospes doctor [options]

Says what this machine offers to speed guests up, why something is missing, and
how to get it. Each thing is tried out.

Options:
${describeOptions(doctorOptions)}
`;

const compileHelp = (): string => `Usage: hospes compile [options] <prog> [args...]

Compiles a program and the libraries that it is linked to, for later runs with
the same root. What is not found by looking at the files is compiled when it
runs, as always.

Options:
${describeOptions(compileOptions)}
`;

const cacheHelp = (): string => `Usage: hospes cache [options] <action>

Compiled code that is kept from run to run.

Actions:
${columns(Object.entries(cacheActions))}

Options:
${describeOptions(cacheOptions)}
`;

const generalHelp = (): string => `Usage: hospes [options] <command>

Runs Linux programs built for other architectures.

Commands:
${columns([
  ['run [options] <prog> [args...]', 'run a program'],
  ['inspect [options] <file>', 'show guest code as disassembly, IR and micro-ops, or WebAssembly'],
  ['doctor [options]', 'say what this machine offers, and how to get what is missing'],
  ['compile [options] <prog> [args...]', 'compile a program before it runs'],
  ['cache [options] <action>', 'look at the compiled code that is kept from run to run, or remove it'],
  ['help [command]', 'print help'],
])}

Options:
${columns([
  ['-V, --version', 'print the version'],
  ['-h, --help', 'print this help'],
])}
`;

const helpOf: Readonly<Record<string, () => string>> = {
  run: runHelp,
  inspect: inspectHelp,
  doctor: doctorHelp,
  compile: compileHelp,
  cache: cacheHelp,
};

/** What `args` (without the program's own name) ask for. Bad usage is a `ConfigurationError`. */
export function parseCommandLine(args: readonly string[], host: CommandLineHost): Request {
  const [command, ...rest] = args;
  try {
    switch (command) {
      case 'run':
        return parseRun(rest, host);
      case 'inspect':
        return parseInspect(rest, host);
      case 'doctor':
        return parseDoctor(rest, host);
      case 'compile':
        return parseCompile(rest, host);
      case 'cache':
        return parseCache(rest, host);
      case 'help':
      case '-h':
      case '--help':
        return answer(host, helpFor(rest[0]));
      case '-V':
      case '--version':
        return answer(host, `${host.version}\n`);
      case undefined:
        throw new UsageError('no command given');
      default:
        return unknownCommand(command);
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new ConfigurationError('bad-usage', `${error.message}; 'hospes --help' lists what there is`, {
      cause: error,
    });
  }
}

function helpFor(command: string | undefined): string {
  if (command === undefined) return generalHelp();
  return (helpOf[command] ?? unknownCommand(command))();
}

function unknownCommand(name: string): never {
  if (name.startsWith('-')) throw new UsageError(`unknown option '${name}'`);
  const near = Object.keys(helpOf).find((known) => known.startsWith(name) || name.startsWith(known));
  throw new UsageError(`unknown command '${name}'${near === undefined ? '' : ` (Did you mean ${near}?)`}`);
}

function answer(host: CommandLineHost, text: string): Answered {
  host.print(text);
  return { kind: 'answered' };
}

function pick<Table extends object, Name extends keyof Table>(table: Table, names: readonly Name[]): Pick<Table, Name> {
  return Object.fromEntries(names.map((name) => [name, table[name]])) as Pick<Table, Name>;
}

/** The last value counts where an option takes one and is given several times. */
function last<Name extends string, T>(
  values: ReadonlyMap<Name, readonly string[]>,
  name: Name,
  parse: (text: string) => T,
): T | undefined {
  const text = values.get(name)?.at(-1);
  return text === undefined ? undefined : parse(text);
}

const asIs = (text: string): string => text;

function parseRun(args: readonly string[], host: CommandLineHost): Request {
  const { values, operands, help }: ParsedOptions<typeof runOptions> = parseOptions(runOptions, args, {
    toFirstOperand: true,
  });
  if (help) return answer(host, runHelp());
  const image = last(values, 'image', asIs);
  const [program = image === undefined ? undefined : '', ...own] = operands;
  if (program === undefined) throw new UsageError("missing required argument 'prog'");
  const all = (name: 'env' | 'mount' | 'publish'): readonly string[] => values.get(name) ?? [];
  const model = last(values, 'memory-model', (text) =>
    parseChoice('--memory-model', text, ['auto', 'host', 'range', 'strict'] as const),
  );
  return {
    kind: 'run',
    program,
    args: own,
    root: last(values, 'root', asIs),
    image,
    cwd: last(values, 'cwd', asIs),
    env: variables(all('env'), host.env),
    mounts: all('mount').map((text) => parseMount('--mount', text)),
    memory: last(values, 'memory', (text) => parseSize('--memory', text)),
    accel: last(values, 'accel', (text) => parseChoice('--accel', text, ['auto', 'kvm', 'wasm'] as const)) ?? 'auto',
    memoryModel: model ?? 'auto',
    tier: last(values, 'tier', (text) => parseChoice('--tier', text, ['0', '1'] as const)) === '0' ? 0 : 1,
    compile:
      last(values, 'compile', (text) => parseChoice('--compile', text, ['background', 'sync'] as const)) ??
      'background',
    parallel: values.has('parallel'),
    codeSize: last(values, 'code-size', (text) => parseSize('--code-size', text)),
    cache: !values.has('no-cache'),
    bundle: last(values, 'bundle', asIs),
    cpu: last(values, 'cpu', (text) => parseChoice('--cpu', text, ['x86-64', 'v2', 'v3'] as const)),
    user: last(values, 'user', (text) => parseUser('--user', text)),
    timeout: last(values, 'timeout', (text) => parseDuration('--timeout', text)),
    network: last(values, 'net', (text) => parseNetwork('--net', text)),
    publish: all('publish').map((text) => parsePublish('--publish', text)),
    disk: last(values, 'disk', (text) => parseSize('--disk', text)),
    cpus: last(values, 'cpus', (text) => parseShare('--cpus', text)),
    maxOutput: last(values, 'max-output', (text) => parseSize('--max-output', text)),
    pids: last(values, 'pids', (text) => parseCount('--pids', text)),
    gpu: values.has('gpu'),
    strace: values.has('strace'),
    stats: last(values, 'stats', (text) => (text === '' ? 'table' : parseChoice('--stats', text, ['json'] as const))),
    trace: last(values, 'trace', asIs),
  };
}

function variables(texts: readonly string[], hostEnv: CommandLineHost['env']): Record<string, string> {
  const pairs = texts.map((text) => parseVariable('--env', text, hostEnv));
  return Object.fromEntries(pairs.filter((pair) => pair !== undefined));
}

function parseInspect(args: readonly string[], host: CommandLineHost): Request {
  const { values, operands, help } = parseOptions(inspectOptions, args, { toFirstOperand: false });
  if (help) return answer(host, inspectHelp());
  const [file, ...more] = operands;
  if (file === undefined) throw new UsageError("missing required argument 'file'");
  if (more.length > 0) throw new UsageError(`one file is expected, not ${String(operands.length)}`);
  const blocks = last(values, 'blocks', parseBlocks);
  const wasm = last(values, 'wasm', (text) =>
    text === '' ? 'host' : parseChoice('--wasm', text, ['host', 'range', 'strict'] as const),
  );
  if (wasm !== undefined && blocks !== undefined)
    throw new UsageError('--wasm shows a whole region; --blocks is for the other form');
  return { kind: 'inspect', file, at: last(values, 'at', asIs), blocks: blocks ?? 1, wasm };
}

function parseDoctor(args: readonly string[], host: CommandLineHost): Request {
  const { values, operands, help } = parseOptions(doctorOptions, args, { toFirstOperand: false });
  if (help) return answer(host, doctorHelp());
  if (operands.length > 0) throw new UsageError(`no argument is expected, not '${operands.join(' ')}'`);
  return { kind: 'doctor', json: values.has('json'), refresh: values.has('refresh') };
}

function parseBlocks(text: string): number {
  const blocks = Number(text);
  if (!Number.isInteger(blocks) || blocks < 1 || blocks > 1000)
    throw new ConfigurationError('bad-option', `--blocks "${text}": expected a number from 1 to 1000`);
  return blocks;
}

function parseCache(args: readonly string[], host: CommandLineHost): Request {
  const { values, operands, help } = parseOptions(cacheOptions, args, { toFirstOperand: false });
  if (help) return answer(host, cacheHelp());
  const [name, ...more] = operands;
  const known = Object.keys(cacheActions) as CacheRequest['action'][];
  const action = known.find((candidate) => candidate === name);
  if (action === undefined || more.length > 0)
    throw new UsageError(`one of ${known.join(', ')} is expected, not '${operands.join(' ')}'`);
  return { kind: 'cache', action, json: values.has('json') };
}

function parseCompile(args: readonly string[], host: CommandLineHost): Request {
  const long = args.map((arg) => (arg === '-o' ? '--output' : arg));
  const { values, operands, help } = parseOptions(compileOptions, long, { toFirstOperand: true });
  if (help) return answer(host, compileHelp());
  const own = new Set(['output', 'measure']);
  const forRun = [...values].flatMap(([name, all]) => (own.has(name) ? [] : all.map((value) => `--${name}=${value}`)));
  // What follows the program is the program's, as it was given.
  const run = parseRun([...forRun, ...args.slice(args.length - operands.length)], host);
  if (run.kind !== 'run') return run;
  return { kind: 'compile', run, output: last(values, 'output', asIs), measure: values.has('measure') };
}

/** The command line: what the arguments ask for, as a value. Nothing is run here. */
import { Command, CommanderError } from 'commander';
import type { MemoryModel, Mount, Tier, User } from '../api/types.ts';
import { ConfigurationError } from '../common/errors.ts';
import { parseChoice, parseDuration, parseMount, parseSize, parseUser, parseVariable } from './values.ts';

export interface RunRequest {
  readonly kind: 'run';
  readonly program: string;
  readonly args: readonly string[];
  readonly root: string | undefined;
  readonly cwd: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  readonly memory: number | undefined;
  readonly memoryModel: MemoryModel;
  readonly tier: Tier;
  readonly user: User | undefined;
  /** Milliseconds. */
  readonly timeout: number | undefined;
  readonly strace: boolean;
  readonly stats: boolean;
}

export interface InspectRequest {
  readonly kind: 'inspect';
  readonly file: string;
  /** A symbol's name or an address as text. */
  readonly at: string | undefined;
  readonly blocks: number;
}

/** The arguments were answered at once: help, the version. */
export interface Answered {
  readonly kind: 'answered';
}

export type Request = RunRequest | InspectRequest | Answered;

export interface CommandLineHost {
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Takes the text of `--help` and `--version`. */
  print(text: string): void;
}

const EXIT_STATUS_HELP = `
Exit status:
  the guest's own; 128 + N when signal N killed it
  124  --timeout ended it
  125  hospes was used wrongly or cannot do it
  126  PROG cannot be executed
  127  PROG, or the interpreter it names, was not found`;

/** What `args` (without the program's own name) ask for. Bad usage is a `ConfigurationError`. */
export function parseCommandLine(args: readonly string[], host: CommandLineHost): Request {
  let request: Request = { kind: 'answered' };
  const program = new Command('hospes')
    .description('Runs Linux programs built for other architectures.')
    .version(host.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .enablePositionalOptions();
  addRun(program, host, (found) => (request = found));
  addInspect(program, (found) => (request = found));
  for (const command of [program, ...program.commands])
    command.exitOverride().configureOutput({ writeOut: (text) => host.print(text), writeErr: () => undefined });
  if (args.length === 0) throw usage('no command given');
  try {
    program.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: 'answered' };
    throw usage(error.message.replace(/^error: /, '').replaceAll('\n', ' '));
  }
  return request;
}

function usage(problem: string): ConfigurationError {
  return new ConfigurationError('bad-usage', `${problem}; 'hospes --help' lists what there is`);
}

/** As commander hands them over: every value is still text. */
interface RawRunOptions {
  readonly root?: string;
  readonly cwd?: string;
  readonly env: readonly string[];
  readonly mount: readonly string[];
  readonly memory?: string;
  readonly memoryModel: string;
  readonly tier: string;
  readonly user?: string;
  readonly timeout?: string;
  readonly strace?: boolean;
  readonly stats?: boolean;
}

const collect = (value: string, former: readonly string[]): readonly string[] => [...former, value];

function addRun(parent: Command, host: CommandLineHost, found: (request: RunRequest) => void): void {
  parent
    .command('run')
    .description('run a program; options after PROG are its own')
    .option('--root <dir>', "folder of the host that becomes the guest's /; it is not changed")
    .option('--cwd <dir>', "the guest's working directory")
    .option('--env <name=value>', "add to the guest's environment; a bare NAME hands on the host's value", collect, [])
    .option('--mount <src:dst[:ro]>', 'show a folder of the host in the guest, writable unless :ro', collect, [])
    .option('--memory <size>', "most memory the guest's addresses may span, 64M to 4G (default: 4G)")
    .option('--memory-model <model>', 'how guest accesses are checked: auto, host, range or strict', 'auto')
    .option('--tier <number>', 'highest tier: 0 only interprets, 1 compiles hot code', '1')
    .option('--user <uid[:gid]>', 'ids that the guest sees (default: 0 with --root, else your own)')
    .option('--timeout <duration>', 'kill the guest after this time, such as 10s')
    .option('--strace', 'print system calls to standard error')
    .option('--stats', 'print counters to standard error at the end')
    .argument('<prog>', 'program; with --root an absolute path inside it')
    .argument('[args...]', 'its arguments')
    .addHelpText('after', EXIT_STATUS_HELP)
    .passThroughOptions()
    .action((program: string, args: string[], options: RawRunOptions) =>
      found({
        kind: 'run',
        program,
        args,
        root: options.root,
        cwd: options.cwd,
        env: variables(options.env, host.env),
        mounts: options.mount.map((text) => parseMount('--mount', text)),
        memory: options.memory === undefined ? undefined : parseSize('--memory', options.memory),
        memoryModel: parseChoice('--memory-model', options.memoryModel, ['auto', 'host', 'range', 'strict']),
        tier: parseChoice('--tier', options.tier, ['0', '1']) === '0' ? 0 : 1,
        user: options.user === undefined ? undefined : parseUser('--user', options.user),
        timeout: options.timeout === undefined ? undefined : parseDuration('--timeout', options.timeout),
        strace: options.strace === true,
        stats: options.stats === true,
      }),
    );
}

function variables(texts: readonly string[], hostEnv: CommandLineHost['env']): Record<string, string> {
  const pairs = texts.map((text) => parseVariable('--env', text, hostEnv));
  return Object.fromEntries(pairs.filter((pair) => pair !== undefined));
}

function addInspect(parent: Command, found: (request: InspectRequest) => void): void {
  parent
    .command('inspect')
    .description('show guest code as disassembly, IR and micro-ops, side by side')
    .option('--at <symbol|address>', "where to start (default: the file's entry point)")
    .option('--blocks <count>', 'how many blocks to show', '1')
    .argument('<file>', 'an ELF file of a guest')
    .action((file: string, options: { readonly at?: string; readonly blocks: string }) => {
      const blocks = Number(options.blocks);
      if (!Number.isInteger(blocks) || blocks < 1 || blocks > 1000)
        throw new ConfigurationError('bad-option', `--blocks "${options.blocks}": expected a number from 1 to 1000`);
      found({ kind: 'inspect', file, at: options.at, blocks });
    });
}

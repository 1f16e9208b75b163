// @ts-check
/**
 * Writes the code that V8 compiles for a bundle while it is used, for `src/platform/node/run-bundle.ts` to start it with.
 * Run by the build; output of the programs that run is of no interest. Argument: `command` or `thread`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const fixtures = fileURLToPath(new URL('../tests/fixtures/', import.meta.url));

/**
 * A bundle, ready to run, and what writes down the code compiled for it so far.
 *
 * @param {string} name
 */
function load(name) {
  const bundle = join(dist, 'bundle', name);
  // The same text as in src/platform/node/run-bundle.ts: V8 takes the code only for a source of the same length.
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(bundle, 'latin1')}\n})`;
  const script = new Script(source, { filename: bundle });
  const run = () => {
    const exports = {};
    script.runInThisContext()(exports, createRequire(bundle), { exports }, bundle, dirname(bundle));
    return exports;
  };
  const write = () => writeFileSync(`${bundle}.${process.versions.v8}-${process.arch}`, script.createCachedData());
  return { bundle, run, write };
}

/** The command runs a program of which code is kept, in a folder of its own, from a run before. */
function writeCommand() {
  const { bundle, run, write } = load('cli/command.cjs');
  const folder = mkdtempSync(join(tmpdir(), 'hospes-build-'));
  process.env['XDG_CACHE_HOME'] = folder;
  const args = ['run', '--root', join(fixtures, 'riscv64'), '/mandelbrot'];
  spawnSync(process.execPath, [join(dist, 'cli', 'main.js'), ...args], { stdio: 'ignore' });
  process.argv = [process.execPath, bundle, ...args];
  process.on('exit', (status) => {
    rmSync(folder, { recursive: true, force: true });
    // V8 takes the code only under the flags of when it was written, and at the begin this one is not set.
    if (Number.parseInt(process.versions.v8) === 11) setFlagsFromString('--no-experimental-wasm-relaxed-simd');
    if (status === 0) write();
  });
  run();
}

/** Programs with some code that is hot for a while. */
const PROGRAMS = ['torture', 'floats', 'sha256'];

/** The service compiles code of all guests, which run in this thread beside it. */
async function writeThread() {
  const { run, write } = load('thread/compile-service.cjs');
  const service = /** @type {typeof import('../src/api/compile-service.ts')} */ (run());
  /** @type {typeof import('../src/api/process.ts')} */
  const { startProgram } = await import(join(dist, 'api', 'process.js'));
  /** @type {typeof import('../src/api/streams.ts')} */
  const { CapturedOutput, FedInput } = await import(join(dist, 'api', 'streams.js'));
  /** @type {typeof import('../src/platform/node/node-platform.ts')} */
  const { createNodePlatform } = await import(join(dist, 'platform', 'node', 'node-platform.js'));
  const compiler = new service.CompileService(() => process.hrtime.bigint());
  for (const guest of ['riscv64', 'aarch64', 'x64']) {
    await compiler.load({ name: guest, cpu: '' });
    for (const name of PROGRAMS) {
      const stdin = new FedInput();
      stdin.push(new Uint8Array(100_000));
      stdin.end();
      const platform = {
        ...createNodePlatform(),
        ...{ stdin, stdout: new CapturedOutput(), stderr: new CapturedOutput() },
        startCompileThread: () => inThisThread(compiler),
      };
      const bytes = new Uint8Array(readFileSync(join(fixtures, guest, name)));
      await (
        await startProgram({ platform }, { path: `/${name}`, bytes })
      ).exited;
    }
  }
  write();
}

/**
 * @param {import('../src/api/compile-service.ts').CompileService} compiler
 * @returns {import('../src/platform/types.ts').CompileThread}
 */
function inThisThread(compiler) {
  /** @type {unknown[]} */
  const replies = [];
  return {
    hasFailed: false,
    get hasReply() {
      return replies.length > 0;
    },
    // Nobody changes what was sent.
    send: (message) => {
      const reply = compiler.handle(/** @type {Parameters<typeof compiler.handle>[0]} */ (message));
      if (reply !== null) replies.push(reply);
    },
    receive: () => replies.shift(),
    close: () => undefined,
  };
}

if (process.argv[2] === 'command') writeCommand();
else await writeThread();

/** The `hospes` command: what it does with its arguments. `main.ts` starts it from the bundle that the build makes. */
import { writeSync } from 'node:fs';
import { packageVersion } from '../platform/node/package-version.ts';
import { parseCommandLine, type CommandLineHost, type Request } from './command-line.ts';
import { report } from './report.ts';

const debug = (process.env['HOSPES_DEBUG'] ?? '') !== '';

/** A line for the user. Nobody may be reading; that is no reason to fail. */
function complain(text: string): void {
  try {
    writeSync(2, `${text}\n`);
  } catch {
    // Standard error is closed.
  }
}

/** Output of our own (help, inspect). It may go to a pipe that closes early, as `hospes inspect | head` does. */
function print(text: string): void {
  process.stdout.on('error', () => undefined);
  process.stdout.write(text);
}

async function execute(request: Request): Promise<number> {
  switch (request.kind) {
    case 'answered':
      return 0;
    case 'run': {
      const { runCommand } = await import('./run.ts');
      const status = await runCommand(request, complain);
      // All output is written. Node would still wait for V8's compiler threads, whose work nobody wants any more.
      return process.exit(status);
    }
    case 'inspect': {
      const { inspectCommand } = await import('./inspect.ts');
      return inspectCommand(request, print);
    }
    case 'doctor': {
      const { doctorCommand } = await import('./doctor.ts');
      return doctorCommand(request, print);
    }
    case 'compile': {
      const { compileCommand } = await import('./compile.ts');
      return process.exit(await compileCommand(request, complain));
    }
    case 'cache': {
      const { cacheCommand } = await import('./cache.ts');
      return cacheCommand(request, print);
    }
  }
}

const host: CommandLineHost = {
  get version() {
    return packageVersion();
  },
  env: process.env,
  print,
};

async function main(): Promise<number> {
  try {
    return await execute(parseCommandLine(process.argv.slice(2), host));
  } catch (error) {
    const { text, status } = report(error, debug);
    complain(text);
    return status;
  }
}

// The bundle is a CommonJS script, which cannot wait at its top level. `main` never rejects.
void main().then((status) => (process.exitCode = status));

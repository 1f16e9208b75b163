/** `hospes compile`: a program and its libraries before they run. */
import { compileProgram, type CompiledProgram } from '../api/compile/compile-program.ts';
import { measureCoverage, type Coverage } from '../api/compile/coverage.ts';
import { UnsupportedError } from '../common/errors.ts';
import { CodeFiles, translatorVersion, writeBundle } from '../platform/node/code-store.ts';
import { createNodePlatform } from '../platform/node/node-platform.ts';
import { prebuiltModules } from '../platform/node/prebuilt.ts';
import type { CompileRequest } from './command-line.ts';
import { EXIT_STATUS } from './exit-status.ts';
import { startRequest } from './run.ts';
import { bytesText } from './text.ts';

/** Nanoseconds between two lines about how far it is. */
const INTERVAL = 2_000_000_000n;

/** Compiles what is asked for; `complain` takes lines for standard error. */
export async function compileCommand(request: CompileRequest, complain: (line: string) => void): Promise<number> {
  const version = translatorVersion();
  if (version === null)
    throw new UnsupportedError('not-built', 'code is kept for the version of Hospes that was built; run npm run build');
  const platform = createNodePlatform();
  const start = startRequest(request.run, complain);
  const begun = platform.clock.monotonic();
  let next = begun + INTERVAL;
  const compiled = await compileProgram({ platform, prebuilt: prebuiltModules }, start, version, (progress) => {
    const now = platform.clock.monotonic();
    if (now < next) return;
    next = now + INTERVAL;
    complain(`hospes: ${count(progress.done)} of ${count(progress.known)} places, ${bytesText(progress.bytes)}`);
  });
  const seconds = Number(platform.clock.monotonic() - begun) / 1e9;
  const { key, bytes } = compiled.bundle;
  if (request.output === undefined) keep(key, bytes);
  else writeBundle(request.output, compiled.bundle);
  for (const line of reportLines(compiled, seconds)) complain(line);
  if (request.measure)
    for (const line of coverageLines(await measureCoverage({ platform, prebuilt: prebuiltModules }, start, compiled)))
      complain(line);
  return EXIT_STATUS.SUCCESS;
}

/** Puts it into the cache, which leaves out what it has no room for; here that is all that was asked for. */
function keep(key: string, bytes: Uint8Array): void {
  const files = new CodeFiles();
  files.write(key, bytes);
  if (files.read(key) === null)
    throw new UnsupportedError(
      'cache-full',
      `the code, ${bytesText(bytes.length)}, could not be kept in ${files.folder}; give a file with -o`,
    );
}

function reportLines({ report, bundle, images }: CompiledProgram, seconds: number): string[] {
  const { functions, regions, modules, guestInstructions, codeBytes, wasmBytes, jumps, tables } = report;
  return [
    ...images.map(({ path, bias }) => `hospes: ${path} at 0x${bias.toString(16)}`),
    `hospes: ${count(functions)} functions found, ${count(regions)} regions of ${count(guestInstructions)} instructions compiled in ${seconds.toFixed(1)} s`,
    `hospes: ${bytesText(codeBytes)} of guest code, ${bytesText(wasmBytes)} of WebAssembly in ${count(modules)} modules, ${bytesText(bundle.bytes.length)} in all`,
    `hospes: tables found for ${count(tables)} of ${count(jumps)} indirect jumps`,
  ];
}

function coverageLines({ instructions, covered, compiled, outcome, isSame }: Coverage): string[] {
  const share = (part: number): string => `${((part / instructions) * 100).toFixed(1)} %`;
  return [
    `hospes: ended with ${outcome}; of ${count(instructions)} instructions ${share(covered)} were compiled ahead; without other compiled code, ${share(compiled)} run in it`,
    ...(isSame ? [] : ['hospes: with that code, the program ended in another way or wrote something else']),
  ];
}

function count(value: number): string {
  return String(value).replaceAll(/\B(?=(?:\d{3})+$)/g, ' ');
}

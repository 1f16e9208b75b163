// @ts-check
/**
 * `npm run bench:cache`: short programs of Debian with an empty cache of compiled code and with a filled one, on all guests: wall
 * and CPU time of whole processes, and what of it goes into translating for tier 0 and into compiling. Results go to
 * bench/results/.
 *
 *   npm run bench:cache -- [--runs 3] [--arch riscv64,arm64,amd64] [--program NAME]
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { debianRoot } from '../../scripts/debian-root.mjs';
import { BenchError, loadNow, machine, median } from '../measure.mjs';

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    arch: { type: 'string', default: 'riscv64,arm64,amd64' },
    program: { type: 'string', default: '' },
  },
});
const runs = Number(options.runs);
const root = fileURLToPath(new URL('../../', import.meta.url));
const main = join(root, 'dist/cli/main.js');
/** Runs after which there is little left to compile. */
const FILLING = 6;
const packages = ['python3-minimal', 'python3', 'bash', 'perl', 'gcc', 'libc6-dev', 'coreutils'];

/** @type {Readonly<Record<string, readonly string[]>>} */
const programs = {
  python: ['/usr/bin/python3', '-c', 'pass'],
  bash: ['/usr/bin/bash', '-c', ':'],
  perl: ['/usr/bin/perl', '-e', '1'],
  loop: ['/usr/bin/perl', '-e', 'my $s = 0; for (my $i = 0; $i < 3000000; $i++) { $s += $i % 7 } print "$s\\n"'],
  gcc: ['/usr/bin/gcc', '-c', '-o', '/tmp/small.o', '/work/small.c'],
};

/**
 * One run: seconds of wall and CPU time, those of them that translating and compiling took, and what it printed.
 *
 * @param {string} folder of the cache
 * @param {string} debian
 * @param {readonly string[]} command
 * @param {string} work
 */
function once(folder, debian, command, work) {
  const script = 'TIMEFORMAT="%3R %3U %3S"; time "$@"';
  const hospes = [process.execPath, main, 'run', '--stats=json', '--root', debian, '--mount', `${work}:/work:ro`];
  const result = spawnSync('bash', ['-c', script, 'bash', ...hospes, ...command], {
    env: { ...process.env, XDG_CACHE_HOME: folder, LC_ALL: 'C' },
    encoding: 'utf8',
  });
  const lines = result.stderr.trimEnd().split('\n');
  const times = /^(\d+\.\d+) (\d+\.\d+) (\d+\.\d+)$/.exec(lines.pop() ?? '');
  const counters = lines.pop() ?? '';
  if (result.status !== 0 || times === null || !counters.startsWith('{'))
    throw new BenchError(`${command.join(' ')}: status ${String(result.status)}: ${lines.join(' ')} ${counters}`);
  const { engine } = JSON.parse(counters);
  return {
    wall: Number(times[1]),
    cpu: Number(times[2]) + Number(times[3]),
    translate: engine.translateTime / 1e9,
    compile: engine.compileTime / 1e9,
    output: result.stdout,
  };
}

/** @typedef {'wall' | 'cpu' | 'translate' | 'compile'} Figure */
/** @type {readonly Figure[]} */
const figures = ['wall', 'cpu', 'translate', 'compile'];

/** Medians. @param {readonly ReturnType<typeof once>[]} measured @returns {Record<Figure, number>} */
const summary = (measured) => ({
  wall: median(measured.map(({ wall }) => wall)),
  cpu: median(measured.map(({ cpu }) => cpu)),
  translate: median(measured.map(({ translate }) => translate)),
  compile: median(measured.map(({ compile }) => compile)),
});

/** @param {string} debian @param {string} name */
function measure(debian, name) {
  const command = programs[name] ?? [];
  const work = mkdtempSync(join(tmpdir(), 'hospes-bench-work-'));
  const folder = mkdtempSync(join(tmpdir(), 'hospes-bench-cache-'));
  try {
    writeFileSync(join(work, 'small.c'), '#include <stdio.h>\nint main(void) { printf("%d\\n", 42); return 0; }\n');
    const cold = [];
    for (let run = 0; run < runs; run++) {
      rmSync(folder, { recursive: true, force: true });
      cold.push(once(folder, debian, command, work));
    }
    for (let run = 0; run < FILLING - 1; run++) once(folder, debian, command, work);
    const warm = Array.from({ length: runs }, () => once(folder, debian, command, work));
    if (new Set([...cold, ...warm].map(({ output }) => output)).size > 1)
      throw new BenchError(`${name} prints something else with a filled cache`);
    return { cold: summary(cold), warm: summary(warm) };
  } finally {
    rmSync(work, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  }
}

const loadBefore = loadNow();
/** @type {Record<string, Record<string, ReturnType<typeof measure>>>} */
const results = {};
for (const arch of options.arch.split(',')) {
  const debian = debianRoot({ arch, packages });
  const rows = (results[arch] = /** @type {Record<string, ReturnType<typeof measure>>} */ ({}));
  for (const name of Object.keys(programs).filter((each) => options.program === '' || each === options.program)) {
    const { cold, warm } = (rows[name] = measure(debian, name));
    const spent = (/** @type {typeof cold} */ { translate, compile }) => translate + compile;
    const columns = figures.map((figure) => `${figure} ${cold[figure].toFixed(2)} -> ${warm[figure].toFixed(2)} s`);
    console.log(
      `${arch} ${name}: ${columns.join(', ')}; translating and compiling ${((1 - spent(warm) / spent(cold)) * 100).toFixed(0)} % less`,
    );
  }
}
if (options.program === '') {
  const folder = join(root, 'bench/results');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `cache-node${process.versions.node.split('.')[0] ?? ''}.json`);
  const report = { node: process.version, runs, filling: FILLING, machine: machine(loadBefore), seconds: results };
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`written to ${file}`);
}

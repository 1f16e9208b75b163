// @ts-check
/**
 * Runs a program under the Linux personality, by the oracle or by tier 0, with nothing of the host in reach and a clock
 * that counts its readings. As a command, `node run.mjs FILE [SCALE] --instructions COUNT`, runs the oracle for so many
 * guest instructions and prints as JSON how many it ran and the CPU seconds they took.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { OracleVcpu } from './vcpu.mjs';

const dist = new URL('../../dist/', import.meta.url).href;
/** @type {typeof import('../../src/api/streams.ts')} */
const { CapturedOutput, FedInput } = await import(`${dist}api/streams.js`);
/** @type {typeof import('../../src/api/file-tree.ts')} */
const { addProgram, buildFileTree } = await import(`${dist}api/file-tree.js`);
/** @type {typeof import('../../src/api/guests.ts')} */
const { guestFor } = await import(`${dist}api/guests.js`);
/** @type {typeof import('../../src/engine/vcpu.ts')} */
const { Vcpu } = await import(`${dist}engine/vcpu.js`);
/** @type {typeof import('../../src/linux/index.ts')} */
const { createProcess, ProcessList } = await import(`${dist}linux/index.js`);
/** @type {typeof import('../../src/platform/node/node-platform.ts')} */
const { createNodePlatform } = await import(`${dist}platform/node/node-platform.js`);

const PATH = '/program';

/**
 * @typedef {object} RunOptions
 * @property {Uint8Array} program
 * @property {readonly string[]} [args]
 * @property {Uint8Array} [stdin]
 * @property {'oracle' | 'tier 0'} by
 * @property {number} [instructions] guest instructions at most
 */

/** Runs a program to its end, or to the limit. @param {RunOptions} options */
export async function runProgram({ program, args = [], stdin = new Uint8Array(), by, instructions }) {
  const input = new FedInput();
  input.push(stdin);
  input.end();
  const output = { stdout: new CapturedOutput(), stderr: new CapturedOutput() };
  let readings = 0n;
  const now = () => (readings += 1000n);
  const platform = {
    ...createNodePlatform(),
    stdin: input,
    ...output,
    clock: { realtime: now, monotonic: now },
    random: (/** @type {Uint8Array} */ bytes) => void bytes.fill(0x5a),
  };
  const processes = new ProcessList();
  const machine = {
    ...{ osRelease: '6.12.0-hospes', osVersion: '#1 SMP', cpus: 1, cpuInfo: '', memoryTotal: 2 ** 30 },
    ...{
      hostname: () => 'hospes',
      domainname: () => '(none)',
      setName: () => undefined,
      memoryFree: () => 2 ** 29,
      cpuTime: () => 0n,
    },
  };
  const user = { uid: 0, gid: 0 };
  const { vfs, dev } = buildFileTree({ platform, root: undefined, mounts: [], user, processes, machine });
  addProgram(vfs, PATH, program);
  const { guest, abi } = guestFor(PATH, () => program);
  const inputs = { clock: now, random: () => 0x5a5a5a5a5a5a5a5an };
  const process = createProcess({
    ...{ abi, vfs, dev, platform, processes, program: PATH, env: {}, user },
    createVcpu: (memory) =>
      by === 'oracle' ? new OracleVcpu({ guest, memory, ...inputs }) : new Vcpu({ guest, memory, ...inputs }),
    argv: ['program', ...args],
    ...(instructions === undefined ? {} : { limits: { instructions } }),
  });
  const exit = await process.run();
  const text = (/** @type {import('../../src/api/streams.ts').CapturedOutput} */ stream) =>
    Buffer.from(stream.bytes()).toString('latin1');
  const counted = process.counters().instructions;
  return { exit, stdout: text(output.stdout), stderr: text(output.stderr), instructions: counted };
}

async function main() {
  const { values, positionals } = parseArgs({
    options: { instructions: { type: 'string', default: '10000000' } },
    allowPositionals: true,
  });
  const [file = '', ...args] = positionals;
  const program = new Uint8Array(readFileSync(file));
  const before = process.cpuUsage();
  const { instructions, exit } = await runProgram({
    ...{ program, args, by: /** @type {const} */ ('oracle') },
    instructions: Number(values.instructions),
  });
  if (exit.kind === 'signal') throw new Error(`${file} was killed by ${exit.name}`);
  const { user, system } = process.cpuUsage(before);
  console.log(JSON.stringify({ instructions, seconds: (user + system) / 1e6 }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();

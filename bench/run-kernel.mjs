// @ts-check
/**
 * One benchmark kernel on a bare vCPU, in tier 0 and no other: `node run-kernel.mjs FILE [SCALE]`. Prints as JSON the guest
 * instructions, how many of them ran compiled (none may), this process's CPU seconds and what the kernel wrote.
 */
import { readFileSync } from 'node:fs';

const dist = new URL('../dist/', import.meta.url).href;
/** @type {typeof import('../src/engine/vcpu.ts')} */
const { Vcpu } = await import(`${dist}engine/vcpu.js`);
/** @type {typeof import('../src/guest/riscv64/index.ts')} */
const { riscv64 } = await import(`${dist}guest/riscv64/index.js`);
/** @type {typeof import('../src/memory/guest-memory.ts')} */
const { GuestMemory } = await import(`${dist}memory/guest-memory.js`);
/** @type {typeof import('../src/platform/node/prebuilt.ts')} */
const { prebuiltModules } = await import(`${dist}platform/node/prebuilt.js`);

const PAGE = 4096;
const STACK_TOP = 0x8000000;
const STACK_SIZE = 1 << 20;
const WRITE = 64;
const EXIT_GROUP = 94;

const file = readFileSync(process.argv[2] ?? '');
const memory = GuestMemory.create(1 << 28);
const permit = (/** @type {number} */ from, /** @type {number} */ to, /** @type {number} */ bits) => {
  const { permissions } = memory.layout;
  memory.bytes.fill(bits, permissions + Math.floor(from / PAGE), permissions + Math.ceil(to / PAGE));
};
const headers = Number(file.readBigUInt64LE(32));
for (let index = 0; index < file.readUInt16LE(56); index++) {
  const at = headers + index * 56;
  if (file.readUInt32LE(at) !== 1) continue;
  const flags = file.readUInt32LE(at + 4);
  const [offset, address, , size, memorySize] = [8, 16, 24, 32, 40].map((o) => Number(file.readBigUInt64LE(at + o)));
  if (offset === undefined || address === undefined || size === undefined || memorySize === undefined) continue;
  memory.bytes.set(file.subarray(offset, offset + size), address);
  // ELF: execute 1, write 2, read 4; the permission table: read 1, write 2, execute 4.
  permit(address, address + memorySize, ((flags >> 2) & 1) | (flags & 2) | ((flags & 1) << 2));
}
permit(STACK_TOP - STACK_SIZE, STACK_TOP, 3);

const x = (/** @type {number} */ number) => riscv64.state.slot(`x${String(number)}`);
// `strict` is what `hospes run` uses unless told otherwise.
const vcpu = new Vcpu({
  guest: riscv64,
  memory,
  memoryModel: 'strict',
  tier: 0,
  clock: () => 0n,
  prebuilt: prebuiltModules,
});
vcpu.pc = Number(file.readBigUInt64LE(24));
// argc, argv[0], argv[1] (the scale), no environment.
const scale = process.argv[3] ?? '1';
memory.bytes.set(Buffer.from(`kernel\0${scale}\0`), STACK_TOP - 64);
for (const [index, word] of [2, STACK_TOP - 64, STACK_TOP - 57, 0, 0].entries())
  memory.view.setBigUint64(STACK_TOP - 128 + index * 8, BigInt(word), true);
vcpu.setI64(x(2), STACK_TOP - 128);
let output = '';
const before = process.cpuUsage();
for (let ended = false; !ended;) {
  const exit = vcpu.run(1e12);
  if (exit.kind !== 'syscall') throw new Error(`the kernel stopped: ${exit.kind}`);
  const call = vcpu.getI64(x(17));
  if (call === EXIT_GROUP) ended = true;
  else if (call === WRITE) {
    const from = vcpu.getI64(x(11));
    output += Buffer.from(memory.bytes.subarray(from, from + vcpu.getI64(x(12)))).toString('latin1');
    vcpu.setI64(x(10), vcpu.getI64(x(12)));
  } else throw new Error(`the kernel made system call ${String(call)}`);
}
const { user, system } = process.cpuUsage(before);
const { instructions, compiledInstructions } = vcpu.stats;
const seconds = (user + system) / 1e6;
console.log(JSON.stringify({ instructions, compiled: compiledInstructions, seconds, output }));

// @ts-check
/**
 * A kernel that was compiled to WebAssembly: `node run-wasm.mjs FILE SCALE`. It makes the two system calls that kernels
 * need, by the generic table's numbers.
 */
import { readFileSync, writeSync } from 'node:fs';

const WRITE = 64n;
const EXIT_GROUP = 94n;

class Exit {
  /** @param {bigint} status */
  constructor(status) {
    this.status = Number(status);
  }
}

const [file = '', scale = '1'] = process.argv.slice(2);
const module = new WebAssembly.Module(readFileSync(file));
const { exports } = new WebAssembly.Instance(module, {
  env: {
    /** @param {bigint} number @param {bigint} a @param {bigint} b @param {bigint} c */
    syscall(number, a, b, c) {
      if (number === EXIT_GROUP) throw new Exit(a);
      if (number !== WRITE) throw new Error(`the kernel made system call ${String(number)}`);
      const { buffer } = /** @type {WebAssembly.Memory} */ (exports['memory']);
      return BigInt(writeSync(Number(a), new Uint8Array(buffer, Number(b), Number(c))));
    },
  },
});
try {
  /** @type {(scale: number) => void} */ (exports['start'])(Number(scale));
} catch (error) {
  if (!(error instanceof Exit)) throw error;
  process.exitCode = error.status;
}

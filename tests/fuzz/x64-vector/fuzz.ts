/** Random vector and x87 instructions on the host's own processor and in Hospes; see main.mjs. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from '../../../src/fp/testing/random.ts';
import { disassemble } from '../../../src/guest/x64/disassemble.ts';
import type { Row } from '../../../src/guest/x64/notation.ts';
import { exceptionFor } from './exceptions.ts';
import { randomRecord, rowsMatching } from './generator.ts';
import { Machine } from './machine.ts';
import { fields, fieldText, INPUT, OUTPUT, STATE } from './state.ts';

export interface FuzzOptions {
  readonly seed: number;
  readonly count: number;
  readonly rows: RegExp;
  readonly model: 'strict' | 'range';
  readonly tier: 0 | 1;
  /** Unmasks exceptions of MXCSR at times. */
  readonly unmasks: boolean;
  /** Differences to show. */
  readonly show: number;
}

const BATCH = 2000;
/** Cases after which a vCPU has learnt that code on its only page does not stay, and what it speculates on does not hold. */
const RENEWAL = 50;

/** The processor, by the program in native.c. Null where it cannot be built or run. */
export class Native {
  readonly #folder = mkdtempSync(join(tmpdir(), 'hospes-native-'));
  readonly #program = join(this.#folder, 'native');
  /** Why there is none. */
  readonly reason: string | null;

  constructor() {
    const source = fileURLToPath(new URL('native.c', import.meta.url));
    const built = spawnSync('cc', ['-O1', '-w', '-o', this.#program, source]);
    this.reason = process.arch !== 'x64' ? 'the host is no x64' : built.status === 0 ? null : 'no C compiler';
  }

  run(records: readonly Buffer[]): Buffer[] {
    const input = Buffer.concat(records);
    const { stdout } = spawnSync(this.#program, [], { input, maxBuffer: OUTPUT.SIZE * records.length + 4096 });
    if (stdout.length !== OUTPUT.SIZE * records.length)
      throw new Error(`the native program stopped after ${String(stdout.length / OUTPUT.SIZE)} instructions`);
    return records.map((_, index) => stdout.subarray(index * OUTPUT.SIZE, (index + 1) * OUTPUT.SIZE));
  }

  close(): void {
    rmSync(this.#folder, { recursive: true });
  }
}

export function codeText(record: Buffer): string {
  const at = (pc: number): number => record[INPUT.CODE + pc] ?? -1;
  const text = disassemble({ readU8: at, readU16: at }, 0)?.text ?? '?';
  return `${record.subarray(INPUT.CODE, INPUT.CODE + record.readUInt32LE(INPUT.LENGTH)).toString('hex')} ${text}`;
}

/** What differs between two outputs, as lines. */
export function differences(row: Row, record: Buffer, ours: Buffer, theirs: Buffer): string[] {
  const exception = exceptionFor(row.name);
  const signals = [ours, theirs].map((output) => output.readInt32LE(OUTPUT.SIGNAL));
  const lines = signals[0] === signals[1] ? [] : [`signal ${String(signals[0])}, native ${String(signals[1])}`];
  const [mine, other] = [ours.subarray(OUTPUT.STATE), theirs.subarray(OUTPUT.STATE)];
  for (const field of fields) {
    const [left, right] = [fieldText(mine, field), fieldText(other, field)];
    if (left === right || exception?.allows(field.name, left, right, record) === true) continue;
    lines.push(`${field.name} ${left}, native ${right}`);
  }
  return lines;
}

/** Runs until `count` instructions went through or `show` differences are found; gives how many there were. */
export function fuzz(options: FuzzOptions, print: (line: string) => void): number {
  const random = new Random(options.seed);
  const rows = rowsMatching(options.rows);
  const native = new Native();
  let machine = new Machine(options.model, options.tier);
  const retired = { all: 0, compiled: 0 };
  const countRetired = (): void => {
    const { all, compiled } = machine.retired;
    retired.all += all;
    retired.compiled += compiled;
  };
  let [done, found] = [0, 0];
  try {
    for (; done < options.count && found < options.show; done += BATCH) {
      const cases = Array.from({ length: BATCH }, () => {
        const row = random.pick(rows);
        return { row, record: randomRecord(random, row, options.unmasks) };
      });
      const outputs = native.run(cases.map(({ record }) => record));
      for (const [index, { row, record }] of cases.entries()) {
        if (options.tier === 1 && index % RENEWAL === 0) {
          countRetired();
          machine = new Machine(options.model, options.tier);
        }
        const lines = differences(row, record, machine.run(record), outputs[index] ?? Buffer.alloc(OUTPUT.SIZE));
        if (lines.length === 0 || found >= options.show) continue;
        found++;
        const state = record.subarray(INPUT.STATE);
        const control = [STATE.MXCSR, STATE.CONTROL, STATE.STATUS, STATE.TAGS].map((at) =>
          state.readUInt16LE(at).toString(16),
        );
        print(`${codeText(record)}\n  mxcsr fcw fsw ftw: ${control.join(' ')}\n  ${lines.join('\n  ')}`);
      }
    }
  } finally {
    native.close();
  }
  countRetired();
  print(`${String(retired.all)} retired, ${String(retired.compiled)} of them in compiled regions`);
  print(`${String(done)} instructions of ${String(rows.length)} rows, ${String(found)} differences`);
  return found;
}

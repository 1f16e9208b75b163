/** Comparison and classification in the extended format (SDM volume 1, 8.3.6; volume 2, FCOM, FXAM). */
import { FP_ENV } from '../fp-env.ts';
import { STATUS, type ExtendedEnvironment } from './environment.ts';
import { decodeExtended, type Extended, type Operand } from './format.ts';
import { noteDenormals } from './nan.ts';

/** As the row `relation`: 1 less, 2 equal, 4 greater, 8 unordered. A quiet NaN is invalid where `signaling`. */
export function relation(a: Extended, b: Extended, signaling: boolean, env: ExtendedEnvironment): number {
  const operands = [decodeExtended(a), decodeExtended(b)] as const;
  const [x, y] = operands;
  const isQuiet = operands.every(({ kind }) => kind !== 'signaling' && kind !== 'unsupported');
  if (!isQuiet || operands.some(({ kind }) => kind === 'quiet')) {
    if (signaling || !isQuiet) env.fp.raise(FP_ENV.INVALID);
    return 8;
  }
  noteDenormals(env, x, y);
  const order = compareNumbers(x, y);
  return order < 0 ? 1 : order === 0 ? 2 : 4;
}

function compareNumbers(x: Operand, y: Operand): number {
  const [p, q] = [rank(x), rank(y)];
  return p < q ? -1 : p > q ? 1 : 0;
}

/** Orders numbers as their values. */
function rank(x: Operand): bigint {
  if (x.kind === 'zero') return 0n;
  const field = BigInt(Math.max(x.encoding.high & 0x7fff, 1));
  const magnitude = (field << 64n) | x.encoding.significand;
  return x.negative ? -magnitude : magnitude;
}

const classes = {
  unsupported: 0,
  signaling: STATUS.C0,
  quiet: STATUS.C0,
  infinity: STATUS.C2 | STATUS.C0,
  zero: STATUS.C3,
  finite: STATUS.C2,
} as const;

/** Condition codes of `fxam`. */
export function examine(a: Extended, isEmpty: boolean): number {
  const x = decodeExtended(a);
  const sign = (a.high & 0x8000) === 0 ? 0 : STATUS.C1;
  if (isEmpty) return sign | STATUS.C3 | STATUS.C0;
  if (x.isDenormal) return sign | STATUS.C3 | STATUS.C2;
  return sign | classes[x.kind];
}

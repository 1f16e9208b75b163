/** The host functions that emitted code imports for what it does not compute itself. */
import { defined } from '../common/assert.ts';
import { FpEnvironment } from './environment.ts';
import { runExtendedAt } from './extended/boundary.ts';
import { ROUNDING } from './fp-env.ts';
import { softOps } from './soft-ops.ts';

/** Offset of the environment word in a vCPU block. */
const ENV_OFFSET = 0;

/** Runs a soft operation in the environment of the vCPU block at `vcpu`, raising its flags there. */
function runSoft(view: DataView, operation: number, vcpu: number, a: bigint, b: bigint, c: bigint): bigint {
  const op = defined(softOps[operation & 0xff], 'a soft opcode out of range');
  const address = (vcpu >>> 0) + ENV_OFFSET;
  const word = view.getInt32(address, true);
  const env = new FpEnvironment(word);
  const rounding = operation >> 8;
  if (rounding !== ROUNDING.DYNAMIC) env.rounding = rounding;
  const result = op.run(BigInt.asUintN(op.width, a), BigInt.asUintN(op.width, b), BigInt.asUintN(op.width, c), env);
  if ((word | env.flags) !== word) view.setInt32(address, word | env.flags, true);
  return result;
}

/**
 * The functions to import, by the name of their row in `runtimeFunctions`. `view` gives the linear memory that holds
 * the vCPU blocks; it is asked at each call, because memory may grow.
 */
export function createFpImports(view: () => DataView): {
  readonly 'fp.soft1': (a: bigint, operation: number, vcpu: number) => bigint;
  readonly 'fp.soft2': (a: bigint, b: bigint, operation: number, vcpu: number) => bigint;
  readonly 'fp.soft3': (a: bigint, b: bigint, c: bigint, operation: number, vcpu: number) => bigint;
  readonly 'fp.f80.soft': (
    lowA: bigint,
    highA: bigint,
    lowB: bigint,
    highB: bigint,
    operation: number,
    vcpu: number,
  ) => bigint;
} {
  return {
    'fp.soft1': (a, operation, vcpu) => runSoft(view(), operation, vcpu, a, 0n, 0n),
    'fp.soft2': (a, b, operation, vcpu) => runSoft(view(), operation, vcpu, a, b, 0n),
    'fp.f80.soft': (lowA, highA, lowB, highB, operation, vcpu) =>
      runExtendedAt(view(), [lowA, highA], [lowB, highB], operation, vcpu),
    'fp.soft3': (a, b, c, operation, vcpu) => runSoft(view(), operation, vcpu, a, b, c),
  };
}

/**
 * Functions that templates of the operation table call: the medium path of floating point in WebAssembly, and the
 * imports behind it, which `createFpImports` supplies.
 */
import { extendedFormatFunctions } from './wasm/extended-format.ts';
import { arithmeticFunctions } from './wasm/arithmetic.ts';
import { compareFunctions } from './wasm/compare.ts';
import { convertFunctions } from './wasm/convert.ts';
import { denormalFunctions } from './wasm/denormal.ts';
import { extendedFunctions } from './wasm/extended.ts';
import { fusedFunctions } from './wasm/fused.ts';
import type { RuntimeFunction, RuntimeFunctions } from './wasm/text.ts';
import { vectorConvertFunctions } from './wasm/vector-convert.ts';
import { vectorFunctions } from './wasm/vector.ts';

function softImport(arity: number): RuntimeFunction {
  const operands = Array.from({ length: arity }, () => 'i64' as const);
  return {
    kind: 'import',
    params: [...operands, 'i32', 'i32'],
    results: ['i64'],
    summary: 'Soft-float: operands, then soft opcode and rounding operand (bits 8 to 10), then the vCPU block.',
  };
}

export const fpFunctions: RuntimeFunctions = {
  'fp.soft1': softImport(1),
  'fp.soft2': softImport(2),
  'fp.soft3': softImport(3),
  ...extendedFormatFunctions,
  ...arithmeticFunctions,
  ...fusedFunctions,
  ...convertFunctions,
  ...compareFunctions,
  ...denormalFunctions,
  ...vectorFunctions,
  ...vectorConvertFunctions,
  ...extendedFunctions,
};

/**
 * Exact IEEE 754 arithmetic over encodings held in BigInts. The slowest exact path, taken where native arithmetic
 * cannot tell the result or the flags, and the oracle of the faster ones.
 */
export { FpEnvironment } from './environment.ts';
export { f16, f32, f64, type FloatFormat } from './format.ts';
export { add, div, fma, mul, sqrt, sub } from './arithmetic.ts';
export { FP_CLASS, classify, compare, maximumNumber, minimumNumber, type Comparison } from './compare.ts';
export {
  convert,
  convertFromHalf,
  convertToHalf,
  fromInteger,
  roundToIntegral,
  roundToIntegralExact,
  toInteger,
  type IntegerType,
} from './convert.ts';

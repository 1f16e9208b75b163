/**
 * The extended format in WebAssembly: what is common is done here, the rest by the import. Values are 128 bits: the
 * encoding in the low 80, then a 1 where the register is not empty.
 */
import { EXTENDED_ENV, EXTENDED_HIGH, FULL, WAS_DENORMAL } from '../extended/boundary.ts';
import { STATUS } from '../extended/environment.ts';
import { extendedOpcode } from '../extended/operations.ts';
import {
  floatText,
  templateFunction,
  type FloatText,
  type ParameterType,
  type RuntimeFunction,
  type RuntimeFunctions,
} from './text.ts';

const softImport: RuntimeFunction = {
  kind: 'import',
  params: ['i64', 'i64', 'i64', 'i64', 'i32', 'i32'],
  results: ['i64'],
  summary: 'Extended format: the halves of two operands, opcode with immediate from bit 8 on, then the vCPU block.',
};

const halves = (operand: string): string => `${operand} i64x2.extract_lane 0 ${operand} i64x2.extract_lane 1`;
const NOTHING = 'i64.const 0 i64.const 0';

/** Pushes the extended value that the import left behind; the low half is on the stack. */
const pushResult = (vcpu: string): string =>
  `i64x2.splat ${vcpu} i64.load32_u offset=${String(EXTENDED_HIGH)} i64x2.replace_lane 1`;

/** Calls the import; leaves 64 bits. */
function soft(name: string, a: string, b: string, vcpu: string, immediate?: string): string {
  const opcode = `i32.const ${String(extendedOpcode(name))}`;
  const operation = immediate === undefined ? opcode : `${immediate} i32.const 8 i32.shl ${opcode} i32.or`;
  return `${a} ${b} ${operation} ${vcpu} call:fp.f80.soft`;
}

const PREFIX = 'fp.f80.';

function binary(name: string): [string, RuntimeFunction] {
  const body = `${soft(name, halves('$0'), halves('$1'), '$2')} ${pushResult('$2')}`;
  return templateFunction(PREFIX + name, ['v128', 'v128', 'i32'], 'v128', `${name} in the extended format`, body);
}

function unary(name: string): [string, RuntimeFunction] {
  const body = `${soft(name, halves('$0'), NOTHING, '$1')} ${pushResult('$1')}`;
  return templateFunction(PREFIX + name, ['v128', 'i32'], 'v128', `${name} in the extended format`, body);
}

/** From 64 bits pushed by `convert`. */
function from(name: string, type: ParameterType, opcode: string, convert: string): [string, RuntimeFunction] {
  const body = `${soft(opcode, `$0 ${convert} i64.const 0`, NOTHING, '$1')} ${pushResult('$1')}`;
  return templateFunction(PREFIX + name, [type, 'i32'], 'v128', `to the extended format: ${name}`, body);
}

/** To a type that `convert` makes of 64 bits. */
function to(name: string, type: ParameterType, convert: string): [string, RuntimeFunction] {
  const body = `${soft(name, halves('$0'), NOTHING, '$1')} ${convert}`;
  return templateFunction(PREFIX + name, ['v128', 'i32'], type, `from the extended format: ${name}`, body);
}

function toInteger(name: string, type: 'i32' | 'i64'): [string, RuntimeFunction] {
  const body = `${soft(name, halves('$0'), NOTHING, '$2', '$1')} ${type === 'i32' ? 'i32.wrap_i64' : ''}`;
  return templateFunction(PREFIX + name, ['v128', 'i32', 'i32'], type, `from the extended format: ${name}`, body);
}

const clearC1 = (vcpu: string): string =>
  `${vcpu} ${vcpu} i32.load offset=${String(EXTENDED_ENV)} i32.const ${String(~STATUS.C1)} i32.and
   i32.store offset=${String(EXTENDED_ENV)}`;
const isFull = (operand: string): string => `${operand} i16x8.extract_lane_u 5`;

/** Text that leaves the exact value of a float in the format; what is a denormal number is marked as one. */
function widened(F: FloatText): string {
  const { format } = F;
  const field = 2 * format.maxExponent + 1;
  const wide = F.bits === 'i32' ? 'i64.extend_i32_u' : '';
  const rebias = 0x3fff - format.maxExponent;
  // Of a denormal number the exponent falls by the zeros before its leading bit.
  const build = (significand: string, high: string): string =>
    `${significand} i64x2.splat ${high} @s i64.or i64.const ${String(FULL)} i64.or i64x2.replace_lane 1`;
  return `$0 ${F.toBits} ${wide} ~b:i64 i64.const ${String(format.width - 16)} i64.shr_u i64.const 32768 i64.and =s:i64
    @b i64.const ${String(format.precision - 1)} i64.shr_u i64.const ${String(field)} i64.and =e:i64
    @b i64.const ${String(64 - (format.precision - 1))} i64.shl i64.const 1 i64.shr_u =f:i64
    @e i64.const 1 i64.sub i64.const ${String(field - 1)} i64.lt_u if:v128
      ${build(`@f i64.const ${String(-(1n << 63n))} i64.or`, `@e i64.const ${String(rebias)} i64.add`)}
    else
      @e i64.eqz if:v128
        @f i64.eqz if:v128 ${build('i64.const 0', 'i64.const 0')} else
          ${build(
            '@f @f i64.clz i64.shl',
            `i64.const ${String(rebias + 1)} @f i64.clz i64.sub i64.const ${String(WAS_DENORMAL)} i64.or`,
          )} end
      else ${build(`@f i64.const ${String(-(1n << 63n))} i64.or`, 'i64.const 32767')} end
    end`;
}

function widen(F: FloatText): [string, RuntimeFunction] {
  return templateFunction(`fp.f80.widen_${F.type}`, [F.type], 'v128', 'a float, exactly', widened(F));
}

/** A bit operation on the upper half of a register that is not empty. */
function signOperation(name: 'abs' | 'neg', operation: string): [string, RuntimeFunction] {
  const body = `${isFull('$0')} if ${clearC1('$1')} $0 ${operation} return end
    ${soft(name, halves('$0'), NOTHING, '$1')} ${pushResult('$1')}`;
  return templateFunction(PREFIX + name, ['v128', 'i32'], 'v128', `${name} in the extended format`, body);
}

const choose = templateFunction(
  'fp.f80.choose',
  ['v128', 'v128', 'i32', 'i32'],
  'v128',
  'the second register where the condition is not 0, else the first; neither may be empty',
  `${isFull('$0')} ${isFull('$1')} i32.and i32.const 1 i32.and if
     $2 if $1 return end $0 return end
   ${soft('choose', halves('$0'), halves('$1'), '$3')} ${pushResult('$3')}`,
);

const used = templateFunction(
  'fp.f80.used',
  ['v128', 'i32'],
  'v128',
  'the register, which must not be empty',
  `${isFull('$0')} if ${clearC1('$1')} $0 return end
   ${soft('used', halves('$0'), NOTHING, '$1')} ${pushResult('$1')}`,
);

const fresh = templateFunction(
  'fp.f80.fresh',
  ['v128', 'v128', 'i32'],
  'v128',
  'the second register, to be put into the first',
  `${isFull('$0')} i32.eqz ${isFull('$1')} i32.and if ${clearC1('$2')} $1 return end
   ${soft('fresh', halves('$0'), halves('$1'), '$2')} ${pushResult('$2')}`,
);

/** Bits 16 to 31 of the upper half are 1 for a value that is full and was not denormal. */
const freshFloat = templateFunction(
  'fp.f80.fresh_float',
  ['v128', 'v128', 'i32'],
  'v128',
  'a widened float, to be put into the register',
  `${isFull('$0')} i32.eqz ${isFull('$1')} i32.const 1 i32.eq i32.and
   $1 i16x8.extract_lane_u 4 i32.const 32767 i32.and i32.const 32767 i32.ne i32.and if ${clearC1('$2')} $1 return end
   ${soft('fresh_float', halves('$0'), halves('$1'), '$2')} ${pushResult('$2')}`,
);

const relation = templateFunction(
  'fp.f80.relation',
  ['v128', 'v128', 'i32', 'i32'],
  'i32',
  'the relation of two extended values',
  `${soft('relation', halves('$0'), halves('$1'), '$3', '$2')} i32.wrap_i64`,
);

const constant = templateFunction(
  'fp.f80.constant',
  ['i32', 'i32'],
  'v128',
  'one of the constants',
  `${soft('constant', NOTHING, NOTHING, '$1', '$0')} ${pushResult('$1')}`,
);

const examine = templateFunction(
  'fp.f80.examine',
  ['v128', 'i32'],
  null,
  'sets the condition codes to the class of a value',
  `${soft('examine', halves('$0'), NOTHING, '$1')} drop`,
);

/** The two-bit tag of a register: 0 valid, 1 zero, 2 special, 3 empty (SDM volume 1, 8.1.7). */
const tag = templateFunction(
  'fp.f80.tag',
  ['v128'],
  'i32',
  'the tag of a register',
  `${isFull('$0')} i32.eqz if i32.const 3 return end
   $0 i16x8.extract_lane_u 4 i32.const 32767 i32.and ~e:i32 i32.eqz if
     i32.const 1 i32.const 2 $0 i64x2.extract_lane 0 i64.eqz select return end
   i32.const 2 i32.const 0 @e i32.const 32767 i32.eq $0 i64x2.extract_lane 0 i64.const 0 i64.ge_s i32.or select`,
);

const BINARY = 'add sub mul div scale remainder remainder_nearest logarithm logarithm_plus_one arc_tangent';
const UNARY = 'sqrt round exponent significand exponential sine cosine tangent to_bcd from_bcd';

export const extendedFormatFunctions: RuntimeFunctions = {
  'fp.f80.soft': softImport,
  ...Object.fromEntries([
    ...BINARY.split(' ').map(binary),
    ...UNARY.split(' ').map(unary),
    widen(floatText.f32),
    widen(floatText.f64),
    signOperation('abs', 'v128.const -1 -32769 v128.and'),
    signOperation('neg', 'v128.const 0 32768 v128.xor'),
    choose,
    from('from_i32', 'i32', 'from_i64', 'i64.extend_i32_s'),
    from('from_i64', 'i64', 'from_i64', ''),
    to('to_f32', 'f32', 'i32.wrap_i64 f32.reinterpret_i32'),
    to('to_f64', 'f64', 'f64.reinterpret_i64'),
    toInteger('to_i16', 'i32'),
    toInteger('to_i32', 'i32'),
    toInteger('to_i64', 'i64'),
    used,
    fresh,
    freshFloat,
    relation,
    constant,
    examine,
    tag,
  ]),
};

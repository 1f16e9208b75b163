/** Floating-point constants in WebAssembly's text format (specification 6.3.2), exact: hexadecimal, NaNs with their payload. */

interface Format {
  readonly mantissaBits: bigint;
  readonly exponentBits: bigint;
}

const binary32: Format = { mantissaBits: 23n, exponentBits: 8n };
const binary64: Format = { mantissaBits: 52n, exponentBits: 11n };

export function f32Text(bits: number): string {
  return floatText(BigInt(bits >>> 0), binary32);
}

export function f64Text(bits: bigint): string {
  return floatText(bits, binary64);
}

function floatText(bits: bigint, { mantissaBits, exponentBits }: Format): string {
  const sign = bits >> (mantissaBits + exponentBits) === 0n ? '' : '-';
  const maximum = (1n << exponentBits) - 1n;
  const exponent = (bits >> mantissaBits) & maximum;
  const mantissa = bits & ((1n << mantissaBits) - 1n);
  if (exponent === maximum) return `${sign}${mantissa === 0n ? 'inf' : `nan:0x${mantissa.toString(16)}`}`;
  if (exponent === 0n && mantissa === 0n) return `${sign}0x0p+0`;
  const bias = maximum >> 1n;
  // Denormal numbers have the smallest exponent and no leading 1.
  const power = (exponent === 0n ? 1n : exponent) - bias;
  // In whole hexadecimal digits.
  const padding = (4n - (mantissaBits % 4n)) % 4n;
  const digits = (mantissa << padding).toString(16).padStart(Number((mantissaBits + padding) / 4n), '0');
  const fraction = digits.replace(/0+$/, '');
  return `${sign}0x${exponent === 0n ? '0' : '1'}${fraction === '' ? '' : `.${fraction}`}p${power < 0n ? '' : '+'}${String(power)}`;
}

/**
 * The header of an assembly test: JSON between `%ifdef CONFIG` and `%endif`. Keys are RegData (register to value, or to
 * values of 64 bits from the lowest on), MemoryRegions (address to size, to be mapped besides the usual ones), MemoryData
 * (address to bytes), HostFeatures (what the test needs); upper and lower case are the same.
 */
export interface Header {
  /** Upper-case register name to 64-bit words. */
  readonly registers: ReadonlyMap<string, readonly bigint[]>;
  readonly regions: readonly { readonly address: number; readonly size: number }[];
  readonly data: readonly { readonly address: number; readonly bytes: Uint8Array }[];
  readonly features: readonly string[];
}

type Table = Readonly<Record<string, unknown>>;

function section(header: Table, name: string): Table {
  const found = Object.entries(header).find(([key]) => key.toUpperCase() === name);
  return (found?.[1] ?? {}) as Table;
}

const words = (value: unknown): bigint[] => [value].flat().map((word) => BigInt(String(word)));

/** Groups separated by blanks; each is written from its most significant byte on and stored from the other end. */
function dataBytes(text: string): Uint8Array {
  return Uint8Array.from(
    text
      .split(/\s+/)
      .flatMap((group) =>
        (group.replace(/^0x/, '').match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16)).reverse(),
      ),
  );
}

/** Null where there is no header: then nothing is expected but the end. */
export function parseHeader(source: string): Header | null {
  const text = source.split('%ifdef CONFIG')[1]?.split('%endif')[0];
  if (text === undefined) return null;
  const header = JSON.parse(text) as Table;
  const features = section(header, 'HOSTFEATURES') as unknown;
  return {
    registers: new Map(
      Object.entries(section(header, 'REGDATA')).map(([name, value]) => [name.toUpperCase(), words(value)]),
    ),
    regions: Object.entries(section(header, 'MEMORYREGIONS')).map(([address, size]) => ({
      address: Number(address),
      size: Number(size),
    })),
    data: Object.entries(section(header, 'MEMORYDATA')).map(([address, bytes]) => ({
      address: Number(address),
      bytes: dataBytes(String(bytes)),
    })),
    features: Array.isArray(features) ? features.map((name) => String(name).toUpperCase()) : [],
  };
}

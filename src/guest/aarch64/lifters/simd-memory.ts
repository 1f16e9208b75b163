/**
 * Advanced SIMD loads and stores of structures. Everything is loaded before a register is written, so that a fault
 * leaves the registers as they were.
 */
import type { Value } from '../../../ir/builder.ts';
import type { OpName } from '../../../ir/ops.ts';
import { packLanes } from '../../../ir/shuffle.ts';
import type { Lifters } from '../../pattern/notation.ts';
import type * as memory from '../rows/simd-memory.ts';
import type { LiftContext } from './context.ts';
import { laneOpTo32, shape, vector } from './vector.ts';

interface Access {
  readonly Q: number;
  readonly size: number;
  readonly Rn: number;
  readonly Rt: number;
}
interface Posted {
  readonly Rm: number;
}
type Lift<Fields> = (c: LiftContext, f: Fields) => void;

/** Register `at` of the list that starts at Rt. */
const listed = (f: { readonly Rt: number }, at: number): number => (f.Rt + at) & 31;

/** 31 as Rm adds the number of bytes accessed. */
function postIndex(c: LiftContext, f: { readonly Rn: number; readonly Rm: number }, bytes: number): void {
  c.setXOrSp(f.Rn, c.op('i64.add', c.xOrSp(f.Rn), f.Rm === 31 ? c.i64(bytes) : c.x(f.Rm)));
}

/** The access of `bytes` bytes, then the base register's new value. */
const posted =
  <Fields extends { readonly Rn: number }>(lift: Lift<Fields>, bytes: (f: Fields) => number): Lift<Fields & Posted> =>
  (c, f) => {
    lift(c, f);
    postIndex(c, f, bytes(f));
  };

const registerBytes = ({ Q }: { readonly Q: number }): number => (Q === 1 ? 16 : 8);

function load(c: LiftContext, f: Access, offset: number, bytes: number): Value {
  return c.builder.opImm(bytes === 16 ? 'v128.load' : 'v128.load64_zero', offset, c.xOrSp(f.Rn));
}
function store(c: LiftContext, f: Access, offset: number, bytes: number, value: Value): void {
  if (bytes === 16) c.builder.opImm('v128.store', offset, c.xOrSp(f.Rn), value);
  else c.builder.opImm('i64.store', offset, c.xOrSp(f.Rn), c.op('i64x2.low', value));
}

/** Consecutive registers as they lie in memory. */
const loadRegisters =
  (count: number): Lift<Access> =>
  (c, f) => {
    const bytes = registerBytes(f);
    const values = Array.from({ length: count }, (_, at) => load(c, f, at * bytes, bytes));
    values.forEach((value, at) => {
      c.setV(listed(f, at), value);
    });
  };
const storeRegisters =
  (count: number): Lift<Access> =>
  (c, f) => {
    const bytes = registerBytes(f);
    for (let at = 0; at < count; at++) store(c, f, at * bytes, bytes, c.v(listed(f, at)));
  };

/** Memory as vectors of 16 bytes, the last one of 8 where it ends there. */
function loadAll(c: LiftContext, f: Access, bytes: number): Value[] {
  return Array.from({ length: Math.ceil(bytes / 16) }, (_, at) => load(c, f, 16 * at, Math.min(16, bytes - 16 * at)));
}

/**
 * A vector that gathers bytes from a list of vectors: `source` says for each byte of the result its place in the list,
 * -1 for 0. Two at a time.
 */
function gather(c: LiftContext, vectors: readonly Value[], source: readonly number[]): Value {
  const zero = c.builder.v128(0n, 0n);
  let result: Value | null = null;
  for (let first = 0; first < vectors.length; first += 2) {
    const a: Value = vectors[first] ?? zero;
    const b: Value = vectors[first + 1] ?? zero;
    const inPair = (from: number): boolean => from >= 16 * first && from < 16 * first + 32;
    if (!source.some(inPair)) continue;
    result = result === null ? pairBytes(c, a, b, source, first) : merged(c, result, a, b, source, first);
  }
  return result ?? zero;
}

function shuffle(c: LiftContext, a: Value, b: Value, lanes: readonly number[]): Value {
  const [low, high] = packLanes(lanes);
  return c.builder.opWide('i8x16.shuffle', low, high, a, b);
}

/** Bytes from elsewhere are any byte for now. */
function pairBytes(c: LiftContext, a: Value, b: Value, source: readonly number[], first: number): Value {
  const lanes = source.map((from) => (from >= 16 * first && from < 16 * first + 32 ? from - 16 * first : 0));
  return shuffle(c, a, b, lanes);
}

function merged(c: LiftContext, done: Value, a: Value, b: Value, source: readonly number[], first: number): Value {
  const fresh = pairBytes(c, a, b, source, first);
  return shuffle(
    c,
    done,
    fresh,
    source.map((from, at) => (from >= 16 * first ? 16 + at : at)),
  );
}

/** Places of element bytes: byte `at` of register `register` in memory that holds structures of `count` elements. */
function placeInMemory(size: number, count: number, register: number, at: number): number {
  const element = at >> size;
  return ((element * count + register) << size) + (at & ((1 << size) - 1));
}

const loadStructures =
  (count: number): Lift<Access> =>
  (c, f) => {
    const bytes = registerBytes(f);
    const loaded = loadAll(c, f, bytes * count);
    const values = count === 3 ? gathered(c, f, loaded) : unzipped(c, f, loaded, count);
    values.forEach((value, at) => {
      vector(f.Q).write(c, listed(f, at), f.size, value);
    });
  };

function gathered(c: LiftContext, f: Access, loaded: readonly Value[]): Value[] {
  const bytes = registerBytes(f);
  return [0, 1, 2].map((register) => {
    const source = Array.from({ length: 16 }, (_, at) => placeInMemory(f.size, 3, register, at % bytes));
    return gather(c, loaded, source);
  });
}

function split(c: LiftContext, size: number, part: 0 | 1, a: Value, b: Value): Value {
  if (size === 3) return c.op(part === 0 ? 'i64x2.interleave_low' : 'i64x2.interleave_high', a, b);
  return c.op(laneOpTo32(size, part === 0 ? 'unzip_even' : 'unzip_odd'), a, b);
}

/** Unzipping once leaves the elements of two registers, unzipping those again the four of LD4. */
function unzipped(c: LiftContext, f: Access, loaded: readonly Value[], count: number): Value[] {
  const [a, b = a, p, q = p] = loaded as [Value, ...Value[]];
  if (count === 2) return [split(c, f.size, 0, a, b), split(c, f.size, 1, a, b)];
  // The lower half of LD4 with 64-bit registers has all the elements in two vectors.
  const [second, fourth] = p === undefined || q === undefined ? [a, b] : [p, q];
  const even = [split(c, f.size, 0, a, b), split(c, f.size, 0, second, fourth)] as const;
  const odd = [split(c, f.size, 1, a, b), split(c, f.size, 1, second, fourth)] as const;
  return [
    split(c, f.size, 0, ...even),
    split(c, f.size, 0, ...odd),
    split(c, f.size, 1, ...even),
    split(c, f.size, 1, ...odd),
  ];
}

const storeStructures =
  (count: number): Lift<Access> =>
  (c, f) => {
    const bytes = registerBytes(f);
    const registers = Array.from({ length: count }, (_, at) => c.v(listed(f, at)));
    const total = bytes * count;
    for (let offset = 0; offset < total; offset += 16) {
      const source = Array.from({ length: 16 }, (_, at) => {
        const place = offset + at;
        if (place >= total) return -1;
        const element = place >> f.size;
        const byte = place & ((1 << f.size) - 1);
        return 16 * (element % count) + ((Math.floor(element / count) << f.size) | byte);
      });
      store(c, f, offset, Math.min(16, total - offset), gather(c, registers, source));
    }
  };

// One lane of each register.

interface LaneAccess {
  readonly Q: number;
  readonly opc: number;
  readonly S: number;
  readonly size: number;
  readonly Rn: number;
  readonly Rt: number;
}

/** log2 of the element's bytes, and the lane: Q:S:size without the bits that are fixed. */
function laneOf(f: LaneAccess): readonly [size: number, lane: number] {
  const bits = (f.Q << 3) | (f.S << 2) | f.size;
  const size = f.opc === 2 && f.size === 1 ? 3 : f.opc;
  return [size, size === 3 ? f.Q : bits >> size];
}

const laneBytes =
  (count: number) =>
  (f: LaneAccess): number =>
    count << laneOf(f)[0];

const scalarLoads = ['i32.load8_u', 'i32.load16_u', 'i32.load', 'i64.load'] as const;
const scalarStores = ['i32.store8', 'i32.store16', 'i32.store', 'i64.store'] as const;

const loadLane =
  (count: number): Lift<LaneAccess> =>
  (c, f) => {
    const [size, lane] = laneOf(f);
    const name = scalarLoads[size as 0 | 1 | 2 | 3];
    const values = Array.from({ length: count }, (_, at) => c.builder.opImm(name, at << size, c.xOrSp(f.Rn)));
    values.forEach((value, at) => {
      const register = listed(f, at);
      c.setV(register, c.builder.opImm(`${shape(size)}.replace_lane`, lane, c.v(register), value));
    });
  };
const storeLane =
  (count: number): Lift<LaneAccess> =>
  (c, f) => {
    const [size, lane] = laneOf(f);
    const extract: OpName = size < 2 ? (size === 0 ? 'i8x16.extract_lane_u' : 'i16x8.extract_lane_u') : laneOp64(size);
    for (let at = 0; at < count; at++) {
      const value = c.builder.opImm(extract, lane, c.v(listed(f, at)));
      c.builder.opImm(scalarStores[size as 0 | 1 | 2 | 3], at << size, c.xOrSp(f.Rn), value);
    }
  };
const laneOp64 = (size: number): OpName => (size === 3 ? 'i64x2.extract_lane' : 'i32x4.extract_lane');

const splatLoads = ['v128.load8_splat', 'v128.load16_splat', 'v128.load32_splat', 'v128.load64_splat'] as const;
const loadReplicated =
  (count: number): Lift<Access> =>
  (c, f) => {
    const name = splatLoads[f.size as 0 | 1 | 2 | 3];
    const values = Array.from({ length: count }, (_, at) => c.builder.opImm(name, at << f.size, c.xOrSp(f.Rn)));
    values.forEach((value, at) => {
      vector(f.Q).write(c, listed(f, at), f.size, value);
    });
  };
const replicatedBytes =
  (count: number) =>
  (f: Access): number =>
    count << f.size;
const allBytes =
  (count: number) =>
  (f: Access): number =>
    count * registerBytes(f);

type Of<Name extends keyof typeof memory> = Lifters<(typeof memory)[Name]['rows'], LiftContext>;

const structures: Of<'structures'> & Of<'structuresPost'> = {
  'ld2 (multiple)': loadStructures(2),
  'ld3 (multiple)': loadStructures(3),
  'ld4 (multiple)': loadStructures(4),
  'st2 (multiple)': storeStructures(2),
  'st3 (multiple)': storeStructures(3),
  'st4 (multiple)': storeStructures(4),
  'ld2 (multiple, post-index)': posted(loadStructures(2), allBytes(2)),
  'ld3 (multiple, post-index)': posted(loadStructures(3), allBytes(3)),
  'ld4 (multiple, post-index)': posted(loadStructures(4), allBytes(4)),
  'st2 (multiple, post-index)': posted(storeStructures(2), allBytes(2)),
  'st3 (multiple, post-index)': posted(storeStructures(3), allBytes(3)),
  'st4 (multiple, post-index)': posted(storeStructures(4), allBytes(4)),
};

const registers: Of<'registers'> & Of<'registersPost'> = {
  'ld1 (multiple, one)': loadRegisters(1),
  'ld1 (multiple, two)': loadRegisters(2),
  'ld1 (multiple, three)': loadRegisters(3),
  'ld1 (multiple, four)': loadRegisters(4),
  'st1 (multiple, one)': storeRegisters(1),
  'st1 (multiple, two)': storeRegisters(2),
  'st1 (multiple, three)': storeRegisters(3),
  'st1 (multiple, four)': storeRegisters(4),
  'ld1 (multiple, one, post-index)': posted(loadRegisters(1), allBytes(1)),
  'ld1 (multiple, two, post-index)': posted(loadRegisters(2), allBytes(2)),
  'ld1 (multiple, three, post-index)': posted(loadRegisters(3), allBytes(3)),
  'ld1 (multiple, four, post-index)': posted(loadRegisters(4), allBytes(4)),
  'st1 (multiple, one, post-index)': posted(storeRegisters(1), allBytes(1)),
  'st1 (multiple, two, post-index)': posted(storeRegisters(2), allBytes(2)),
  'st1 (multiple, three, post-index)': posted(storeRegisters(3), allBytes(3)),
  'st1 (multiple, four, post-index)': posted(storeRegisters(4), allBytes(4)),
};

const lanes: Of<'lane'> & Of<'lanePost'> = {
  'ld1 (single)': loadLane(1),
  'ld2 (single)': loadLane(2),
  'ld3 (single)': loadLane(3),
  'ld4 (single)': loadLane(4),
  'st1 (single)': storeLane(1),
  'st2 (single)': storeLane(2),
  'st3 (single)': storeLane(3),
  'st4 (single)': storeLane(4),
  'ld1 (single, post-index)': posted(loadLane(1), laneBytes(1)),
  'ld2 (single, post-index)': posted(loadLane(2), laneBytes(2)),
  'ld3 (single, post-index)': posted(loadLane(3), laneBytes(3)),
  'ld4 (single, post-index)': posted(loadLane(4), laneBytes(4)),
  'st1 (single, post-index)': posted(storeLane(1), laneBytes(1)),
  'st2 (single, post-index)': posted(storeLane(2), laneBytes(2)),
  'st3 (single, post-index)': posted(storeLane(3), laneBytes(3)),
  'st4 (single, post-index)': posted(storeLane(4), laneBytes(4)),
};

const replicated: Of<'replicate'> & Of<'replicatePost'> = {
  'ld1r (no offset)': loadReplicated(1),
  'ld2r (no offset)': loadReplicated(2),
  'ld3r (no offset)': loadReplicated(3),
  'ld4r (no offset)': loadReplicated(4),
  'ld1r (post-index)': posted(loadReplicated(1), replicatedBytes(1)),
  'ld2r (post-index)': posted(loadReplicated(2), replicatedBytes(2)),
  'ld3r (post-index)': posted(loadReplicated(3), replicatedBytes(3)),
  'ld4r (post-index)': posted(loadReplicated(4), replicatedBytes(4)),
};

export const simdMemoryLifters = { ...structures, ...registers, ...lanes, ...replicated };

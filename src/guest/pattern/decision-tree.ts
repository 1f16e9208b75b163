/** The decision structure behind `DecodeTable.decode`: switches over bit ranges, short candidate lists at the leaves. */

/** What a row must look like to be found. Rows are listed in the order in which they are to be tried. */
export interface Pattern {
  readonly mask: number;
  readonly value: number;
}

/** `children` is null at a leaf. Both kinds share a shape to keep the walk monomorphic. */
export interface TreeNode<Row extends Pattern> {
  readonly shift: number;
  readonly mask: number;
  readonly children: readonly TreeNode<Row>[] | null;
  readonly rows: readonly Row[];
}

/** Widest switch: 2^8 children. */
const WIDEST = 8;
/** A list this short is searched faster than another switch. */
const SHORT = 2;

const leaf = <Row extends Pattern>(rows: readonly Row[]): TreeNode<Row> => ({
  shift: 0,
  mask: 0,
  children: null,
  rows,
});

interface BitRange {
  readonly shift: number;
  readonly width: number;
}

/** The longest run of set bits, at most `WIDEST` of them. */
function longestRun(bits: number): BitRange | null {
  let best: BitRange | null = null;
  for (let shift = 0; shift < 32;) {
    let width = 0;
    while (width < WIDEST && shift + width < 32 && ((bits >>> (shift + width)) & 1) === 1) width++;
    if (width > (best?.width ?? 0)) best = { shift, width };
    shift += Math.max(width, 1);
  }
  return best;
}

/** The one bit that leaves the shortest longer half, where some rows don't fix any bit that all others fix. */
function bestBit(rows: readonly Pattern[], free: number): BitRange | null {
  let best: BitRange | null = null;
  let bestSize = rows.length;
  for (let shift = 0; shift < 32; shift++) {
    if (((free >>> shift) & 1) === 0) continue;
    const zeros = rows.filter((row) => ((row.mask & ~row.value) >>> shift) & 1).length;
    const halves = Math.max(rows.length - zeros, rows.length - rows.filter((row) => (row.value >>> shift) & 1).length);
    if (halves < bestSize) {
      bestSize = halves;
      best = { shift, width: 1 };
    }
  }
  return best;
}

/** The rows that each value of `range` leaves, in order. */
function distribute<Row extends Pattern>(rows: readonly Row[], { shift, width }: BitRange): Row[][] {
  const parts: Row[][] = Array.from({ length: 1 << width }, () => []);
  const mask = (1 << width) - 1;
  for (const row of rows) {
    const fixed = (row.mask >>> shift) & mask;
    const value = (row.value >>> shift) & mask;
    // The usual switch is over bits that every row fixes: one part each.
    if (fixed === mask) parts[value]?.push(row);
    else for (const [key, part] of parts.entries()) if (((key ^ value) & fixed) === 0) part.push(row);
  }
  return parts;
}

/** Builds the tree over `rows`. `used` holds the bits that switches above have looked at. */
export function buildTree<Row extends Pattern>(rows: readonly Row[], used = 0): TreeNode<Row> {
  if (rows.length <= SHORT) return leaf(rows);
  const common = rows.reduce((bits, row) => bits & row.mask, ~used);
  const range = longestRun(common) ?? bestBit(rows, ~used);
  if (range === null) return leaf(rows);
  const { shift, width } = range;
  const bits = ((1 << width) - 1) << shift;
  const children = distribute(rows, range).map((part) => buildTree(part, used | bits));
  return { shift, mask: (1 << width) - 1, children, rows: [] };
}

/** The candidates for `word`. */
export function candidates<Row extends Pattern>(tree: TreeNode<Row>, word: number): readonly Row[] {
  let node = tree;
  while (node.children !== null) {
    const child = node.children[(word >>> node.shift) & node.mask];
    if (child === undefined) return [];
    node = child;
  }
  return node.rows;
}

/** The candidate lists with more than one row. Two patterns that one word fits share at least one. */
export function sharedLeaves<Row extends Pattern>(
  tree: TreeNode<Row>,
  found: (readonly Row[])[] = [],
): (readonly Row[])[] {
  if (tree.rows.length > 1) found.push(tree.rows);
  if (tree.children !== null) for (const child of tree.children) sharedLeaves(child, found);
  return found;
}

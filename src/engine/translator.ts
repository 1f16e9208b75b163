/**
 * Tier 0 code of one address space: translates guest blocks to micro-ops in the runtime heap, remembers where they
 * are, links them, and forgets them when the guest's code changes.
 */
import { assert, defined } from '../common/assert.ts';
import type { CodeSource, Guest } from '../guest/guest.ts';
import { isCallingJump, linkTarget, MICRO_OP_SIZE, type MicroOpSet } from '../host/interpreter/micro-ops.ts';
import { TRAP, type Block } from '../ir/block.ts';
import { Lowering, originOf } from '../host/interpreter/lower.ts';
import { watchPage } from '../memory/code-pages.ts';
import { cacheOffset, JUMP_CACHE_ENTRIES, PAGE_SHIFT, PERMISSION } from '../memory/layout.ts';
import type { GuestMemory } from '../memory/guest-memory.ts';
import type { EngineEventSink, FlushEvent } from './events.ts';
import { GOES_ROUND } from './hotspots.ts';
import type { KeptBlocks } from './kept-blocks.ts';
import { locationOf } from './location.ts';
import type { TranslatorStats } from './stats.ts';

/** Guest instructions in a block at most; longer straight-line code continues in a next block. */
const MAX_BLOCK = 64;
/** Arrivals after which code is fetched that was compiled before: a loop at which it can be entered has come round as often. */
const CACHED_COUNTDOWN = GOES_ROUND;
/** How many bytes before a place its function's begin is looked for: some interpreters are a single function of 40 KiB. */
const MAX_FUNCTION = 1 << 16;
/** Pcs of functions are looked for in groups of this many bytes. */
const GROUP_SHIFT = 9;
/** Room that one block may need, in bytes: generous, checked after each translation. */
const BLOCK_ROOM = 64 * 1024;

/** Where a block's code is. */
type BlockPlace = Pick<Block, 'pc' | 'endPc' | 'reliesOn'>;

/** Pages whose code a block was made from. */
export function* pagesOf({ pc, endPc, reliesOn = [] }: BlockPlace): Generator<number> {
  for (let page = pc >>> PAGE_SHIFT; page <= (endPc - 1) >>> PAGE_SHIFT; page++) yield page;
  yield* reliesOn;
}

/** Where in the guest a micro-op belongs. */
export interface GuestPosition {
  readonly pc: number;
  /** Guest instructions of the block that precede it. */
  readonly instructionsBefore: number;
}

export interface TranslatorOptions {
  readonly guest: Guest;
  readonly memory: GuestMemory;
  readonly source: CodeSource;
  readonly set: MicroOpSet;
  /** Arrivals after which a loop or function counts as hot; -1 where no one wants to know. */
  readonly countdown: number;
  /** Where compiled code only has to be fetched, so that few arrivals will do. */
  readonly isCached: (pc: number) => boolean;
  /** The region that a pc (mode 0) leads into, and by which of its entries. */
  readonly compiledAt: (pc: number) => { readonly tableIndex: number; readonly entry: number } | null;
  /** Monotonic time in nanoseconds. */
  readonly clock: () => bigint;
  readonly stats: TranslatorStats;
  readonly events: EngineEventSink | null;
  /**
   * Where other threads may write while code is read: watches a page before that, if it can be written; true if it could, so
   * that what was read before may be old. Null where pages are watched when their code has been read.
   */
  readonly watch: ((page: number) => boolean) | null;
}

export class Translator {
  /** Becomes true when a page that the guest may write is watched for its code. */
  hasWatched = false;
  /** What was translated elsewhere, and takes what is translated here. */
  kept: KeptBlocks | null = null;
  readonly stats: TranslatorStats;
  readonly #events: EngineEventSink | null;
  readonly #watch: TranslatorOptions['watch'];
  readonly #guest: Guest;
  readonly #memory: GuestMemory;
  readonly #source: CodeSource;
  readonly #lowering: Lowering;
  readonly #countdown: number;
  readonly #clock: () => bigint;
  readonly #isCached: (pc: number) => boolean;
  readonly #compiledAt: TranslatorOptions['compiledAt'];
  readonly #countCode: number;
  readonly #enterCode: number;
  readonly #linkCode: number;
  readonly #jumpCode: number;
  readonly #words: Int32Array;
  readonly #heapStart: number;
  readonly #heapEnd: number;
  #cursor: number;
  /** Location to host offset of the first micro-op. */
  readonly #entries = new Map<number, number>();
  // Blocks in heap order; parallel arrays.
  readonly #starts: number[] = [];
  readonly #pcs: number[] = [];
  readonly #endPcs: number[] = [];
  readonly #modes: number[] = [];
  /** Guest page number to indices of the blocks that have bytes on it. */
  readonly #pages = new Map<number, number[]>();
  #origins = new Uint16Array(1 << 14);
  #epoch = 0;
  /** Pcs that were called, by the group of bytes that they are in. */
  readonly #functions = new Map<number, Set<number>>();

  constructor(options: TranslatorOptions) {
    const { guest, memory, source, set, countdown, isCached, compiledAt, clock, stats, events, watch } = options;
    this.#watch = watch;
    this.stats = stats;
    this.#clock = clock;
    this.#events = events;
    this.#isCached = isCached;
    this.#compiledAt = compiledAt;
    this.#countdown = countdown;
    this.#countCode = set.kind('count').code;
    this.#enterCode = set.kind('enter').code;
    this.#guest = guest;
    this.#memory = memory;
    this.#source = source;
    this.#lowering = new Lowering(set);
    this.#linkCode = set.kind('link').code;
    this.#jumpCode = set.kind('jump').code;
    this.#words = new Int32Array(memory.memory.buffer);
    this.#heapStart = memory.layout.heap + ((16 - (memory.layout.heap % 16)) % 16);
    this.#heapEnd = memory.layout.heap + memory.layout.heapSize;
    this.#cursor = this.#heapStart;
    this.#clearJumpCache();
  }

  /** Host offset of the micro-ops for a location, translated if needed; 0 where `pc` is not executable. */
  entry(pc: number, mode: number): number {
    const location = locationOf(pc, mode);
    const known = this.#entries.get(location);
    if (known !== undefined) return known;
    const begun = this.#clock();
    const ip = this.#translate(pc, mode, location);
    this.stats.translateTime += Number(this.#clock() - begun);
    return ip;
  }

  /**
   * Makes the code that stopped at the `link` micro-op `linkIp` continue at the block at `targetIp` next time: at its
   * counter if this closes a loop or calls, else behind it. Returns where.
   */
  link(linkIp: number, targetIp: number): number {
    const words = this.#words;
    const link = linkIp >>> 2;
    const referrer = (words[link + 3] ?? 0) >>> 0;
    this.stats.links++;
    const to = this.#countdown < 0 || this.#isCounted(linkIp, referrer) ? targetIp : targetIp + MICRO_OP_SIZE;
    if (referrer === 0) {
      words[link] = this.#jumpCode;
      words[link + 1] = 0;
      words[link + 2] = to | 0;
      return to;
    }
    const word = referrer >>> 2;
    if (words[word + 2] === (linkIp | 0)) words[word + 2] = to | 0;
    else if (words[word + 3] === (linkIp | 0)) words[word + 3] = to | 0;
    return to;
  }

  /** True for a link that closes a loop or is a call (its jump says so in field a). */
  #isCounted(linkIp: number, referrer: number): boolean {
    if (referrer === 0 || this.linkTarget(linkIp) <= this.position(linkIp).pc) return true;
    return (this.word(referrer, 0) & 0xffff) === this.#jumpCode && isCallingJump(this.#words, referrer >>> 2);
  }

  /** The first micro-op behind the counter of the block at `ip`. */
  body(ip: number): number {
    return this.#countdown < 0 ? ip : ip + MICRO_OP_SIZE;
  }

  /** Sets the counter of the block at `ip`, so that it reports itself again only after `arrivals`. */
  recount(ip: number, arrivals: number): void {
    this.#words[(ip >>> 2) + 2] = arrivals;
  }

  /** Arrivals counted at the block at a pc (mode 0), if it has been translated. */
  arrivals(pc: number): number {
    const ip = this.#entries.get(pc);
    return ip === undefined ? 0 : this.#arrivalsAt(ip);
  }

  #arrivalsAt(ip: number): number {
    if (this.#countdown < 0) return 0;
    return (this.word(ip, 0) & 0xffff) === this.#enterCode ? this.#countdown : this.#countdown - this.word(ip, 2);
  }

  /** Turns the counter of the block at a pc (mode 0) into the way into a region by one of its entries. */
  markCompiled(pc: number, region: number, entry: number): void {
    const ip = this.#entries.get(pc);
    if (ip === undefined) return;
    const words = this.#words;
    words[ip >>> 2] = this.#enterCode;
    words[(ip >>> 2) + 1] = pc | 0;
    words[(ip >>> 2) + 2] = region;
    words[(ip >>> 2) + 3] = entry;
    // Where jumps went past the counter they now go by way of the region.
    const cached = this.#jumpEntry(pc);
    if (words[cached] === (pc | 0)) words[cached + 1] = ip | 0;
  }

  /** Turns the way into a region back into a counter. */
  unmarkCompiled(pc: number): void {
    const ip = this.#entries.get(pc);
    if (ip === undefined || (this.word(ip, 0) & 0xffff) !== this.#enterCode) return;
    this.#words[ip >>> 2] = this.#countCode;
    this.recount(ip, this.#countdown);
  }

  /** True where a location has been translated, and so executed. */
  knows(pc: number): boolean {
    return this.#entries.has(pc);
  }

  // --- what another thread is told; see `ExecutedCode`

  get pcs(): readonly number[] {
    return this.#pcs;
  }

  get epoch(): number {
    return this.#epoch;
  }

  pages(): Iterable<number> {
    return this.#pages.keys();
  }

  /**
   * Pairs of a pc and how often control came there, `more` included: of blocks from `first` to `last` where that is `low` at
   * least, and of functions anywhere where it is `high`.
   */
  heat(first: number, last: number, low: number, high: number, more: ReadonlyMap<number, number>): Uint32Array {
    const heat: number[] = [];
    const add = (pc: number, arrivals: number, min: number): void => {
      const all = arrivals + (more.get(pc) ?? 0);
      if (all >= min) heat.push(pc, all);
    };
    for (let page = first >>> PAGE_SHIFT; page <= last >>> PAGE_SHIFT; page++)
      for (const index of this.#pages.get(page) ?? [])
        if (this.#modes[index] === 0) add(this.#pcs[index] ?? 0, this.#arrivalsAt(this.#starts[index] ?? 0), low);
    for (const pc of this.functions()) add(pc, this.arrivals(pc), high);
    return Uint32Array.from(heat);
  }

  /** Takes note of a pc that code calls. */
  noteFunction(pc: number): void {
    const group = Math.floor(pc / (1 << GROUP_SHIFT));
    const functions = this.#functions.get(group);
    if (functions === undefined) this.#functions.set(group, new Set([pc]));
    else functions.add(pc);
  }

  /** Pcs that code calls. */
  functions(): readonly number[] {
    const all: number[] = [];
    for (const functions of this.#functions.values()) for (const pc of functions) all.push(pc);
    return all;
  }

  /** True for a pc that code calls. */
  isFunction(pc: number): boolean {
    return this.#functions.get(Math.floor(pc / (1 << GROUP_SHIFT)))?.has(pc) === true;
  }

  /** Where the function that holds `pc` seems to begin: the last pc before it, or it itself, that was called. */
  functionStart(pc: number): number | undefined {
    const last = Math.floor(pc / (1 << GROUP_SHIFT));
    for (let group = last; group > last - (MAX_FUNCTION >> GROUP_SHIFT); group--) {
      const functions = this.#functions.get(group);
      if (functions === undefined) continue;
      let before: number | undefined;
      for (const start of functions) if (start <= pc && start >= (before ?? start)) before = start;
      if (before !== undefined) return before;
    }
    return undefined;
  }

  /** Whether a jump is known to lead to the middle of the function that it is in. */
  staysInFunction(site: number, target: number): boolean {
    const start = this.functionStart(site);
    return start !== undefined && target !== start && this.functionStart(target) === start;
  }

  /** Empties the jump cache: its entries are for one mode and one state of the code. */
  forgetJumps(): void {
    this.#clearJumpCache();
  }

  /** Guest pc that a `link` micro-op wants. */
  linkTarget(linkIp: number): number {
    return linkTarget(this.#words, linkIp >>> 2);
  }

  /** Word `index` (0 to 3) of the micro-op at `ip`. */
  word(ip: number, index: number): number {
    return this.#words[(ip >>> 2) + index] ?? 0;
  }

  /** Puts an indirect target into the jump cache. */
  cacheJump(pc: number, ip: number): void {
    const entry = this.#jumpEntry(pc);
    this.#words[entry] = pc | 0;
    this.#words[entry + 1] = ip | 0;
  }

  /** Index of the words of a pc's entry in the jump cache. */
  #jumpEntry(pc: number): number {
    return (this.#memory.layout.jumpCache + cacheOffset(pc, JUMP_CACHE_ENTRIES)) >>> 2;
  }

  /** The guest instruction that the micro-op at `ip` belongs to. */
  position(ip: number): GuestPosition {
    const block = this.#blockAt(ip);
    const { offset, instructionsBefore } = originOf(this.#origins[(ip - this.#heapStart) / MICRO_OP_SIZE] ?? 0);
    return { pc: (this.#pcs[block] ?? 0) + offset, instructionsBefore };
  }

  /** The guest pc at which execution continues when it stopped before the micro-op at `ip`, a block's first or a link. */
  continuation(ip: number): number {
    if ((this.word(ip, 0) & 0xffff) === this.#linkCode) return this.linkTarget(ip);
    // Not the instruction of the micro-op: what those before it do may have moved into it.
    return this.#pcs[this.#blockAt(ip)] ?? 0;
  }

  /** Drops the translations of blocks with a byte in [start, end). */
  invalidate(start: number, end: number): void {
    const firstPage = Math.floor(start / (1 << PAGE_SHIFT));
    const lastPage = Math.floor((end - 1) / (1 << PAGE_SHIFT));
    let dropped = 0;
    const drop = (page: number, blocks: readonly number[]): void => {
      for (const block of blocks) dropped += this.#drop(block);
      this.#pages.delete(page);
    };
    if (lastPage - firstPage < this.#pages.size) {
      for (let page = firstPage; page <= lastPage; page++) {
        const blocks = this.#pages.get(page);
        if (blocks !== undefined) drop(page, blocks);
      }
    } else {
      for (const [page, blocks] of [...this.#pages]) if (page >= firstPage && page <= lastPage) drop(page, blocks);
    }
    if (dropped === 0) return;
    this.stats.invalidatedBlocks += dropped;
    this.#events?.emit({ kind: 'invalidate', time: this.#events.now(), start, end, blocks: dropped });
    this.#clearJumpCache();
  }

  /** Drops everything. No micro-op address from before is valid afterwards. */
  flush(reason: FlushEvent['reason']): void {
    this.stats.flushes++;
    this.#epoch++;
    this.#events?.emit({ kind: 'flush', time: this.#events.now(), blocks: this.#starts.length, reason });
    this.#entries.clear();
    this.#functions.clear();
    this.#pages.clear();
    this.#starts.length = 0;
    this.#pcs.length = 0;
    this.#endPcs.length = 0;
    this.#modes.length = 0;
    this.#cursor = this.#heapStart;
    this.#clearJumpCache();
  }

  /** Host offsets and micro-op counts of all live blocks, in heap order (for tools). */
  *blocks(): Generator<{ readonly ip: number; readonly microOps: number; readonly pc: number }> {
    for (const [index, ip] of this.#starts.entries()) {
      const end = this.#starts[index + 1] ?? this.#cursor;
      yield { ip, microOps: (end - ip) / MICRO_OP_SIZE, pc: this.#pcs[index] ?? 0 };
    }
  }

  /**
   * Translates the instruction at `pc` alone, for one execution: nothing remembers the block, and its page is not
   * watched. 0 where `pc` is not executable.
   */
  once(pc: number, mode: number): number {
    return this.#translate(pc, mode, null);
  }

  /** Without a `location` the block is one instruction for one execution. */
  #translate(pc: number, mode: number, location: number | null): number {
    if (!(pc >= 0 && pc < this.#memory.layout.guestLimit) || this.#source.readU8(pc) < 0) return 0;
    if (this.#heapEnd - this.#cursor < BLOCK_ROOM) this.flush('heap-full');
    const kept = location === null ? 0 : this.#takeKept(pc, mode, location);
    if (kept !== 0) return kept;
    const block = this.#lift(pc, mode, location !== null);
    const { terminator } = block;
    if (block.guestInstructions === 0 && terminator.kind === 'trap' && terminator.trap === TRAP.FETCH_FAULT) return 0;
    const ip = this.#cursor;
    const count = this.#lowering.lower(block, this.#words, ip, this.#countdownAt(pc));
    assert(count * MICRO_OP_SIZE <= BLOCK_ROOM, 'a block outgrew its room');
    this.#lowering.copyOrigins(this.#reserveOrigins(ip, count), (ip - this.#heapStart) / MICRO_OP_SIZE);
    if (location !== null) this.#keep(block, mode, ip, count);
    this.#place(block, mode, location, ip, count);
    if (terminator.kind === 'jump' && terminator.hint === 'call') this.noteFunction(terminator.target);
    return ip;
  }

  #countdownAt(pc: number): number {
    return this.#countdown >= 0 && this.#isCached(pc) ? Math.min(CACHED_COUNTDOWN, this.#countdown) : this.#countdown;
  }

  /** Takes what was translated elsewhere; 0 where that has nothing with this code. */
  #takeKept(pc: number, mode: number, location: number): number {
    const { kept } = this;
    if (kept === null) return 0;
    const index = this.#findKept(kept, pc, mode);
    if (index < 0) return 0;
    const block = kept.at(index);
    const last = block.endPc - 1;
    if (pc >>> PAGE_SHIFT !== last >>> PAGE_SHIFT && this.#source.readU8(last) < 0) return 0;
    const ip = this.#cursor;
    const origins = this.#reserveOrigins(ip, block.count);
    kept.copy(index, this.#words, ip, origins, (ip - this.#heapStart) / MICRO_OP_SIZE);
    this.recount(ip, this.#countdownAt(pc));
    this.#place(block, mode, location, ip, block.count);
    if (block.callee !== null) this.noteFunction(block.callee);
    this.stats.keptBlocks++;
    return ip;
  }

  /** The number of a kept block with the code that is there; -1 for none. */
  #findKept(kept: KeptBlocks, pc: number, mode: number): number {
    for (;;) {
      const index = kept.find(pc, mode, this.#memory.bytes);
      if (index < 0 || !this.#watchesAnew(kept.at(index))) return index;
    }
  }

  /** Not for code that the guest may write: it is likely to be other code another time. */
  #keep(block: Block, mode: number, ip: number, count: number): void {
    const { bytes, layout } = this.#memory;
    if (this.kept === null || ((bytes[layout.permissions + (block.pc >>> PAGE_SHIFT)] ?? 0) & PERMISSION.WRITE) !== 0)
      return;
    this.kept.add(block, mode, bytes, this.#words, ip, count, this.#lowering);
  }

  /** The next micro-ops are a block's. */
  #place(
    block: BlockPlace & Pick<Block, 'guestInstructions'>,
    mode: number,
    location: number | null,
    ip: number,
    count: number,
  ): void {
    this.#cursor = ip + count * MICRO_OP_SIZE;
    const index = this.#starts.push(ip) - 1;
    this.#pcs.push(block.pc);
    this.#endPcs.push(block.endPc);
    this.#modes.push(mode);
    if (location !== null) this.#remember(location, ip, index, block);
    this.stats.blocks++;
    this.stats.guestInstructions += block.guestInstructions;
    this.stats.microOps += count;
  }

  #lift(pc: number, mode: number, isRemembered: boolean): Block {
    for (;;) {
      const block = this.#guest.liftBlock(this.#source, pc, mode, isRemembered ? MAX_BLOCK : 1);
      if (!isRemembered || !this.#watchesAnew(block)) return block;
    }
  }

  /** Where other threads may write a block's code: watches it, and says whether it may have changed until then. */
  #watchesAnew(block: BlockPlace): boolean {
    if (this.#guest.coherentCode !== true || this.#watch === null) return false;
    let isNew = false;
    for (const page of pagesOf(block)) if (this.#watch(page)) isNew = true;
    if (isNew) this.hasWatched = true;
    return isNew;
  }

  #remember(location: number, ip: number, index: number, block: BlockPlace): void {
    this.#entries.set(location, ip);
    const compiled = location === block.pc ? this.#compiledAt(block.pc) : null;
    if (compiled !== null) this.markCompiled(block.pc, compiled.tableIndex, compiled.entry);
    const { pc, endPc, reliesOn } = block;
    if (reliesOn === undefined && pc >>> PAGE_SHIFT === (endPc - 1) >>> PAGE_SHIFT)
      this.#putOn(pc >>> PAGE_SHIFT, index);
    else for (const page of pagesOf(block)) this.#putOn(page, index);
  }

  #putOn(page: number, index: number): void {
    const list = this.#pages.get(page);
    if (list === undefined) this.#pages.set(page, [index]);
    else list.push(index);
    if (this.#guest.coherentCode === true && watchPage(this.#memory, page)) this.hasWatched = true;
  }

  /** The array that says of each micro-op which guest instruction it belongs to, with room for `count` from `ip` on. */
  #reserveOrigins(ip: number, count: number): Uint16Array {
    const end = (ip - this.#heapStart) / MICRO_OP_SIZE + count;
    if (end > this.#origins.length) {
      const larger = new Uint16Array(Math.max(this.#origins.length * 2, end));
      larger.set(this.#origins);
      this.#origins = larger;
    }
    return this.#origins;
  }

  /** Turns the block's first micro-op into a link to its own pc, so that direct jumps to it find the new code. */
  #drop(index: number): number {
    const pc = defined(this.#pcs[index], 'block in range');
    const location = locationOf(pc, this.#modes[index] ?? 0);
    const ip = defined(this.#starts[index], 'block in range');
    if (this.#entries.get(location) !== ip) return 0;
    this.#entries.delete(location);
    for (const at of new Set([ip, this.body(ip)])) {
      const word = at >>> 2;
      this.#words[word] = this.#linkCode;
      this.#words[word + 1] = 0;
      this.#words[word + 2] = pc | 0;
      this.#words[word + 3] = 0;
    }
    return 1;
  }

  #clearJumpCache(): void {
    const first = this.#memory.layout.jumpCache >>> 2;
    // An empty entry holds a pc that belongs to another entry, so that no target ever matches it.
    this.#words.fill(0, first, first + JUMP_CACHE_ENTRIES * 2);
    this.#words[first] = 2;
  }

  /** Index of the block whose micro-ops include `ip`. */
  #blockAt(ip: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#starts[middle] ?? 0) <= ip) low = middle;
      else high = middle - 1;
    }
    assert((this.#starts[low] ?? Infinity) <= ip, 'an address outside all blocks');
    return low;
  }
}

/**
 * A process's address space: its areas (VMAs), their permission bytes and their content.
 *
 * Failures are negative Linux error numbers, as the callers (system calls and the loader) want them. File content is
 * read when it is mapped, not when it is first touched: translated code does not keep the state that resuming
 * after a fault needs, unless the guest asked for it with a handler. Shared file mappings are copies too; they are
 * written back at msync, munmap and exit, around read and write calls on the same file (`flushFile`,
 * `refreshFile`), and when another address space that maps the file is about to run (`SharedFiles`). Two shared
 * mappings of one file in the same address space do not see each other's stores before that.
 */
import { assert } from '../common/assert.ts';
import { releasePage } from './code-pages.ts';
import type { GuestMemory } from './guest-memory.ts';
import { GUEST_BASE, PAGE_SIZE, PERMISSION } from './layout.ts';
import { pageCeil, pageFloor, Pages } from './pages.ts';
import { MemoryAccount } from './memory-account.ts';
import { SharedFiles } from './shared-files.ts';
import { canMerge, clipVma, VmaList, type MappedFile, type Vma } from './vma.ts';

/** The error numbers that memory calls give (asm-generic/errno-base.h). */
export const MEMORY_ERROR = { EPERM: 1, ENOMEM: 12, EACCES: 13, EFAULT: 14, EEXIST: 17, EINVAL: 22 } as const;
const { EPERM, ENOMEM, EACCES, EFAULT, EEXIST, EINVAL } = MEMORY_ERROR;

const ALL_PERMISSIONS = PERMISSION.READ | PERMISSION.WRITE | PERMISSION.EXECUTE;
/** Distance kept between the stack and the area below it (Linux: stack_guard_gap, 256 pages). */
const STACK_GAP = 256 * PAGE_SIZE;
/** The stack grows by at least this much, so that a deep recursion faults rarely. */
const STACK_GROWTH = 256 * 1024;
const WRITE_BACK_CHUNK = 1 << 16;

export interface MapRequest {
  /** Page aligned when `placement` is not `hint`. 0: no preference. */
  readonly address: number;
  /** Bytes, rounded up to pages. */
  readonly length: number;
  readonly protection: number;
  readonly maxProtection?: number;
  readonly shared?: boolean;
  /** `replace`: MAP_FIXED; `exact`: MAP_FIXED_NOREPLACE. */
  readonly placement?: 'hint' | 'replace' | 'exact';
  readonly growsDown?: boolean;
  /** Absent: as `locksNew` says. */
  readonly locked?: boolean;
  readonly name?: string;
  readonly file?: MappedFile;
  /** Page aligned offset in `file`. */
  readonly fileOffset?: number;
  /** Power of two from the page size up, for placements that we choose. */
  readonly alignment?: number;
}

export interface RemapRequest {
  readonly address: number;
  readonly oldLength: number;
  readonly newLength: number;
  readonly mayMove: boolean;
  /** MREMAP_FIXED: where the area must go. */
  readonly target?: number;
}

/** Bytes that differ from a file's, at their offset in it. */
export interface FileChange {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Why an access cannot be made, as signals tell it apart. */
export type FaultKind = 'none' | 'unmapped' | 'protected' | 'beyond-file';

export class AddressSpace {
  readonly memory: GuestMemory;
  readonly pages: Pages;
  /** Called with a range whose executable content or permissions changed. */
  onCodeChange: ((start: number, end: number) => void) | null = null;
  /** Bytes of private (or shared anonymous) accessible memory that may be mapped. */
  memoryLimit: number;
  /** Bytes that the stack may take (RLIMIT_STACK). */
  stackLimit = 8 << 20;
  /** Bytes of all mappings together (RLIMIT_AS). */
  addressLimit = Infinity;
  /** What is mapped from now on is locked: mlockall(MCL_FUTURE). */
  locksNew = false;
  readonly #areas = new VmaList();
  readonly #shared: SharedFiles;
  readonly #account: MemoryAccount;
  readonly #fileUses = new Map<MappedFile, number>();
  #charged = 0;
  #peakCharged = 0;
  #mapped = 0;
  #locked = 0;
  #heapStart = 0;
  #heapEnd = 0;
  #sharedFileAreas = 0;

  /**
   * `shared`: knows the other address spaces that map the same files.
   * `account`: counts what they have mapped, together with this one.
   */
  constructor(
    memory: GuestMemory,
    memoryLimit: number = memory.layout.guestLimit,
    shared: SharedFiles = new SharedFiles(),
    account: MemoryAccount = new MemoryAccount(),
  ) {
    this.#account = account;
    this.memory = memory;
    this.#shared = shared;
    this.memoryLimit = memoryLimit;
    this.pages = new Pages(memory);
  }

  /** First address that can't be mapped. */
  get limit(): number {
    return this.memory.layout.guestLimit;
  }

  /** Areas in ascending order. */
  get areas(): Iterable<Vma> {
    return this.#areas;
  }

  /** Bytes counted against `memoryLimit`. */
  get chargedBytes(): number {
    return this.#charged;
  }

  /** The most that `chargedBytes` ever was. */
  get peakChargedBytes(): number {
    return this.#peakCharged;
  }

  get mappedBytes(): number {
    return this.#mapped;
  }

  get lockedBytes(): number {
    return this.#locked;
  }

  /** Of a range, the bytes that are locked. */
  lockedIn(address: number, length: number): number {
    const end = address + length;
    const locked = this.#areas.overlapping(address, end).filter((area) => area.locked);
    return locked.reduce((sum, area) => sum + Math.min(area.end, end) - Math.max(area.start, address), 0);
  }

  /** mlock(2), munlock(2). As in Linux, what comes before a hole is changed when the call fails with ENOMEM. */
  setLocked(address: number, length: number, locked: boolean): number {
    const start = pageFloor(address);
    const end = pageCeil(address + length);
    if (!(start >= 0) || end > this.limit) return -ENOMEM;
    let expected = start;
    for (const old of this.#areas.overlapping(start, end)) {
      if (old.start > expected) return -ENOMEM;
      expected = old.end;
      this.#lockPart(old, Math.max(old.start, start), Math.min(old.end, end), locked);
    }
    return expected < end ? -ENOMEM : 0;
  }

  /** All that is mapped now. */
  setAllLocked(locked: boolean): void {
    for (const area of [...this.#areas]) this.#lockPart(area, area.start, area.end, locked);
  }

  #lockPart(area: Vma, start: number, end: number, locked: boolean): void {
    if (area.locked === locked) return;
    this.#replacePart(area, { ...clipVma(area, start, end), locked });
    this.#mergeAround(start, end);
  }

  /** The area that holds `vaddr`. */
  find(vaddr: number): Vma | undefined {
    return this.#areas.find(vaddr);
  }

  /** True when every byte of the range grants all of `permission`; grows the stack where that makes it so. */
  checkAccess(vaddr: number, length: number, permission: number): boolean {
    for (;;) {
      const reached = this.pages.accessibleLength(vaddr, length, permission);
      if (reached === length) return true;
      if ((permission & PERMISSION.WRITE) !== 0 && this.#releaseCode(vaddr + reached)) continue;
      if (!(vaddr + reached < this.limit) || !this.#growStack(vaddr + reached)) return false;
    }
  }

  /** Highest place where `length` bytes fit, below the stack's reserve. -ENOMEM where none is left. */
  #place(length: number, alignment: number): number {
    const ceiling = this.limit - Math.min(pageCeil(this.stackLimit), this.limit / 4) - STACK_GAP;
    const start = this.#areas.highestGap(length, GUEST_BASE, pageFloor(ceiling), alignment);
    return start < 0 ? -ENOMEM : start;
  }

  /** mmap(2). Returns the address, or a negative error number. Owns `request.file` from a success on. */
  map(request: MapRequest): number {
    const { address, protection, file, placement = 'hint' } = request;
    const length = pageCeil(request.length);
    if (length === 0) return -EINVAL;
    if (length > this.limit) return -ENOMEM;
    const start = this.#chooseStart(request, length);
    if (start < 0) return start;
    const end = start + length;
    const area: Vma = {
      start,
      end,
      protection: protection & ALL_PERMISSIONS,
      maxProtection: request.maxProtection ?? ALL_PERMISSIONS,
      shared: request.shared ?? false,
      growsDown: request.growsDown ?? false,
      locked: request.locked ?? this.locksNew,
      name: request.name ?? '',
      file: file ?? null,
      fileOffset: file === undefined ? 0 : (request.fileOffset ?? 0),
    };
    const replaced = placement === 'replace' ? this.#areas.overlapping(start, end) : [];
    if (
      this.#exceedsLimits(
        [area],
        replaced.map((old) => clipVma(old, Math.max(old.start, start), Math.min(old.end, end))),
      )
    )
      return -ENOMEM;
    if (placement === 'replace') this.unmap(address, length);
    this.#add(area);
    this.#populate(area);
    this.#codeChanged([area]);
    this.#mergeAround(start, end);
    return start;
  }

  #chooseStart(request: MapRequest, length: number): number {
    const { address, placement = 'hint', alignment = PAGE_SIZE } = request;
    if (placement === 'hint') {
      const hint = pageFloor(address);
      const usable = hint >= GUEST_BASE && hint + length <= this.limit && hint % alignment === 0;
      if (usable && this.#areas.isFree(hint, hint + length)) return hint;
      return this.#place(length, alignment);
    }
    if (address % PAGE_SIZE !== 0) return -EINVAL;
    if (!(address >= 0) || address + length > this.limit) return -ENOMEM;
    if (address < GUEST_BASE) return -EPERM;
    if (placement === 'exact' && !this.#areas.isFree(address, address + length)) return -EEXIST;
    return address;
  }

  /** munmap(2). */
  unmap(address: number, length: number): number {
    if (!(address >= 0) || address % PAGE_SIZE !== 0 || !(length > 0)) return -EINVAL;
    const end = address + pageCeil(length);
    if (end > this.limit) return -EINVAL;
    const areas = this.#carve(address, end);
    this.#codeChanged(areas);
    for (const area of areas) {
      this.#writeBack(area);
      this.pages.setPermissions(area.start, area.end, 0);
      this.#drop(area);
    }
    return 0;
  }

  /** Unmaps everything, writing shared files back; used at exit and by execve. */
  unmapAll(): void {
    this.unmap(0, this.limit);
    this.locksNew = false;
    this.#heapStart = 0;
    this.#heapEnd = 0;
  }

  /** Whether the guest may have a copy of all this. */
  get canBeCopied(): boolean {
    return !this.#account.exceededBy(this.#charged);
  }

  /** fork(2): takes the areas and the content of another address space; this one is empty. */
  copyFrom(other: AddressSpace): void {
    other.memory.others?.stop();
    const files = new Map<MappedFile, MappedFile>();
    const fileOf = (file: MappedFile | null): MappedFile | null => {
      if (file === null) return null;
      let copy = files.get(file);
      if (copy === undefined) files.set(file, (copy = file.share()));
      return copy;
    };
    this.stackLimit = other.stackLimit;
    this.addressLimit = other.addressLimit;
    this.#heapStart = other.#heapStart;
    this.#heapEnd = other.#heapEnd;
    for (const area of other.#areas) {
      const copy = { ...area, file: fileOf(area.file), locked: false };
      this.#add(copy);
      this.pages.copyFrom(other.pages, area.start, area.end);
      this.#applyPermissions(copy);
    }
  }

  /** mprotect(2). As Linux does, areas before a hole keep the new protection when the call fails with ENOMEM. */
  protect(address: number, length: number, protection: number): number {
    if (!(address >= 0) || address % PAGE_SIZE !== 0 || !(length >= 0)) return -EINVAL;
    if (length === 0) return 0;
    const end = address + pageCeil(length);
    if (end > this.limit) return -ENOMEM;
    const bits = protection & ALL_PERMISSIONS;
    let expected = address;
    for (const old of this.#areas.overlapping(address, end)) {
      if (old.start > expected) return -ENOMEM;
      expected = old.end;
      if (old.protection === bits) continue;
      if ((bits & ~old.maxProtection) !== 0) return -EACCES;
      const part = clipVma(old, Math.max(old.start, address), Math.min(old.end, end));
      const changed: Vma = { ...part, protection: bits };
      if (this.#exceedsLimits([changed], [part])) return -ENOMEM;
      this.#codeChanged([part, changed]);
      this.#replacePart(old, changed);
      this.#applyPermissions(changed);
      this.#mergeAround(changed.start, changed.end);
    }
    return expected < end ? -ENOMEM : 0;
  }

  /** mremap(2): returns the new address. */
  remap(request: RemapRequest): number {
    const { address, mayMove, target } = request;
    const oldLength = pageCeil(request.oldLength);
    const newLength = pageCeil(request.newLength);
    if (!(address >= 0) || address % PAGE_SIZE !== 0 || !(oldLength >= 0) || !(newLength > 0)) return -EINVAL;
    if (target !== undefined) {
      if (!(target >= 0) || target % PAGE_SIZE !== 0 || target + newLength > this.limit) return -EINVAL;
      if (target < address + oldLength && address < target + newLength) return -EINVAL;
      if (target < GUEST_BASE) return -EPERM;
    }
    const area = this.#areas.find(address);
    if (area === undefined || address + oldLength > area.end) return -EFAULT;
    if (oldLength === 0) return this.#duplicate(area, address, newLength, mayMove, target);
    if (newLength < oldLength) this.unmap(address + newLength, oldLength - newLength);
    const kept = Math.min(oldLength, newLength);
    if (target === undefined) {
      if (newLength <= oldLength) return address;
      if (this.#growInPlace(address, oldLength, newLength)) return address;
      if (!mayMove) return -ENOMEM;
    } else if (!mayMove) return -EINVAL;
    return this.#move(address, kept, newLength, target);
  }

  /** brk(2): the heap's end after the call, which is the old one where the request cannot be met. */
  brk(address: number): number {
    if (!(address >= this.#heapStart) || address > this.limit) return this.#heapEnd;
    const oldEnd = pageCeil(this.#heapEnd);
    const newEnd = pageCeil(address);
    if (newEnd < oldEnd) this.unmap(newEnd, oldEnd - newEnd);
    if (newEnd > oldEnd) {
      const protection = PERMISSION.READ | PERMISSION.WRITE;
      const length = newEnd - oldEnd;
      const result = this.map({ address: oldEnd, length, protection, placement: 'exact', name: '[heap]' });
      if (result < 0) return this.#heapEnd;
    }
    this.#heapEnd = address;
    return address;
  }

  /** Says where the heap begins: after the program's last segment. */
  setHeapStart(address: number): void {
    this.#heapStart = this.#heapEnd = pageCeil(address);
  }

  /**
   * Called for a memory fault: true when the access can be made now and the instruction is to be run again, because
   * the stack grew.
   */
  handleFault(address: bigint, access: 'read' | 'write' | 'execute'): boolean {
    if (access === 'execute' || address >= BigInt(this.limit)) return false;
    return this.#growStack(Number(address));
  }

  /** Why `access` to `address` fails, for the signal's code. */
  faultKind(address: bigint, access: 'read' | 'write' | 'execute'): FaultKind {
    if (address >= BigInt(this.limit)) return 'unmapped';
    const area = this.#areas.find(Number(address));
    if (area === undefined) return 'unmapped';
    const wanted = { read: PERMISSION.READ, write: PERMISSION.WRITE, execute: PERMISSION.EXECUTE }[access];
    if ((this.pages.permission(Number(address)) & wanted) === wanted) return 'none';
    const writable = (area.protection & PERMISSION.WRITE) !== 0;
    const granted = (area.protection & wanted) === wanted || (access === 'read' && writable);
    return granted ? 'beyond-file' : 'protected';
  }

  /** madvise(MADV_DONTNEED): private pages read as zero, or as the file, again. */
  discard(address: number, length: number): number {
    if (!(address >= 0) || address % PAGE_SIZE !== 0 || !(length >= 0)) return -EINVAL;
    const end = address + pageCeil(length);
    let expected = address;
    for (const area of this.#areas.overlapping(address, Math.min(end, this.limit))) {
      const part = clipVma(area, Math.max(area.start, address), Math.min(area.end, end));
      if (part.start > expected) return -ENOMEM;
      if (part.locked) return -EINVAL;
      expected = part.end;
      if (part.shared && part.file === null) continue;
      this.#writeBack(part);
      this.#codeChanged([part]);
      this.#populate(part);
    }
    return expected < end ? -ENOMEM : 0;
  }

  /** True when the whole range is mapped, whatever its protection. */
  isMapped(address: number, length: number): boolean {
    let expected = address;
    for (const area of this.#areas.overlapping(address, address + length)) {
      if (area.start > expected) return false;
      expected = area.end;
    }
    return expected >= address + length;
  }

  /** msync(2): -ENOMEM where the range has holes. */
  sync(address: number, length: number): number {
    if (!(address >= 0) || address % PAGE_SIZE !== 0 || !(length >= 0)) return -EINVAL;
    const end = Math.min(address + pageCeil(length), this.limit);
    for (const area of this.#areas.overlapping(address, end))
      this.#writeBack(clipVma(area, Math.max(area.start, address), Math.min(area.end, end)));
    return this.isMapped(address, pageCeil(length)) ? 0 : -ENOMEM;
  }

  /** Whether any file is mapped shared, so that `flushFile` and `refreshFile` have something to do. */
  get sharesFiles(): boolean {
    return this.#sharedFileAreas > 0;
  }

  /** Writes stores made through shared mappings of a file to the file; before the file is read otherwise. */
  flushFile(device: number, inode: number): void {
    for (const area of this.#sharedAreasOf(device, inode)) this.#writeBack(area);
  }

  /** Takes a file's present content and size into its shared mappings; after the file was written otherwise. */
  refreshFile(device: number, inode: number): void {
    const areas = this.#sharedAreasOf(device, inode);
    if (areas.length > 0) this.memory.others?.stop();
    for (const area of areas) this.#populate(area);
  }

  /** Whether another address space maps a file shared that is mapped so here: only one of them may run at a time. */
  get sharesWithOthers(): boolean {
    if (this.#sharedFileAreas === 0) return false;
    for (const area of this.#areas)
      if (area.shared && area.file !== null && this.#shared.isContended(area.file)) return true;
    return false;
  }

  /** Another address space is about to run: it sees what this one stored into files that both map. */
  publish(): void {
    if (this.#sharedFileAreas === 0) return;
    for (const area of this.#areas)
      if (area.shared && area.file !== null && this.#shared.isContended(area.file)) this.#writeBack(area);
  }

  /** Takes bytes that another address space stored into a file. */
  takeShared(device: number, inode: number, changes: readonly FileChange[]): void {
    for (const area of this.#sharedAreasOf(device, inode))
      for (const { offset, bytes } of changes) {
        const at = area.start + (offset - area.fileOffset);
        const from = Math.max(at, area.start);
        const part = bytes.subarray(from - at, Math.max(Math.min(at + bytes.length, area.end) - at, from - at));
        if (part.length === 0) continue;
        const [first, last] = [pageFloor(from), pageCeil(from + part.length)];
        this.pages.withAccess(first, last, () => {
          this.memory.bytes.set(part, from);
        });
        this.pages.markDirty(first, last);
      }
  }

  /** Kernel's store, whatever the protection: the loader's and the signal trampoline's. */
  poke(vaddr: number, bytes: Uint8Array): void {
    assert(this.isMapped(vaddr, bytes.length), 'the kernel writes to mapped pages');
    const [start, end] = [pageFloor(vaddr), pageCeil(vaddr + bytes.length)];
    this.pages.markDirty(start, end);
    this.pages.withAccess(start, end, () => {
      this.memory.bytes.set(bytes, vaddr);
    });
  }

  #sharedAreasOf(device: number, inode: number): Vma[] {
    if (this.#sharedFileAreas === 0) return [];
    return [...this.#areas].filter((area) => area.shared && area.file?.device === device && area.file.inode === inode);
  }

  /** The kernel is about to write to a page that is watched for its code. */
  #releaseCode(vaddr: number): boolean {
    // What lies before and after the permissions of pages is not there to be read.
    if (!(vaddr >= 0 && vaddr < this.limit)) return false;
    const start = pageFloor(vaddr);
    if (!releasePage(this.memory, start / PAGE_SIZE)) return false;
    this.onCodeChange?.(start, start + PAGE_SIZE);
    return true;
  }

  #growStack(vaddr: number): boolean {
    const area = this.#areas.atOrAbove(vaddr);
    if (!area?.growsDown || area.start <= vaddr) return false;
    const floor = Math.max(
      pageCeil(area.end - this.stackLimit),
      (this.#areas.below(vaddr)?.end ?? GUEST_BASE) + STACK_GAP,
    );
    const needed = pageFloor(vaddr);
    if (needed < floor) return false;
    const preferred = Math.max(Math.min(needed, area.start - STACK_GROWTH), floor);
    for (const start of [preferred, needed]) {
      const part: Vma = { ...area, start, end: area.start };
      if (this.#exceedsLimits([part], [])) continue;
      this.#swap(area, { ...area, start });
      this.#populate(part);
      return true;
    }
    return false;
  }

  #growInPlace(address: number, oldLength: number, newLength: number): boolean {
    const area = this.#areas.find(address);
    const end = address + newLength;
    if (area?.end !== address + oldLength || end > this.limit) return false;
    if (!this.#areas.isFree(area.end, end)) return false;
    const grown: Vma = { ...area, end };
    const part = clipVma(grown, area.end, end);
    if (this.#exceedsLimits([part], [])) return false;
    this.#swap(area, grown);
    this.#populate(part);
    this.#mergeAround(grown.start, grown.end);
    return true;
  }

  #move(address: number, kept: number, newLength: number, target: number | undefined): number {
    const source = this.#areas.find(address);
    assert(source !== undefined && source.end >= address + kept, 'the range to move lies in one area');
    const old = clipVma(source, address, address + kept);
    const start = target ?? this.#place(newLength, PAGE_SIZE);
    if (start < 0) return start;
    const moved: Vma = { ...old, start, end: start + newLength };
    if (this.#exceedsLimits([moved], [old])) return -ENOMEM;
    if (target !== undefined) this.unmap(target, newLength);
    this.#writeBack(old);
    this.#add(moved);
    this.#populate(moved);
    if (!(old.shared && old.file !== null)) this.pages.copy(old.start, old.end, start);
    this.#codeChanged([moved]);
    this.unmap(address, kept);
    this.#mergeAround(moved.start, moved.end);
    return start;
  }

  /** mremap with an old length of 0: a second mapping of the same shared object. */
  #duplicate(area: Vma, address: number, length: number, mayMove: boolean, target: number | undefined): number {
    // A shared anonymous area has no object behind it here that a second mapping could show.
    if (!area.shared || area.file === null || !mayMove) return -EINVAL;
    const start = target ?? this.#place(length, PAGE_SIZE);
    if (start < 0) return start;
    const copy: Vma = { ...clipVma(area, address, area.end), start, end: start + length };
    if (this.#exceedsLimits([copy], [])) return -ENOMEM;
    if (target !== undefined) this.unmap(target, length);
    this.flushFile(area.file.device, area.file.inode);
    this.#add(copy);
    this.#populate(copy);
    this.#codeChanged([copy]);
    return start;
  }

  /** Gives an area that was just added its content and its permission bytes. */
  #populate(area: Vma): void {
    this.pages.zero(area.start, area.end);
    const { file } = area;
    if (file !== null) {
      const length = Math.max(Math.min(area.end - area.start, file.size() - area.fileOffset), 0);
      const into = this.memory.bytes.subarray(area.start, area.start + length);
      const done = this.pages.withAccess(area.start, area.end, () => readFully(file, area.fileOffset, into));
      if (done > 0) this.pages.markDirty(area.start, pageCeil(area.start + done));
    }
    this.#applyPermissions(area);
  }

  /** Whole pages past the end of a mapped file are not accessible: SIGBUS, whatever the protection. */
  #applyPermissions(area: Vma): void {
    let accessible = area.end;
    if (area.file !== null) {
      const behindFile = area.start + pageCeil(Math.max(area.file.size() - area.fileOffset, 0));
      accessible = Math.min(area.end, behindFile);
      this.pages.setPermissions(accessible, area.end, 0);
    }
    this.pages.setPermissions(area.start, accessible, area.protection);
  }

  /** Stores what differs from the file; unchanged parts are left alone, so that they can't undo other writes. */
  #writeBack(area: Vma): void {
    const { file } = area;
    if (!isWrittenBack(area) || file === null) return;
    // Nobody else can look at it.
    if (file.anonymous && !this.#shared.isContended(file)) return;
    this.pages.withAccess(area.start, area.end, () => {
      this.#writeDifferences(area, file);
    });
  }

  #writeDifferences(area: Vma, file: MappedFile): void {
    const changes: FileChange[] = [];
    const length = Math.min(area.end - area.start, file.size() - area.fileOffset);
    const present = new Uint8Array(Math.min(WRITE_BACK_CHUNK, Math.max(length, 0)));
    for (let done = 0; done < length; done += WRITE_BACK_CHUNK) {
      const size = Math.min(WRITE_BACK_CHUNK, length - done);
      const ours = this.memory.bytes.subarray(area.start + done, area.start + done + size);
      const count = readFully(file, area.fileOffset + done, present.subarray(0, size));
      present.fill(0, count, size);
      for (let page = 0; page < size; page += PAGE_SIZE) {
        const bytes = ours.subarray(page, page + PAGE_SIZE);
        if (count >= page + bytes.length && !differs(bytes, present, page)) continue;
        file.write(area.fileOffset + done + page, bytes);
        changes.push({ offset: area.fileOffset + done + page, bytes });
      }
    }
    if (changes.length === 0) return;
    // A second mapping here would otherwise bring back what was there before.
    const others = this.#sharedAreasOf(file.device, file.inode).some(({ start }) => start !== area.start);
    if (others) this.takeShared(file.device, file.inode, changes);
    this.#shared.spread(this, file, changes);
  }

  #exceedsLimits(added: readonly Vma[], removed: readonly Vma[]): boolean {
    const sum = (areas: readonly Vma[], of: (area: Vma) => number): number =>
      areas.reduce((total, area) => total + of(area), 0);
    const charge = sum(added, charged) - sum(removed, charged);
    const mapped = sum(added, sizeOf) - sum(removed, sizeOf);
    return (
      (charge > 0 && this.#charged + charge > this.memoryLimit) ||
      this.#account.exceededBy(charge) ||
      (mapped > 0 && this.#mapped + mapped > this.addressLimit)
    );
  }

  #codeChanged(areas: readonly Vma[]): void {
    for (const area of areas)
      if ((area.protection & PERMISSION.EXECUTE) !== 0) this.onCodeChange?.(area.start, area.end);
  }

  /** Splits areas at both ends of the range and returns those inside. */
  #carve(start: number, end: number): Vma[] {
    return this.#areas.overlapping(start, end).map((area) => {
      const part = clipVma(area, Math.max(area.start, start), Math.min(area.end, end));
      this.#replacePart(area, part);
      return part;
    });
  }

  /** Replaces the part of `area` that `part` covers. */
  #replacePart(area: Vma, part: Vma): void {
    const pieces: Vma[] = [];
    if (area.start < part.start) pieces.push(clipVma(area, area.start, part.start));
    pieces.push(part);
    if (part.end < area.end) pieces.push(clipVma(area, part.end, area.end));
    this.#swap(area, ...pieces);
  }

  #swap(area: Vma, ...pieces: Vma[]): void {
    for (const piece of pieces) this.#count(piece, 1);
    this.#count(area, -1);
    for (let more = 1; more < pieces.length; more++) area.file?.watcher?.opened();
    this.#peakCharged = Math.max(this.#peakCharged, this.#charged);
    this.#areas.replace(area, ...pieces);
  }

  #add(area: Vma): void {
    this.#areas.insert(area);
    this.#count(area, 1);
    area.file?.watcher?.opened();
    this.#peakCharged = Math.max(this.#peakCharged, this.#charged);
  }

  #drop(area: Vma): void {
    this.#areas.remove(area);
    this.#count(area, -1);
    area.file?.watcher?.closed();
  }

  #count(area: Vma, sign: 1 | -1): void {
    this.#charged += sign * charged(area);
    this.#account.add(sign * charged(area));
    this.#mapped += sign * sizeOf(area);
    if (area.locked) this.#locked += sign * sizeOf(area);
    const { file } = area;
    if (file === null) return;
    if (area.shared) {
      this.#sharedFileAreas += sign;
      this.#shared.count(this, file, sign);
    }
    const uses = (this.#fileUses.get(file) ?? 0) + sign;
    if (uses > 0) {
      this.#fileUses.set(file, uses);
      return;
    }
    this.#fileUses.delete(file);
    file.release();
  }

  /** Joins areas that touch at `start`, at `end`, or in between. */
  #mergeAround(start: number, end: number): void {
    let left = this.#areas.find(start - 1) ?? this.#areas.find(start);
    while (left !== undefined && left.end <= end) {
      const right = this.#areas.find(left.end);
      if (right === undefined) {
        left = this.#areas.atOrAbove(left.end);
        continue;
      }
      if (!canMerge(left, right)) {
        left = right;
        continue;
      }
      const joined: Vma = { ...left, end: right.end };
      this.#count(joined, 1);
      this.#drop(right);
      this.#count(left, -1);
      this.#areas.replace(left, joined);
      left = joined;
    }
  }
}

function sizeOf(area: Vma): number {
  return area.end - area.start;
}

function charged(area: Vma): number {
  // The pages of a shared file are the file's; those of an anonymous one have no other owner.
  return area.protection === 0 || (area.shared && area.file?.anonymous === false) ? 0 : sizeOf(area);
}

/** Whether the guest's stores are the file's content in the end. */
function isWrittenBack(area: Vma): boolean {
  return area.shared && (area.maxProtection & PERMISSION.WRITE) !== 0;
}

function readFully(file: MappedFile, offset: number, into: Uint8Array): number {
  let done = 0;
  while (done < into.length) {
    const count = file.read(offset + done, into.subarray(done));
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** Whether `bytes` are not what `other` holds from `offset` on. */
function differs(bytes: Uint8Array, other: Uint8Array, offset: number): boolean {
  for (let index = 0; index < bytes.length; index++) if (bytes[index] !== other[offset + index]) return true;
  return false;
}

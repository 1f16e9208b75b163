/** The side of the thread that compiles: it keeps what it was told of each address space, and answers one request after the other. */
import { defined } from '../common/assert.ts';
import { createFpImports } from '../fp/imports.ts';
import type { CodeSource, Guest } from '../guest/guest.ts';
import { RUNTIME_MODULE } from '../host/wasm/runtime-library.ts';
import { memoryLayout, PAGE_SHIFT, PAGE_SIZE } from '../memory/layout.ts';
import type {
  BackgroundRequest,
  CompiledBatch,
  CompileReply,
  CompileRequest,
  GuestKey,
} from './background-messages.ts';
import { compileBatch, type CodeKnowledge } from './batch.ts';
import type { CodeRange } from './code-cache.ts';

/** What was told of one address space. */
class Session {
  readonly #pages = new Map<number, Uint8Array>();
  readonly known = new Set<number>();
  /** Pcs of regions that were compiled here, and that the other side may not have yet. */
  readonly compiled = new Set<number>();

  readonly source: CodeSource = {
    readU8: (pc) => this.#pages.get(Math.floor(pc / PAGE_SIZE))?.[pc % PAGE_SIZE] ?? -1,
    readU16: (pc) => {
      const [low, high] = [this.source.readU8(pc), this.source.readU8(pc + 1)];
      return low < 0 || high < 0 ? -1 : low | (high << 8);
    },
  };

  update({ pages, bytes, gone, known }: CompileRequest): void {
    for (const page of gone) this.#pages.delete(page);
    for (const [index, page] of pages.entries())
      this.#pages.set(page, bytes.subarray(index * PAGE_SIZE, (index + 1) * PAGE_SIZE));
    for (const pc of known) this.known.add(pc);
  }

  /** The code in some ranges, one after the other, and which of their pages are not there. */
  codeIn(ranges: readonly CodeRange[]): { readonly code: Uint8Array; readonly absent: readonly number[] } {
    const parts: Uint8Array[] = [];
    const absent: number[] = [];
    for (const { start, end } of ranges) {
      for (let at = start; at < end;) {
        const number = at >>> PAGE_SHIFT;
        const next = Math.min(end, (number + 1) * PAGE_SIZE);
        const page = this.#pages.get(number);
        if (page === undefined) absent.push(number);
        else parts.push(page.subarray(at - number * PAGE_SIZE, next - number * PAGE_SIZE));
        at = next;
      }
    }
    return { code: joined(parts), absent };
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export class CompileServer {
  readonly #guestFor: (key: GuestKey) => Guest;
  readonly #clock: () => bigint;
  readonly #sessions = new Map<number, Session>();

  /** `clock`: monotonic time in nanoseconds. */
  constructor(guestFor: (key: GuestKey) => Guest, clock: () => bigint) {
    this.#guestFor = guestFor;
    this.#clock = clock;
  }

  /** Null where there is nothing to answer. */
  handle(request: BackgroundRequest): CompileReply | null {
    if (request.kind === 'close') {
      this.#sessions.delete(request.session);
      return null;
    }
    const begun = this.#clock();
    let result: CompiledBatch | null = null;
    let error: string | null = null;
    try {
      result = this.#compile(request, this.#sessionOf(request));
    } catch (thrown) {
      error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    }
    return { id: request.id, took: Number(this.#clock() - begun), result, error };
  }

  #sessionOf(request: CompileRequest): Session {
    let session = request.isNew ? undefined : this.#sessions.get(request.session);
    if (session === undefined) this.#sessions.set(request.session, (session = new Session()));
    session.update(request);
    return session;
  }

  #compile(request: CompileRequest, session: Session): CompiledBatch | null {
    const task = { ...request.task, layout: memoryLayout(request.memorySize, request.areas) };
    const batch = compileBatch(this.#guestFor(request.guest), task, knowledgeOf(request, session));
    if (batch === null || batch === 'too-large') return null;
    for (const { pc } of batch.regions) session.compiled.add(pc);
    const module = new WebAssembly.Module(batch.wasm.slice());
    warmUp(module, batch.regions.length, request.areas > 0);
    return { batch, module, ...session.codeIn(batch.ranges) };
  }
}

function knowledgeOf(request: CompileRequest, session: Session): CodeKnowledge {
  const { warmFrom, task } = request;
  const heat = new Map<number, number>();
  for (let at = 0; at < request.heat.length; at += 2) heat.set(request.heat[at] ?? 0, request.heat[at + 1] ?? 0);
  const compiled = new Set(request.compiled);
  const functions = new Set(request.functions);
  const jumps = new Map(request.jumps);
  const entries = new Map(request.entries);
  const unguarded = new Set(request.unguarded);
  const speculation = new Map(request.speculation);
  const generations = new Map(request.generations);
  const arrivals = (pc: number): number => heat.get(pc) ?? 0;
  return {
    source: session.source,
    isKnown: (pc) => session.known.has(pc),
    arrivals,
    isFunction: (pc) => functions.has(pc),
    isWarm: (pc) => arrivals(pc) >= warmFrom,
    targetsOf: (site) => jumps.get(site) ?? [],
    isCompiled: (pc) => compiled.has(pc) || (!task.precise && session.compiled.has(pc)),
    entriesOf: (pc) => entries.get(pc) ?? [],
    guardsEntries: (pc) => !unguarded.has(pc),
    speculationOf: (pc) => speculation.get(pc) ?? 'speculates',
    generationOf: (pc) => generations.get(pc) ?? 0,
  };
}

/** Where the guest's state is to be for `warmUp`. */
const NOWHERE = 0;

/**
 * Makes the host's engine compile all functions now, by calling each with no fuel and no depth, over a memory of its own: it
 * leaves at its first loop or call, or traps. The native code is shared between threads.
 */
function warmUp(module: WebAssembly.Module, regions: number, shared: boolean): void {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared });
  const leave = (): number[] => [0, 0];
  const { exports } = new WebAssembly.Instance(module, {
    env: { memory, call: leave, miss: leave },
    [RUNTIME_MODULE]: {
      ...createFpImports(() => new DataView(memory.buffer)),
      'input.time': () => 0n,
      'input.random': () => 0n,
      'input.instructions': () => 0n,
    },
  });
  for (let index = 0; index < regions; index++) {
    const run = defined(exports[`r${String(index)}`], 'a region is exported') as (...params: number[]) => unknown;
    try {
      run(NOWHERE, 0, 0, -1);
    } catch (error) {
      // There is nothing in this memory for it to work on.
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    }
  }
}

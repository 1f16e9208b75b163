/** Pcs of blocks that were executed elsewhere, as the code that was compiled from them tells, in the order of learning so. */
export class ExecutedElsewhere {
  readonly #pcs = new Set<number>();
  #learnt: number[] = [];

  has(pc: number): boolean {
    return this.#pcs.has(pc);
  }

  add(pc: number): void {
    if (this.#pcs.has(pc)) return;
    this.#pcs.add(pc);
    this.#learnt.push(pc);
  }

  delete(pc: number): void {
    this.#pcs.delete(pc);
  }

  /** How many were learnt so far, for `since`. */
  get count(): number {
    return this.#learnt.length;
  }

  /** Those that were learnt after the first `count`, and are known still. */
  since(count: number): readonly number[] {
    return this.#learnt.slice(count).filter((pc) => this.#pcs.has(pc));
  }

  /** Forgets all; who asks for news begins anew. */
  clear(): void {
    this.#pcs.clear();
    this.#learnt = [];
  }
}

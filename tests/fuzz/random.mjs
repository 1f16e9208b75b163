// @ts-check
/** A small seeded generator (sfc32): the same programs from the same seed on every machine. */
export class Random {
  #a;
  #b;
  #c;
  #counter = 1;

  /** @param {number} seed @param {number} [stream] */
  constructor(seed, stream = 0) {
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 0x100000000) | 0;
    this.#c = stream | 0;
    for (let i = 0; i < 16; i++) this.u32();
  }

  /** 32 random bits, unsigned. */
  u32() {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** An integer in [0, n). @param {number} n */
  below(n) {
    return Math.floor((this.u32() / 0x100000000) * n);
  }

  /** An integer in [low, high]. @param {number} low @param {number} high */
  between(low, high) {
    return low + this.below(high - low + 1);
  }

  /** @param {number} probability */
  chance(probability) {
    return this.u32() < probability * 0x100000000;
  }

  /** @template T @param {readonly T[]} list @returns {T} */
  pick(list) {
    const item = list[this.below(list.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }

  /** 64 random bits. */
  u64() {
    return (BigInt(this.u32()) << 32n) | BigInt(this.u32());
  }
}

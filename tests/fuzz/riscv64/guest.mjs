// @ts-check
/** How riscv64 is fuzzed; see guests.mjs. */
import { exceptions } from './exceptions.mjs';
import { layOut, readRecord } from './program.mjs';
import { SequenceGenerator } from './sequence.mjs';

/** @type {import('../guests.mjs').FuzzGuest} */
export const riscv64 = {
  name: 'riscv64',
  emulator: ['qemu-riscv64-static'],
  // EF_RISCV_RVC and the double-float ABI.
  elf: { machine: 243, flags: 5 },
  generator: (random, rows) => new SequenceGenerator(random, rows),
  layOut,
  readRecord,
  exceptions,
  // A write of frm is followed by one that makes it valid again; the others accompany reservations.
  needs: (name, pattern) =>
    (name === 'csrrwi' && ['csrrw', 'csrrs', 'csrrc', 'csrrsi', 'csrrci'].some((one) => pattern.test(one))) ||
    /^(addi|xor|add|max|lr\.[wd]|sc\.[wd])$/.test(name),
  // fence.i drops all compiled code, and after a few drops nothing is compiled any more; an exception (exceptions.mjs)
  // is judged by the registers before the last pass only.
  notLooped: (name) => name === 'fence.i' || name === 'ctzw',
  // The reference gets ctzw wrong, see exceptions.mjs.
  notSampled: (name, tier) => name === 'ctzw' || (tier === 1 && /^(fence\.i|csr.*)$/.test(name)),
  describeInputs: (name, values, before) =>
    Object.entries(values)
      .filter(([field]) => /^rs\d$/.test(field))
      .map(([field, register]) => {
        const show = (/** @type {string} */ file) =>
          `0x${(before.get(`${file}${String(register)}`) ?? 0n).toString(16).padStart(16, '0')}`;
        return `${name} ${field}: x${String(register)} ${show('x')}, f${String(register)} ${show('f')}`;
      }),
};

/** Random programs in regions, whose state is compared with tier 0's at every exit of a region. */
import { describe, expect, it } from 'vitest';
import { Lockstep } from '../../src/engine/testing/lockstep.ts';
import { Vcpu } from '../../src/engine/vcpu.ts';
import { GuestMemory } from '../../src/memory/guest-memory.ts';
import { nodePageProtection } from '../../src/platform/node/page-protection.ts';
import { enableRelaxedSimd } from '../../src/platform/node/relaxed-simd.ts';
import { fuzzGuests, loadGuest } from './guests.mjs';
import { runInHospes } from './hospes.mjs';
import { digest, sampleProgram } from './sample.mjs';

const modules: Readonly<Record<string, () => Promise<unknown>>> = {
  aarch64: () => import('../../src/guest/aarch64/index.ts'),
  riscv64: () => import('../../src/guest/riscv64/index.ts'),
};
const { protection, reason } = nodePageProtection();
const settings = [
  { model: 'strict', isPrecise: false },
  { model: 'strict', isPrecise: true },
  { model: 'range', isPrecise: false },
  { model: 'host', isPrecise: false },
  { model: 'host', isPrecise: true },
] as const;
/** Compiling takes long: unless all is to run, few sequences do. */
const SEQUENCES = process.env['HOSPES_FULL_SIZE'] === '1' ? 250 : 15;

describe.each(Object.keys(fuzzGuests))('random %s instructions', async (name) => {
  const guest = await loadGuest(name, modules[name]!);
  const parts = { Vcpu, GuestMemory, guest: guest.guest, enableWasmFeatures: enableRelaxedSimd };

  it.each(settings.map((setting, index) => ({ ...setting, seed: 100 + index })))(
    `as in tier 0 at each exit, $model, precise: $isPrecise (host: ${reason ?? 'available'})`,
    ({ model, isPrecise, seed }) => {
      const program = sampleProgram(guest, seed, 1, SEQUENCES);
      const lockstep = new Lockstep();
      // Where the host has no page protection, `host` is strict.
      const regions = runInHospes({ ...parts, pageProtection: () => protection }, program, model, 1, {
        makeVcpu: (options) => {
          const vcpu = new Vcpu(options);
          vcpu.setPreciseFaults(isPrecise);
          return lockstep.record(vcpu);
        },
      });
      const tier0 = runInHospes(parts, program, 'strict', 0, { makeVcpu: (options) => lockstep.follower(options) });
      expect([regions.stopped, tier0.stopped]).toEqual([null, null]);
      expect(digest(tier0.data)).toBe(digest(regions.data));
      expect(lockstep.isDone).toBe(true);
      expect(lockstep.compared).toBeGreaterThan(SEQUENCES);
      expect(regions.compiled).toBeGreaterThan(regions.instructions * 0.3);
    },
  );
});

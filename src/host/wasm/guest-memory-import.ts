/** How every module that touches guest memory imports it. */
import type { MemoryLayout } from '../../memory/layout.ts';
import type { ModuleBuilder } from './encoder.ts';

/** Minimum 0: with a larger one V8 takes accesses at constant addresses as known in bounds (docs/architecture.md). */
const LIMITS = { min: 0, max: 65536 } as const;

/** Imports `env.memory`. */
export function importGuestMemory(module: ModuleBuilder, { areas }: Pick<MemoryLayout, 'areas'>): void {
  module.importMemory('env', 'memory', areas > 0 ? { ...LIMITS, shared: true } : LIMITS);
}

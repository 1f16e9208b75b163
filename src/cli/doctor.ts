/** `hospes doctor`: what this machine offers, as a table or as JSON. */
import { wasmProbes } from '../api/wasm-capabilities.ts';
import { capabilityOf, type Capability, type CapabilityStore, type Probe } from '../common/capability.ts';
import { nodeProbes } from '../platform/node/probes/index.ts';
import { probeFiles } from '../platform/node/probes/store.ts';
import { enableRelaxedSimd } from '../platform/node/relaxed-simd.ts';
import type { DoctorRequest } from './command-line.ts';
import { EXIT_STATUS } from './exit-status.ts';
import { wrap } from './options.ts';

/** Everything that is probed, in the order of the table. */
export const allProbes: readonly Probe[] = [...wasmProbes(enableRelaxedSimd), ...nodeProbes];

/** Succeeds whatever is missing: Hospes runs without any of it. */
export function doctorCommand(
  { json, refresh }: Pick<DoctorRequest, 'json' | 'refresh'>,
  print: (text: string) => void,
  probes: readonly Probe[] = allProbes,
  store: CapabilityStore = probeFiles(),
): number {
  const answers = probes.map((probe) => capabilityOf(probe, store, refresh));
  print(json ? `${JSON.stringify(answers)}\n` : table(probes, answers));
  return EXIT_STATUS.SUCCESS;
}

function table(probes: readonly Probe[], answers: readonly Capability[]): string {
  const width = Math.max(...probes.map(({ title }) => title.length)) + 2;
  const indent = 2 + width + 'yes  '.length;
  const rows = probes.flatMap(({ title }, index) => {
    const answer = answers[index];
    if (answer === undefined) return [];
    const { available, detail, reason, remedy } = answer;
    const text = available ? (detail ?? '') : (reason ?? '');
    const head = `  ${title.padEnd(width)}${available ? 'yes' : 'no '}  ${wrap(text, indent)}`.trimEnd();
    return remedy === undefined ? [head] : [head, ' '.repeat(indent) + wrap(`-> ${remedy}`, indent)];
  });
  return `${rows.join('\n')}\n`;
}

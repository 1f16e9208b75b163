import { describe, expect, it } from 'vitest';
import { nodeVirtualization, probeKvm } from './kvm-probe.ts';

describe('the probe of KVM', () => {
  it('says what it found, or why not and what to do', () => {
    const probe = probeKvm();
    expect(probe.name).toBe('kvm');
    if (probe.available)
      expect(probe).toEqual({
        name: 'kvm',
        available: true,
        detail: expect.stringMatching(/^a system call of a guest takes [\d.]+ us/),
      });
    else expect([probe.reason, probe.remedy]).toEqual([expect.stringMatching(/\w/), expect.stringMatching(/\w/)]);
  });

  it('agrees with what is opened', () => {
    const { virtualization, reason } = nodeVirtualization();
    expect(virtualization !== null).toBe(probeKvm().available);
    expect(virtualization === null).toBe(reason !== null);
  });
});

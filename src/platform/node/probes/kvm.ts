/** Whether /dev/kvm opens and answers. What a virtual machine on it can do is not tried here. */
import type * as Fs from 'node:fs';
import { statSync } from 'node:fs';
import type { Capability, Probe } from '../../../common/capability.ts';
import { askChild, type ChildProbe } from './child.ts';
import { KOFFI_REMEDY } from './koffi.ts';
import { findPackage } from './packages.ts';

const DEVICE = '/dev/kvm';

interface Koffi {
  load(path: null): { func(prototype: string): (...args: readonly unknown[]) => number };
}

const askVersion: ChildProbe<readonly [koffi: string, device: string]> = ({ require }, [path, device]) => {
  const fs = require('node:fs') as typeof Fs;
  const koffi = require(path) as Koffi;
  const ioctl = koffi.load(null).func('int ioctl(int fd, unsigned long request, uint64_t argument)');
  // KVM_GET_API_VERSION, which is 12 for good (Documentation/virt/kvm/api.rst, 4.1).
  const version = ioctl(fs.openSync(device, 'r+'), 0xae00, 0);
  if (version !== 12) throw new Error(`KVM has API version ${String(version)}, not 12`);
  return 'API version 12';
};

function run(): Capability {
  const no = (reason: string, remedy?: string): Capability => ({
    ...{ name: 'kvm', available: false, reason },
    ...(remedy === undefined ? {} : { remedy }),
  });
  if (process.platform !== 'linux') return no(`KVM is part of Linux, not of ${process.platform}`);
  if (statSync(DEVICE, { throwIfNoEntry: false }) === undefined)
    return no(`${DEVICE} does not exist`, 'load the module kvm_intel or kvm_amd; in a virtual machine, allow nesting');
  const koffi = findPackage('koffi');
  if ('reason' in koffi) return no(koffi.reason, KOFFI_REMEDY);
  const answer = askChild(askVersion, [koffi.path, DEVICE]);
  if ('detail' in answer) return { name: 'kvm', available: true, detail: answer.detail };
  const denied = answer.reason.startsWith('EACCES') || answer.reason.startsWith('EPERM');
  return denied ? no(`${DEVICE} may not be opened by this user`, 'join the group kvm') : no(answer.reason);
}

export const kvmProbe: Probe = {
  name: 'kvm',
  title: 'KVM',
  key() {
    const stat = statSync(DEVICE, { throwIfNoEntry: false });
    const device = stat && [stat.mode, stat.uid, stat.gid];
    return JSON.stringify([device, process.getuid?.(), process.getgroups?.(), findPackage('koffi')]);
  },
  run,
};

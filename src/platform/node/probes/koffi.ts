/** koffi, through which C functions of the host are called. */
import type { Probe } from '../../../common/capability.ts';
import { askChild, type ChildProbe } from './child.ts';
import { findPackage } from './packages.ts';

export const KOFFI_REMEDY = 'npm install koffi';

interface Koffi {
  load(path: null): { func(prototype: string): () => number };
}

/** A native module that does not fit may crash when it is loaded or called. */
const callSomething: ChildProbe<string> = ({ require }, path) => {
  const koffi = require(path) as Koffi;
  const pageSize = koffi.load(null).func('int getpagesize()')();
  if (!(pageSize >= 4096)) throw new Error(`getpagesize() gave ${String(pageSize)}`);
  return `pages of ${String(pageSize)} bytes`;
};

export const koffiProbe: Probe = {
  name: 'koffi',
  title: 'koffi (calls of C functions)',
  key: () => JSON.stringify(findPackage('koffi')),
  run() {
    const found = findPackage('koffi');
    if ('reason' in found) return { name: 'koffi', available: false, reason: found.reason, remedy: KOFFI_REMEDY };
    // Windows has no getpagesize; nothing that needs koffi runs there.
    if (process.platform === 'win32') return { name: 'koffi', available: false, reason: 'not used on win32' };
    const answer = askChild(callSomething, found.path);
    return 'detail' in answer
      ? { name: 'koffi', available: true, detail: `${found.version}, ${answer.detail}` }
      : { name: 'koffi', available: false, ...answer, remedy: 'npm rebuild koffi, or install it again' };
  },
};

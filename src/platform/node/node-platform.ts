import { nodeNativeCode } from './native-code.ts';
import { enableRelaxedSimd } from './relaxed-simd.ts';

import fs from 'node:fs';
import type { HostFiles, HostFolder, HostOutput, HostStdin, Platform } from '../types.ts';
import { NodeClock, setNodeTimer } from './clock.ts';
import { sha256, untar } from './archives.ts';
import { startCompileThread } from './compile-thread.ts';
import { nodeGuestThreads, nodeSleep, startGuestThread } from './guest-thread.ts';
import { decompress } from './decompress.ts';
import { translateErrors } from './host-errors.ts';
import { NodeHostFolder } from './host-folder.ts';
import { DescriptorOutput, NullOutput } from './output.ts';
import { nodeNetwork } from './network.ts';
import { nodeVirtualization } from './kvm-probe.ts';
import { nodePageProtection } from './page-protection.ts';
import { nodeRandom } from './random.ts';
import { FileInput, NullInput, StreamInput } from './stdin.ts';
import { NodeStreamFile } from './stream-file.ts';
import { streamKind } from './stream-kind.ts';
import { NodeTerminal } from './terminal.ts';

class NodeFiles implements HostFiles {
  openFolder(path: string): HostFolder {
    return new NodeHostFolder(path);
  }

  isFolder(path: string): boolean {
    return translateErrors(() => fs.statSync(path).isDirectory());
  }

  read(path: string): Uint8Array {
    return translateErrors(() => new Uint8Array(fs.readFileSync(path)));
  }
}

/** Made when first asked for: touching `process.stdout` and friends changes the state of their descriptors. */
function nodeTerminal(): NodeTerminal {
  return new NodeTerminal(
    () => (process.stdin.isTTY ? process.stdin : undefined),
    () => [process.stdout, process.stderr].find((stream) => stream.isTTY),
  );
}

function openStdin(): HostStdin {
  const kind = streamKind(0);
  if (kind === 'null') return new NullInput();
  if (kind === 'file') return new FileInput(new NodeStreamFile(0));
  return new StreamInput(kind, () => process.stdin, kind === 'tty' ? nodeTerminal() : undefined);
}

function openOutput(fd: number): HostOutput {
  const kind = streamKind(fd);
  if (kind === 'null' && !isOpen(fd)) return new NullOutput();
  if (kind === 'file') return new DescriptorOutput(fd, kind, { file: new NodeStreamFile(fd) });
  return new DescriptorOutput(fd, kind, kind === 'tty' ? { terminal: nodeTerminal() } : {});
}

function isOpen(fd: number): boolean {
  try {
    fs.fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}

/** Everything from the process that we run in: its clocks, its files, its descriptors 0, 1 and 2. */
export function createNodePlatform(): Platform {
  return {
    clock: new NodeClock(),
    random: nodeRandom,
    setTimer: setNodeTimer,
    pageProtection: nodePageProtection,
    virtualization: nodeVirtualization,
    enableWasmFeatures: enableRelaxedSimd,
    nativeCode: nodeNativeCode,
    startCompileThread,
    guestThreads: nodeGuestThreads,
    startGuestThread,
    sleep: nodeSleep,
    architecture: process.arch,
    files: new NodeFiles(),
    network: nodeNetwork,
    decompress,
    untar,
    sha256,
    stdin: openStdin(),
    stdout: openOutput(1),
    stderr: openOutput(2),
  };
}

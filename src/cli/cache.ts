/** `hospes cache`: what is kept from run to run in the user's cache folder. */
import {
  figuresOfKeptCode,
  nameOfKeptCode,
  problemsOfKeptCode,
  type KeptCodeFigures,
  type KeptCodeName,
} from '../api/kept-code.ts';
import { CodeFiles, translatorVersion, type CodeFile } from '../platform/node/code-store.ts';
import { enableRelaxedSimd } from '../platform/node/relaxed-simd.ts';
import type { CacheRequest } from './command-line.ts';
import { EXIT_STATUS } from './exit-status.ts';
import { bytesText, tableText } from './text.ts';

/** What one part of the command found: as values, in words, and the exit status. */
interface Answer {
  readonly value: object;
  readonly text: string;
  readonly status: number;
}

/** One entry of the cache. */
interface Entry {
  readonly file: CodeFile;
  readonly name: KeptCodeName | null;
  /** What `verify` would say; null for what it would pass. */
  readonly state: 'current' | 'other-version' | 'damaged' | 'unfinished';
}

const ACTIONS = { stats, list, verify, clear } as const satisfies Readonly<
  Record<CacheRequest['action'], (files: CodeFiles) => Answer>
>;

/** What the list says of an entry's kind. */
const KINDS: Readonly<Record<KeptCodeName['kind'], string>> = {
  compiled: '',
  ahead: ' (compiled ahead)',
  blocks: ' (tier 0)',
  native: ' (native code)',
  engine: " (the engine's native code)",
};

/** Does what `request` asks for; returns the exit status. */
export function cacheCommand({ action, json }: CacheRequest, print: (text: string) => void): number {
  const { value, text, status } = ACTIONS[action](new CodeFiles());
  print(json ? `${JSON.stringify(value)}\n` : text);
  return status;
}

function entriesOf(files: CodeFiles): Entry[] {
  const version = translatorVersion();
  return files.list().map((file) => {
    if (!file.isFinished) return { file, name: null, state: 'unfinished' };
    const { key } = files.content(file);
    const name = key === null ? null : nameOfKeptCode(key);
    if (name === null) return { file, name, state: 'damaged' };
    return { file, name, state: name.version === version ? 'current' : 'other-version' };
  });
}

function stats(files: CodeFiles): Answer {
  const entries = entriesOf(files);
  const bytes = entries.reduce((sum, { file }) => sum + file.size, 0);
  const count = (state: Entry['state']): number => entries.filter((entry) => entry.state === state).length;
  const value = {
    folder: files.folder,
    limit: files.limit,
    bytes,
    entries: entries.length - count('unfinished'),
    current: count('current'),
    otherVersions: count('other-version'),
    damaged: count('damaged'),
    unfinished: count('unfinished'),
  };
  const text = tableText([
    ['folder', files.folder],
    ['size', `${bytesText(bytes)} of at most ${bytesText(files.limit)}`],
    ['entries', String(value.entries)],
    ['  of this version', String(value.current)],
    ['  of other versions', String(value.otherVersions)],
    ['  damaged', String(value.damaged)],
    ['unfinished files', String(value.unfinished)],
  ]);
  return { value, text, status: EXIT_STATUS.SUCCESS };
}

function list(files: CodeFiles): Answer {
  const rows = entriesOf(files).map(({ file, name, state }) => {
    const figures = state === 'current' ? figuresIn(files, file) : null;
    return {
      ...{ file: file.name, state, bytes: file.size, used: new Date(file.used).toISOString() },
      ...(name === null
        ? {}
        : {
            ...{ guest: name.guest, program: name.program, memory: name.memory },
            ...{ isShared: name.isShared, isPrecise: name.isPrecise, kind: name.kind },
          }),
      ...figures,
    };
  });
  const text = tableText([
    ['guest', 'program', 'modules', 'regions', 'blocks', 'size', 'last used', 'state'],
    ...rows.map((row) => [
      ...[
        row.guest ?? '-',
        `${row.program ?? row.file}${row.kind === undefined ? '' : KINDS[row.kind]}${row.isShared === true ? ' (parallel)' : ''}${row.isPrecise === true ? ' (handles faults)' : ''}`,
        String(row.modules ?? '-'),
        String(row.regions ?? '-'),
        String(row.blocks ?? '-'),
      ],
      ...[bytesText(row.bytes), row.used, row.state],
    ]),
  ]);
  return { value: rows, text, status: EXIT_STATUS.SUCCESS };
}

function figuresIn(files: CodeFiles, file: CodeFile): KeptCodeFigures | null {
  const { key, bytes } = files.content(file);
  return key === null ? null : figuresOfKeptCode(key, bytes);
}

function verify(files: CodeFiles): Answer {
  // Modules that use it are right where it is on.
  enableRelaxedSimd();
  const version = translatorVersion();
  const checked = files
    .list()
    .filter(({ isFinished }) => isFinished)
    .map((file) => ({ file: file.name, ...check(files, file, version) }));
  const bad = checked.filter(({ problems }) => problems.length > 0);
  const lines = checked.map(({ file, program, problems }) =>
    problems.length === 0 ? `ok   ${file} ${program}` : `BAD  ${file} ${program}: ${problems.join('; ')}`,
  );
  const summary = `${String(checked.length)} checked, ${String(bad.length)} bad`;
  return {
    value: { checked: checked.length, bad: bad.length, entries: checked },
    text: [...lines, summary].map((line) => `${line}\n`).join(''),
    status: bad.length === 0 ? EXIT_STATUS.SUCCESS : EXIT_STATUS.BAD_ENTRIES,
  };
}

/** Every byte is under the checksum; what this version would take is looked at more closely. */
function check(
  files: CodeFiles,
  file: CodeFile,
  version: string | null,
): { readonly program: string; readonly problems: readonly string[] } {
  const { key, bytes, problem } = files.content(file);
  if (key === null) return { program: '-', problems: [problem] };
  const name = nameOfKeptCode(key);
  if (name === null) return { program: '-', problems: ['has a key that is none of ours'] };
  return { program: name.program, problems: name.version === version ? problemsOfKeptCode(key, bytes) : [] };
}

function clear(files: CodeFiles): Answer {
  const removed = files.clear();
  const bytes = removed.reduce((sum, { size }) => sum + size, 0);
  const left = files.list().length;
  return {
    value: { removed: removed.length, bytes, left },
    text: `${String(removed.length)} files removed, ${bytesText(bytes)}${left === 0 ? '' : `; ${String(left)} could not be`}\n`,
    status: left === 0 ? EXIT_STATUS.SUCCESS : EXIT_STATUS.HOSPES_FAILED,
  };
}

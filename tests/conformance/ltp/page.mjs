// @ts-check
/** docs/ltp.md, made of the outcomes of a run. */

/**
 * @typedef {object} Outcome
 * @property {string} name
 * @property {string} group the test's folder, named after the call that it is about
 * @property {'pass' | 'fail' | 'broken' | 'warn' | 'not configured'} kind
 * @property {number | null} status of the process; null where it was killed
 * @property {string} output
 * @property {number} ms that it took
 */

/** Folders of LTP that are not named after a call, or after one of other guests: what their tests are about. */
const ABOUT = /** @type {const} */ ({
  abort: 'tgkill',
  epoll_create: 'epoll_create1',
  eventfd: 'eventfd2',
  execl: 'execve',
  execle: 'execve',
  execlp: 'execve',
  execv: 'execve',
  execvp: 'execve',
  fadvise: 'fadvise64',
  fork: 'clone',
  fstatat: 'newfstatat',
  futimesat: 'utimensat',
  getcontext: 'rt_sigprocmask',
  getdents: 'getdents64',
  gethostname: 'uname',
  getpagesize: 'mmap',
  getdomainname: 'uname',
  inotify: 'inotify_add_watch',
  inotify_init: 'inotify_init1',
  llseek: 'lseek',
  lsm: 'lsm_get_self_attr',
  mallinfo: 'brk',
  mallinfo2: 'brk',
  mallopt: 'brk',
  newuname: 'uname',
  nftw: 'getdents64',
  nice: 'setpriority',
  pause: 'ppoll',
  pipe: 'pipe2',
  poll: 'ppoll',
  pread: 'pread64',
  pselect: 'pselect6',
  pwrite: 'pwrite64',
  readdir: 'getdents64',
  realpath: 'getcwd',
  recv: 'recvfrom',
  sbrk: 'brk',
  select: 'pselect6',
  send: 'sendto',
  setegid: 'setresgid',
  setpgrp: 'setpgid',
  sigaction: 'rt_sigaction',
  sighold: 'rt_sigprocmask',
  signal: 'rt_sigaction',
  signalfd: 'signalfd4',
  sigpending: 'rt_sigpending',
  sigprocmask: 'rt_sigprocmask',
  sigrelse: 'rt_sigprocmask',
  sigsuspend: 'rt_sigsuspend',
  sigtimedwait: 'rt_sigtimedwait',
  sigwait: 'rt_sigtimedwait',
  sigwaitinfo: 'rt_sigtimedwait',
  sockioctl: 'ioctl',
  statvfs: 'statfs',
  timerfd: 'timerfd_settime',
  ulimit: 'setrlimit',
  utime: 'utimensat',
  utimes: 'utimensat',
  vfork: 'clone',
  wait: 'wait4',
  waitpid: 'wait4',
});

/**
 * Tells of a folder of tests whether the call that it is about is there.
 * @param {string} syscalls the text of docs/syscalls.md
 * @returns {(group: string) => boolean}
 */
export function callsThere(syscalls) {
  const calls = new Set([...syscalls.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name));
  return (group) => calls.has(callOf(group)) || calls.has(group);
}

/** @param {string} group @returns {string} */
function callOf(group) {
  const name = group.split('/').at(-1) ?? group;
  return Object.hasOwn(ABOUT, name) ? ABOUT[/** @type {keyof typeof ABOUT} */ (name)] : name;
}

/** @param {number} part @param {number} all */
function share(part, all) {
  return `${((100 * part) / all).toFixed(1)} %`;
}

/** @param {readonly Outcome[]} outcomes @param {Outcome['kind']} kind */
function count(outcomes, kind) {
  return outcomes.filter((outcome) => outcome.kind === kind).length;
}

/** @param {readonly Outcome[]} outcomes @returns {Map<string, Outcome[]>} */
function byGroup(outcomes) {
  /** @type {Map<string, Outcome[]>} */ const groups = new Map();
  for (const outcome of outcomes) groups.set(outcome.group, [...(groups.get(outcome.group) ?? []), outcome]);
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * The text of docs/ltp.md.
 * @param {object} run
 * @param {string} run.version
 * @param {readonly Outcome[]} run.outcomes
 * @param {ReadonlyMap<string, string>} run.known reasons by name
 * @param {readonly string[]} run.missing tests that should have been run
 * @param {number} run.absent how many tests were built that are about calls that are not there
 * @param {number} run.notBuilt
 */
export function page({ version, outcomes, known, missing, absent, notBuilt }) {
  const asked = outcomes.filter(({ kind }) => kind !== 'not configured');
  const unset = outcomes.length - asked.length;
  const passed = count(outcomes, 'pass');
  const unlisted = asked.filter(({ kind, name }) => kind !== 'pass' && !known.has(name)).map(({ name }) => name);
  if (unlisted.length > 0) throw new Error(`no reason is listed for ${unlisted.join(', ')}`);
  return `# Tests of the Linux Test Project

<!-- Made by \`npm run ltp -- ... --write-docs VERSION\`; the reasons are those of tests/expected-failures/ltp.txt. -->

The system-call tests of LTP (${version}; those of its list runtest/syscalls, built for riscv64 and linked statically), run as root in a
Debian root. They are not part of this repository. Of the tests about calls that are there ([syscalls.md](syscalls.md)),
**${share(passed, asked.length)} pass: ${String(passed)} of ${String(asked.length)}**. Another ${String(unset)} say that they cannot be run here ("not configured"): most want block devices
and mkfs, a kernel's configuration, namespaces, several processors or another architecture. Counted with these, ${share(passed, outcomes.length)} pass.

${String(absent)} tests are about calls that are not there (ENOSYS) or about none, and were not run, nor the variants for 16-bit ids and 64-bit offsets
(\`_16\`, \`_64\`), which are the same on 64-bit guests. ${String(notBuilt)} tests of the list were not built (shell scripts, and what needs libraries
that were not at hand).${missing.length === 0 ? '' : ` Not run for want of time, and counted nowhere: ${missing.join(', ')}.`}

| folder | pass | not configured | what does not pass, and why |
| --- | --- | --- | --- |
${[...byGroup(outcomes)].map(([group, tests]) => row(group, tests, known)).join('\n')}
`;
}

/** @param {string} group @param {readonly Outcome[]} tests @param {ReadonlyMap<string, string>} known */
function row(group, tests, known) {
  const unset = count(tests, 'not configured');
  const reasons = tests
    .filter(({ kind }) => kind !== 'pass' && kind !== 'not configured')
    .map(({ name }) => `${name}: ${known.get(name) ?? ''}`);
  const pass = `${String(count(tests, 'pass'))} of ${String(tests.length - unset)}`;
  const cells = [`\`${group}\``, pass, unset === 0 ? '' : String(unset), reasons.join('; ')];
  return `|${cells.map((cell) => (cell === '' ? ' ' : ` ${cell} `)).join('|')}|`;
}

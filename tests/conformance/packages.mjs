// @ts-check
/** The Debian packages whose programs the cases run; what they depend on comes along. */
export const packages = [
  ...[
    'busybox-static',
    'libc-bin',
    'bash',
    'coreutils',
    'findutils',
    'diffutils',
    'grep',
    'sed',
    'gawk',
    'mawk',
    'tar',
  ],
  ...['gzip', 'bzip2', 'xz-utils', 'zstd', 'openssl', 'sqlite3', 'bc', 'dc', 'jq', 'file'],
  ...['lua5.4', 'perl', 'python3', 'tzdata'],
];

/** The root of the cases in `cases/distribution`: what one works with in a container. */
export const distribution = [
  ...[
    'apt',
    'base-files',
    'bash',
    'bc',
    'bsdutils',
    'busybox-static',
    'bzip2',
    'coreutils',
    'cpio',
    'dash',
    'debianutils',
  ],
  ...['diffutils', 'dpkg', 'expect', 'file', 'findutils', 'gawk', 'gcc', 'git', 'grep', 'gzip', 'hostname', 'less'],
  ...[
    'libc-bin',
    'libc6',
    'libc6-dev',
    'login',
    'm4',
    'make',
    'mawk',
    'ncurses-base',
    'ncurses-term',
    'openssl',
    'passwd',
  ],
  ...['patch', 'perl', 'procps', 'psmisc', 'python3', 'python3-venv', 'rsync', 'sed', 'sqlite3', 'tar', 'time', 'tmux'],
  ...['util-linux', 'vim-tiny', 'xz-utils', 'zstd'],
];

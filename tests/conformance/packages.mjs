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

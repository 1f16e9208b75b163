/**
 * Fused sequences of micro-ops, chosen by `npm run fusion` from the execution profile of Debian programs (busybox,
 * lua, python, perl, sqlite, zstd, openssl), none of them among the benchmark kernels. Generated; do not edit.
 */
export const fusedSequences: readonly (readonly string[])[] = [];

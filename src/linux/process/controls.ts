/** Options of prctl(2) that others than the call itself look at, as keys of `Process.controls`. */
export const PR_GET_PDEATHSIG = 2;
export const PR_GET_DUMPABLE = 3;
export const PR_GET_TIMERSLACK = 30;
export const PR_GET_CHILD_SUBREAPER = 37;
export const PR_GET_NO_NEW_PRIVS = 39;
/** No option: the slack that setting it to 0 gives. */
export const DEFAULT_TIMERSLACK = -PR_GET_TIMERSLACK;

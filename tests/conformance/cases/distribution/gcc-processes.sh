cat > main.c <<'C'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#define E(call) ((call) == -1 ? errno : 0)
extern char **environ; static int shared = 1;
static void show(const char *what, int s) { if (WIFEXITED(s)) printf("%s: exit %d\n", what, WEXITSTATUS(s)); else if (WIFSIGNALED(s)) printf("%s: signal %d\n", what, WTERMSIG(s)); else if (WIFSTOPPED(s)) printf("%s: stopped %d\n", what, WSTOPSIG(s)); else printf("%s: continued %d\n", what, WIFCONTINUED(s)); fflush(stdout); }
static int cloned(void *n) { shared += *(int *)n; return 21; }
int main(int argc, char **argv) {
  int s; pid_t p; siginfo_t i; if (argc > 1) { printf("again %s %s %d\n", argv[0], argv[1], fcntl(9, F_GETFD)); return 8; } setvbuf(stdout, 0, _IOLBF, 0);
  if (!(p = vfork())) { shared = 2; _exit(4); } waitpid(p, &s, 0); printf("vfork %d\n", shared); show("vfork", s); char stack[65536]; int five = 5; p = clone(cloned, stack + 65536, CLONE_VM | CLONE_VFORK | SIGCHLD, &five); waitpid(p, &s, 0); printf("clone %d\n", shared); show("clone", s); p = clone(cloned, stack + 65536, 0, &five); printf("%d\n", E(waitpid(p, &s, WNOHANG))); waitpid(p, &s, __WCLONE); printf("no memory shared %d\n", shared);
  if (!(p = fork())) { raise(SIGSTOP); _exit(5); } waitpid(p, &s, WUNTRACED); show("a", s); printf("%d\n", waitpid(p, &s, WNOHANG | WUNTRACED)); kill(p, SIGCONT); waitpid(p, &s, WCONTINUED); show("a", s); waitid(P_PID, p, &i, WEXITED | WNOWAIT); printf("%d %d %d\n", i.si_code == CLD_EXITED, i.si_status, i.si_signo == SIGCHLD); memset(&i, 0, sizeof i); waitid(P_ALL, 0, &i, WEXITED); printf("%d\n", i.si_pid == p); printf("%d\n", E(waitid(P_ALL, 0, &i, WEXITED))); printf("%d\n", E(waitid(P_PID, 1, &i, 0)));
  int q[2]; pipe(q); prctl(PR_SET_CHILD_SUBREAPER, 1); if (!(p = fork())) { if (!fork()) { char c; close(q[1]); read(q[0], &c, 1); _exit(getppid() == 1 ? 1 : 6); } _exit(0); } waitpid(p, &s, 0); show("parent", s); close(q[1]); wait(&s); show("adopted", s); close(q[0]); prctl(PR_SET_CHILD_SUBREAPER, 0); pipe(q); if (!(p = fork())) { if (!fork()) { prctl(PR_SET_PDEATHSIG, SIGKILL); write(q[1], "r", 1); close(q[1]); pause(); } char c; read(q[0], &c, 1); _exit(0); } close(q[1]); waitpid(p, &s, 0); char c; printf("death signal %zd\n", read(q[0], &c, 1));
  if (!(p = fork())) { setpgid(0, 0); if (!fork()) pause(); if (!fork()) pause(); signal(SIGTERM, SIG_IGN); kill(0, SIGTERM); int n = 0; while (wait(&s) > 0) n += WTERMSIG(s); _exit(n); } waitpid(p, &s, 0); show("group", s); int a[3]; for (int n = 0; n < 3; n++) if (!(a[n] = fork())) _exit(10 + n); int sum = 0; for (int n = 2; n >= 0; n--) waitpid(a[n], &s, 0), sum = sum * 100 + WEXITSTATUS(s); printf("%d\n", sum);
  posix_spawn_file_actions_t fa; posix_spawnattr_t at; posix_spawn_file_actions_init(&fa); posix_spawnattr_init(&at); posix_spawn_file_actions_addopen(&fa, 1, "out", O_CREAT | O_WRONLY, 0600); posix_spawn_file_actions_adddup2(&fa, 1, 2); posix_spawn_file_actions_addchdir_np(&fa, "/"); posix_spawnattr_setflags(&at, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF); sigset_t d; sigemptyset(&d); sigaddset(&d, SIGPIPE); posix_spawnattr_setsigdefault(&at, &d); posix_spawnattr_setpgroup(&at, 0); signal(SIGPIPE, SIG_IGN); char *v[] = {"sh", "-c", "pwd; echo err >&2; kill -PIPE $$", 0}; printf("%d\n", posix_spawnp(&p, "sh", &fa, &at, v, environ)); waitpid(p, &s, 0); show("spawned", s); system("cat out; rm out"); printf("%d\n", posix_spawn(&p, "/none", 0, 0, v, environ) == ENOENT);
  fcntl(1, F_DUPFD, 9); int e = open("main", O_RDONLY | O_CLOEXEC); char *w[] = {"name", "argument", 0}; if (!(p = fork())) { fexecve(e, w, environ); _exit(99); } waitpid(p, &s, 0); show("fexecve", s); fcntl(9, F_SETFD, FD_CLOEXEC); if (!(p = fork())) { execl("./main", "main", "cloexec", (char *)0); _exit(99); } waitpid(p, &s, 0); show("exec", s); printf("%d\n", E(execl("/", "x", (char *)0))); printf("%d\n", E(execl("/none/x", "x", (char *)0))); struct rlimit r = {3, 3}; struct rusage u; if (!(p = fork())) { setrlimit(RLIMIT_CPU, &r); getrlimit(RLIMIT_CPU, &r); _exit((int)r.rlim_cur); } wait4(p, &s, 0, &u); show("limit", s); printf("%d\n", u.ru_utime.tv_sec < 100); prctl(PR_SET_NAME, "a name that is too long"); char name[16]; prctl(PR_GET_NAME, name); puts(name); printf("%d %d\n", getpgid(0) == getpgrp(), getsid(0) == getsid(getpid())); printf("%d\n", E(setpgid(1 << 22, 0))); atexit((void (*)(void))fflush); if (!(p = fork())) { printf("buffered"); _exit(0); } waitpid(p, &s, 0); return 3;
}
C
gcc -O1 -w main.c -o main && ./main; echo $?; rm main main.c

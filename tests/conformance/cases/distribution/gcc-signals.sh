cat > main.c <<'C'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
#define E(call) ((call) == -1 ? errno : 0)
static sigjmp_buf back; static siginfo_t last; static volatile int depth, most, ran, on_stack; static char *stack; static char *page;
static void jump(int s, siginfo_t *i, void *c) { (void)s; (void)c; last = *i; siglongjmp(back, 1); }
static void alternate(int s, siginfo_t *i, void *c) { char here; (void)c; (void)s; last = *i; on_stack = &here > stack && &here < stack + 65536; siglongjmp(back, 1); }
static void nest(int s) { if (++depth > most) most = depth; ran++; if (ran < 3) raise(s); depth--; }
static void note(int s, siginfo_t *i, void *c) { (void)c; printf("%d code %d value %d pid %d\n", s - SIGRTMIN, i->si_code, i->si_value.sival_int, i->si_pid == getpid()); }
static void handler(int s, void (*f)(int, siginfo_t *, void *), int flags) { struct sigaction a = {.sa_sigaction = f, .sa_flags = flags | SA_SIGINFO}; sigemptyset(&a.sa_mask); sigaction(s, &a, 0); }
static void plain(int s, void (*f)(int), int flags) { struct sigaction a = {.sa_handler = f, .sa_flags = flags}; sigemptyset(&a.sa_mask); sigaction(s, &a, 0); }
static int deep(int n) { volatile char big[4096]; big[0] = (char)n; return deep(n + 1) + big[0]; }
static void nothing(int s) { (void)s; }
static void unblock(int s, siginfo_t *i, void *c) { (void)s; (void)i; sigaddset(&((ucontext_t *)c)->uc_sigmask, SIGUSR2); }
#define TRY(what) if (!sigsetjmp(back, 1)) { what; puts("no fault"); } else
int main(void) {
  handler(SIGSEGV, jump, 0); handler(SIGBUS, jump, 0); handler(SIGFPE, jump, 0); page = mmap(0, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  TRY(*page = 1) printf("accerr %d %d\n", last.si_code == SEGV_ACCERR, last.si_addr == page); munmap(page + 4096, 4096); TRY(page[4096] = 1) printf("maperr %d %d\n", last.si_code == SEGV_MAPERR, last.si_addr == page + 4096);
  int f = open("f", O_CREAT | O_RDWR, 0600); ftruncate(f, 100); char *m = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, f, 0); TRY(m[4096] = 1) printf("bus %d %d\n", last.si_signo == SIGBUS, last.si_code == BUS_ADRERR); TRY(((void (*)(void))page)()) printf("execute %d\n", last.si_addr == page);
  stack_t alt = {.ss_sp = stack = malloc(65536), .ss_size = 65536}, old; sigaltstack(&alt, &old); printf("disabled %d\n", old.ss_flags == SS_DISABLE); handler(SIGSEGV, alternate, SA_ONSTACK); TRY(deep(0)) printf("overflow %d %d\n", last.si_signo == SIGSEGV, on_stack); sigaltstack(0, &old); printf("still %d %d\n", old.ss_flags, old.ss_sp == stack);
  plain(SIGUSR1, nest, SA_NODEFER); raise(SIGUSR1); printf("nodefer %d %d\n", most, ran); depth = most = ran = 0; plain(SIGUSR1, nest, 0); raise(SIGUSR1); printf("defer %d %d\n", most, ran); struct sigaction now; plain(SIGUSR1, nothing, SA_RESETHAND); raise(SIGUSR1); sigaction(SIGUSR1, 0, &now); printf("reset %d\n", now.sa_handler == SIG_DFL);
  for (int n = 0; n < 3; n++) handler(SIGRTMIN + n, note, 0); sigset_t set, was; sigemptyset(&set); for (int n = 0; n < 3; n++) sigaddset(&set, SIGRTMIN + n); sigprocmask(SIG_BLOCK, &set, &was); for (int n = 5; n >= 0; n--) sigqueue(getpid(), SIGRTMIN + n % 3, (union sigval){.sival_int = n}); kill(getpid(), SIGRTMIN); sigprocmask(SIG_SETMASK, &was, 0);
  int p[2]; char b; pipe(p); for (int restart = 0; restart < 2; restart++) { plain(SIGALRM, nothing, restart ? SA_RESTART : 0); pid_t k = fork(); if (!k) { for (int n = 0; n < 3; n++) { usleep(50000); kill(getppid(), SIGALRM); } usleep(50000); write(p[1], "x", 1); _exit(0); } ssize_t n; int eintr = 0; while ((n = read(p[0], &b, 1)) < 0 && errno == EINTR) eintr++; while (waitpid(k, 0, 0) < 0) ; printf("restart %d: %zd %d\n", restart, n, restart ? eintr == 0 : eintr > 0); }
  handler(SIGUSR1, unblock, 0); raise(SIGUSR1); sigprocmask(SIG_BLOCK, 0, &was); printf("mask from the frame %d\n", sigismember(&was, SIGUSR2)); sigemptyset(&set); sigaddset(&set, SIGUSR2); raise(SIGUSR2); int got; sigwait(&set, &got); printf("sigwait %d\n", got); sigprocmask(SIG_UNBLOCK, &set, 0); plain(SIGUSR2, nothing, 0); sigprocmask(SIG_BLOCK, &set, &was); raise(SIGUSR2); sigdelset(&was, SIGUSR2); printf("suspend %d\n", sigsuspend(&was)); sigpending(&set); printf("pending %d\n", sigismember(&set, SIGUSR2)); fflush(stdout);
  for (int how = 0; how < 4; how++) { pid_t k = fork(); if (!k) { plain(SIGSEGV, SIG_DFL, 0); plain(SIGABRT, nothing, 0); setenv("x", "y", 1); if (how == 0) abort(); if (how == 1) { plain(SIGSEGV, SIG_IGN, 0); *(volatile char *)page = 1; } if (how == 2) { sigset_t all; sigfillset(&all); sigprocmask(SIG_BLOCK, &all, 0); *(volatile char *)page = 1; } if (how == 3) { sigset_t all; sigfillset(&all); sigprocmask(SIG_SETMASK, &all, 0); kill(getpid(), SIGKILL); } _exit(1); } int s; waitpid(k, &s, 0); printf("died %d\n", WTERMSIG(s)); }
  printf("%d %d\n", E(sigaction(SIGKILL, &now, 0)), E(sigaction(SIGSTOP, &now, 0))); printf("%d %d\n", E(kill(getpid(), 0)), E(kill(1 << 22, 0))); unlink("f"); return 0;
}
C
ulimit -c 0; ulimit -s 512; gcc -O1 -w main.c -o main && ./main; echo $?; rm main main.c

cat > main.c <<'C'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>
static pthread_barrier_t barrier; static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER; static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; static pthread_cond_t c = PTHREAD_COND_INITIALIZER; static pthread_key_t key; static pthread_once_t once = PTHREAD_ONCE_INIT; static atomic_int atomic, onces, serial, destroyed, cleaned; static long plain; static _Thread_local int mine = 1; static int turn;
static void destroy(void *v) { if (*(int *)v < 3) { ++*(int *)v; pthread_setspecific(key, v); } else destroyed++; }
static void init(void) { onces++; } static void cleanup(void *n) { cleaned += *(int *)n; }
static void *work(void *n) { static int values[8]; long id = (long)n; values[id] = 1; pthread_setspecific(key, &values[id]); pthread_once(&once, init); if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) serial++; for (int i = 0; i < 1000; i++) { atomic_fetch_add(&atomic, 1); pthread_rwlock_wrlock(&rw); plain++; pthread_rwlock_unlock(&rw); if (i % 100 == 0) { pthread_rwlock_rdlock(&rw); sched_yield(); pthread_rwlock_unlock(&rw); } } mine += (int)id; pthread_mutex_lock(&m); while (turn != id) pthread_cond_wait(&c, &m); printf("thread %ld %d\n", id, mine); turn++; pthread_cond_broadcast(&c); pthread_mutex_unlock(&m); return (void *)(id * id); }
static void *sleeper(void *n) { pthread_cleanup_push(cleanup, n); if (*(int *)n == 1) for (;;) pause(); if (*(int *)n == 10) { int p[2]; char b; pipe(p); read(p[0], &b, 1); } if (*(int *)n == 100) { pthread_mutex_lock(&m); pthread_cleanup_push((void (*)(void *))pthread_mutex_unlock, &m); pthread_cond_wait(&c, &m); pthread_cleanup_pop(1); } if (*(int *)n == 1000) { pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, 0); for (volatile int i = 0;; i++) ; } pthread_cleanup_pop(0); return 0; }
static int eleven(void *n) { return 11 + *(int *)n; } static void *last(void *n) { usleep(50000); puts("last thread"); fflush(stdout); exit(7); return n; } static void *ready(void *s) { for (int i = 0; i < 3; i++) { usleep(1000); sem_post(s); } return 0; }
static int forked; static void prepare(void) { forked += 1; } static void parent(void) { forked += 10; } static void child(void) { forked += 100; }
static void *waits(void *set) { int s; sigwait(set, &s); return (void *)(long)s; }
int main(void) {
  pthread_t t[8]; void *r; setvbuf(stdout, 0, _IOLBF, 0); pthread_barrier_init(&barrier, 0, 8); pthread_key_create(&key, destroy); for (long n = 0; n < 8; n++) pthread_create(&t[n], 0, work, (void *)n); long sum = 0; for (int n = 0; n < 8; n++) pthread_join(t[n], &r), sum += (long)r; printf("%ld %d %ld once %d serial %d destroyed %d mine %d\n", sum, atomic, plain, onces, serial, destroyed, mine);
  int which[] = {1, 10, 100, 1000}; for (int n = 0; n < 4; n++) { pthread_create(&t[0], 0, sleeper, &which[n]); usleep(20000); pthread_cancel(t[0]); pthread_join(t[0], &r); printf("cancelled %d\n", r == PTHREAD_CANCELED); } printf("cleaned %d free %d\n", cleaned, pthread_mutex_trylock(&m)); pthread_mutex_unlock(&m);
  struct timespec at; clock_gettime(CLOCK_REALTIME, &at); at.tv_nsec += 20000000; if (at.tv_nsec >= 1000000000) at.tv_sec++, at.tv_nsec -= 1000000000; pthread_mutex_lock(&m); printf("timed %d\n", pthread_cond_timedwait(&c, &m, &at) == ETIMEDOUT); pthread_mutex_unlock(&m); pthread_rwlock_rdlock(&rw); printf("rw %d %d\n", pthread_rwlock_tryrdlock(&rw), pthread_rwlock_trywrlock(&rw) == EBUSY); pthread_rwlock_unlock(&rw); pthread_rwlock_unlock(&rw); printf("rw timed %d\n", pthread_rwlock_timedwrlock(&rw, &at)); pthread_rwlock_unlock(&rw);
  sem_t s, *named; sem_init(&s, 0, 0); pthread_create(&t[0], 0, ready, &s); for (int n = 0; n < 3; n++) while (sem_wait(&s)) ; pthread_join(t[0], 0); int v; sem_getvalue(&s, &v); int tried = sem_trywait(&s); printf("sem %d %d %d\n", v, tried, errno == EAGAIN); named = sem_open("/conformance", O_CREAT | O_EXCL, 0600, 0); if (!fork()) { sem_t *n = sem_open("/conformance", 0); sem_post(n); _exit(0); } sem_wait(named); wait(0); int unlinked = sem_unlink("/conformance"); printf("named %d %d\n", unlinked, sem_open("/conformance", 0) == SEM_FAILED);
  pthread_mutex_t *pm = mmap(0, 4096, 3, MAP_SHARED | MAP_ANONYMOUS, -1, 0); long *shared = (long *)(pm + 1); pthread_mutexattr_t ma; pthread_mutexattr_init(&ma); pthread_mutexattr_setpshared(&ma, PTHREAD_PROCESS_SHARED); pthread_mutex_init(pm, &ma); for (int n = 0; n < 4; n++) if (!fork()) { for (int i = 0; i < 500; i++) { pthread_mutex_lock(pm); long x = *shared; if (i % 50 == 0) sched_yield(); *shared = x + 1; pthread_mutex_unlock(pm); } _exit(0); } while (wait(0) > 0) ; printf("processes %ld\n", *shared);
  pthread_mutexattr_settype(&ma, PTHREAD_MUTEX_RECURSIVE); pthread_mutex_t rec; pthread_mutex_init(&rec, &ma); printf("recursive %d %d %d\n", pthread_mutex_lock(&rec), pthread_mutex_lock(&rec), pthread_mutex_unlock(&rec)); thrd_t th; int five = 5, res; thrd_create(&th, eleven, &five); thrd_join(th, &res); printf("c11 %d\n", res); sigset_t set; sigemptyset(&set); sigaddset(&set, SIGUSR1); pthread_sigmask(SIG_BLOCK, &set, 0); pthread_create(&t[0], 0, waits, &set); pthread_kill(t[0], SIGUSR1); pthread_join(t[0], &r); printf("sigwait %ld\n", (long)r); char name[16]; pthread_setname_np(pthread_self(), "renamed"); pthread_getname_np(pthread_self(), name, 16); pthread_attr_t a; size_t size; pthread_getattr_np(pthread_self(), &a); pthread_attr_getstacksize(&a, &size); printf("%s %d\n", name, size > 65536); pthread_attr_init(&a); pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED); pthread_attr_setstacksize(&a, 65536); pthread_create(&t[0], &a, ready, &s); for (int n = 0; n < 3; n++) while (sem_wait(&s)) ; pthread_spinlock_t spin; pthread_spin_init(&spin, 0); int locked = pthread_spin_lock(&spin); printf("spin %d %d\n", locked, pthread_spin_trylock(&spin) == EBUSY); pthread_atfork(prepare, parent, child); fflush(stdout); int status; if (!fork()) _exit(forked); wait(&status); printf("atfork %d %d\n", forked, WEXITSTATUS(status)); pthread_create(&t[0], 0, last, 0); pthread_exit(0);
}
C
gcc -O1 -w -pthread main.c -o main && ./main; echo $?; rm main main.c

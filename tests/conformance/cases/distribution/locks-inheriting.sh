cat > main.c <<'C'
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static pthread_mutex_t *mutex; static long total;
static void make(int kind, int shared) {
  pthread_mutexattr_t a; pthread_mutexattr_init(&a); pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
  pthread_mutexattr_settype(&a, kind); if (shared) { pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED); pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST); }
  mutex = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0); printf("init %d\n", pthread_mutex_init(mutex, &a));
}
static void *add(void *n) { for (int i = 0; i < 2000; i++) { pthread_mutex_lock(mutex); long seen = total; if (i % 100 == 0) usleep(1); total = seen + (long)n; pthread_mutex_unlock(mutex); } return 0; }
static void *timed(void *n) { struct timespec t; clock_gettime(CLOCK_REALTIME, &t); t.tv_nsec += 50000000; if (t.tv_nsec >= 1000000000) t.tv_sec++, t.tv_nsec -= 1000000000; printf("timed %d\n", pthread_mutex_timedlock(mutex, &t) == ETIMEDOUT); printf("try %d\n", pthread_mutex_trylock(mutex) == EBUSY); return n; }
int main(void) {
  pthread_t t[6]; make(PTHREAD_MUTEX_NORMAL, 0);
  for (long i = 0; i < 6; i++) pthread_create(&t[i], 0, add, (void *)(i + 1));
  for (int i = 0; i < 6; i++) pthread_join(t[i], 0);
  printf("total %ld\n", total);
  make(PTHREAD_MUTEX_ERRORCHECK, 0); pthread_mutex_lock(mutex); printf("again %d\n", pthread_mutex_lock(mutex) == EDEADLK);
  pthread_create(&t[0], 0, timed, 0); pthread_join(t[0], 0); printf("unlock %d %d\n", pthread_mutex_unlock(mutex), pthread_mutex_unlock(mutex) == EPERM);
  fflush(stdout);
#ifdef __x86_64__ /* Robust lists are nothing that qemu-user has: only the kernel itself can be asked. */
  make(PTHREAD_MUTEX_NORMAL, 1); fflush(stdout);
  if (fork() == 0) { pthread_mutex_lock(mutex); _exit(3); }
  wait(0); printf("died %d\n", pthread_mutex_lock(mutex) == EOWNERDEAD); printf("consistent %d\n", pthread_mutex_consistent(mutex)); pthread_mutex_unlock(mutex); fflush(stdout);
  if (fork() == 0) { pthread_mutex_lock(mutex); usleep(100000); _exit(3); }
  usleep(20000); printf("waited %d\n", pthread_mutex_lock(mutex) == EOWNERDEAD); pthread_mutex_unlock(mutex); printf("lost %d\n", pthread_mutex_lock(mutex) == ENOTRECOVERABLE);
#endif
}
C
gcc -O1 -pthread main.c -o main && ./main; rm -f main

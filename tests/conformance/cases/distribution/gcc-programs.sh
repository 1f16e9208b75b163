cat > main.c <<'C'
#include <complex.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
extern int twice(int);
static _Thread_local int mine = 5; static jmp_buf back; static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
static void *thread(void *n) { mine += (int)(long)n; return (void *)(long)mine; }
static void caught(int s) { (void)s; longjmp(back, 1); }
int main(int argc, char **argv) {
  pthread_t t; void *r; pthread_create(&t, 0, thread, (void *)7L); pthread_join(t, &r); printf("%ld %d\n", (long)r, mine);
  int a[] = {5, 3, 9, 1}; qsort(a, 4, sizeof *a, compare); printf("%d %d %d\n", a[0], a[3], twice(21));
  double complex z = cexp(I * 3.14159265358979323846); printf("%.6f %.6f %.10g %a\n", creal(z), cimag(z), sqrt(2), 0.1L > 0.1 ? 1.0 : 2.0);
  signal(SIGSEGV, caught); if (!setjmp(back)) *(volatile int *)0 = 1; else puts("fault"); char *s; asprintf(&s, "%s %s", argv[0], argc > 1 ? argv[1] : "-"); puts(s);
  struct tm tm = {.tm_year = 100, .tm_mday = 1}; char d[40]; strftime(d, 40, "%F %j", &tm); puts(d); atexit((void (*)(void))abort); atexit((void (*)(void))fflush); fflush(stdout); return 3;
}
C
echo 'int twice(int n) { return 2 * n; }' > twice.c
for flags in '-O2 -fPIE -pie' '-O1 -static'; do gcc -D_GNU_SOURCE $flags -pthread main.c twice.c -lm -o main 2>&1 | grep -v warning: | grep error; ./main one; echo $?; done 2>&1 | grep -v Aborted
gcc -shared -fPIC twice.c -o libtwice.so && gcc -D_GNU_SOURCE -pthread main.c -L. -ltwice -lm -o main && LD_LIBRARY_PATH=. ./main two | head -n 2; ./main 2>&1 | sed 's/.*libtwice/libtwice/' | cut -c1-40
ar rcs libtwice.a twice.o 2>/dev/null; gcc -c twice.c && ar rcs libtwice.a twice.o && ar t libtwice.a && nm libtwice.a | grep -c ' T '; echo 'int main(void) { return x; }' | gcc -xc - 2>&1 | grep -c error; gcc -E -dM - < /dev/null | grep -c '__LP64__ 1'; gcc -S -O1 twice.c && grep -c twice: twice.s; strip main; file main | cut -d, -f1; rm -f main* *.so *.a *.o *.s twice.c a.out

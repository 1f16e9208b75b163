mkdir lib other; cat > lib.c <<'C'
#include <stdio.h>
int value = 7; __thread int local = 3; extern int hook(void) __attribute__((weak));
__attribute__((constructor)) static void begin(void) { puts("lib begins"); } __attribute__((destructor)) static void end(void) { puts("lib ends"); }
int f(int n) { return hook ? n + hook() : n; } int two_v1(void) { return 1; } int two_v2(void) { return 2; }
#ifdef VERSIONED
__asm__(".symver two_v1,two@V1\n.symver two_v2,two@@V2");
#endif
static int quick(void) { return 11; } static void *choose(void) { return quick; } int chosen(void) __attribute__((ifunc("choose")));
C
cat > main.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>
static int count(struct dl_phdr_info *i, size_t s, void *n) { (void)s; if (strstr(i->dlpi_name, "lib")) ++*(int *)n; return 0; }
int hook(void) { return 100; }
static void *thread(void *l) { int *p = dlsym(l, "local"); int old = *p; *p = 50; return (void *)(long)old; }
int main(int c, char **v) {
  puts("main"); void *l = dlopen(v[1], RTLD_NOW | (c > 2 ? RTLD_GLOBAL : 0)); if (!l) { char *e = dlerror(); puts(strstr(e, "cannot open") ? "cannot open" : e); return 1; }
  int (*f)(int) = (int (*)(int))dlsym(l, "f"); int n = 0; dl_iterate_phdr(count, &n); printf("%d %d %d\n", f(1), *(int *)dlsym(l, "value"), n > 1); printf("%d\n", ((int (*)(void))dlsym(l, "chosen"))());
  void *a = dlsym(l, "none"); printf("%d %s\n", a == 0, strstr(dlerror(), "undefined symbol")); Dl_info i; dladdr((void *)f, &i); printf("%s %s\n", strrchr(i.dli_fname, '/') + 1, i.dli_sname); pthread_t t; void *r; pthread_create(&t, 0, thread, l); pthread_join(t, &r); printf("%ld %d\n", (long)r, *(int *)dlsym(l, "local"));
  printf("%p\n", dlsym(RTLD_DEFAULT, "value") ? (void *)1 : 0); void *m = dlmopen(LM_ID_NEWLM, v[1], RTLD_NOW); if (m) { *(int *)dlsym(m, "value") = 9; printf("%d\n", *(int *)dlsym(l, "value")); dlclose(m); } printf("%d\n", dlclose(l)); puts("closed"); printf("%d\n", dlopen(v[1], RTLD_NOLOAD | RTLD_NOW) == 0); return 0;
}
C
echo 'V1 { global: two; }; V2 { global: two; } V1;' > map; cat > user.c <<'C'
#include <stdio.h>
#ifdef OLD
__asm__(".symver two,two@V1");
#endif
extern int f(int), two(void), value; int main(void) { printf("%d %d %d\n", f(2), two(), value); return 0; }
C
gcc -shared -fPIC -DVERSIONED -Wl,--version-script=map,-soname,libx.so.1 lib.c -o lib/libx.so.1 2>&1 | head -n 3; gcc -shared -fPIC lib.c -o lib/libplain.so; gcc -rdynamic main.c -o main; ./main $PWD/lib/libplain.so; echo $?; ./main $PWD/lib/libplain.so global | tail -n 7; ./main ./none.so; echo $?
for old in '' -DOLD; do gcc $old user.c -Wl,-rpath,'$ORIGIN/lib' lib/libx.so.1 -o user && ./user; done; gcc user.c lib/libx.so.1 -o user2; LD_LIBRARY_PATH=lib ./user2 | tail -n 2; ./user2 2>&1 | sed 's/.*loading/loading/'; echo $?; sed 's/value = 7/value = 8/; s/return 2/return 22/' lib.c > lib2.c; gcc -shared -fPIC -DVERSIONED -Wl,--version-script=map,-soname,libx.so.1 lib2.c -o other/libx.so.1; LD_LIBRARY_PATH=other ./user | tail -n 2
cat > pre.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>
uid_t getuid(void) { return 4242; } int puts(const char *s) { int (*real)(const char *) = (int (*)(const char *))dlsym(RTLD_NEXT, "puts"); printf("pre "); return real(s); }
C
gcc -shared -fPIC pre.c -o pre.so; LD_PRELOAD=./pre.so id -u; LD_PRELOAD=./pre.so ./main ./none.so; LD_PRELOAD=./nothing.so ./user 2>&1 | grep -c 'cannot be preloaded'; LD_BIND_NOW=1 ./user | tail -n 1; LD_TRACE_LOADED_OBJECTS=1 ./user | grep -c libx; ldd ./user | grep -o 'libx.so.1 => [^ ]*' | sed "s,$PWD,,"; LD_DEBUG=statistics ./user 2>&1 | grep -c 'relocations'; readelf -d user | grep -E 'NEEDED|RUNPATH' | sed 's/.*\[//'; nm -D lib/libx.so.1 | grep -c ' two@'; gcc -Wl,-z,now -Wl,-z,relro -pie -fPIE user.c lib/libx.so.1 -o full && LD_LIBRARY_PATH=lib ./full | tail -n 2; gcc -static-pie -o sp -xc - <<< 'int printf(const char *, ...); int main(void) { return printf("static pie\n") != 11; }' && ./sp; rm -rf lib other *.c map main user user2 pre.so full sp

/* Runs assembly cases under qemu-riscv64. Input and output are arrays of the structures below, on stdin and stdout.
   A case is entered by returning from a signal handler with its registers, and left by the signal that its last
   instruction, a breakpoint if all goes well, raises. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define CODE 0x1000000ul
#define CODE_SIZE 4096
#define DATA 0x2000000ul
#define DATA_WORDS 64

struct test {
  uint64_t code_length;
  uint8_t code[256];
  uint64_t x[32], f[32], fcsr, memory[DATA_WORDS];
};
struct outcome {
  uint64_t signal, pc, x[32], f[32], fcsr, memory[DATA_WORDS];
};

static struct test *tests;
static struct outcome *outcomes;
static long count, current = -1;
static uint64_t our_gp, our_tp;

static void finish(void) {
  size_t length = count * sizeof *outcomes;
  for (char *at = (char *)outcomes; length > 0;) {
    ssize_t written = write(1, at, length);
    if (written <= 0) _exit(1);
    at += written;
    length -= written;
  }
  _exit(0);
}

static __attribute__((noinline)) void leave_and_enter(int number, void *context) {
  mcontext_t *machine = &((ucontext_t *)context)->uc_mcontext;
  if (current >= 0) {
    struct outcome *out = &outcomes[current];
    out->signal = number;
    out->pc = machine->__gregs[0];
    for (int i = 1; i < 32; i++) out->x[i] = machine->__gregs[i];
    for (int i = 0; i < 32; i++) out->f[i] = machine->__fpregs.__d.__f[i];
    out->fcsr = machine->__fpregs.__d.__fcsr;
    memcpy(out->memory, (void *)DATA, sizeof out->memory);
  }
  if (++current == count) finish();
  struct test *next = &tests[current];
  for (int at = 0; at < CODE_SIZE; at += 2) *(uint16_t *)(CODE + at) = 0x9002;
  memcpy((void *)CODE, next->code, next->code_length);
  __builtin___clear_cache((char *)CODE, (char *)CODE + CODE_SIZE);
  memcpy((void *)DATA, next->memory, sizeof next->memory);
  machine->__gregs[0] = CODE;
  for (int i = 1; i < 32; i++) machine->__gregs[i] = next->x[i];
  for (int i = 0; i < 32; i++) machine->__fpregs.__d.__f[i] = next->f[i];
  machine->__fpregs.__d.__fcsr = next->fcsr;
}

/* The case has overwritten gp and tp, which C code needs; this is built without relaxation against gp. */
static void on_signal(int number, siginfo_t *info, void *context) {
  __asm__ volatile("mv gp, %0\n\tmv tp, %1" : : "r"(our_gp), "r"(our_tp));
  (void)info;
  leave_and_enter(number, context);
}

int main(void) {
  __asm__ volatile("mv %0, gp\n\tmv %1, tp" : "=r"(our_gp), "=r"(our_tp));
  size_t capacity = 1 << 24, length = 0;
  tests = malloc(capacity);
  for (ssize_t got; (got = read(0, (char *)tests + length, capacity - length)) > 0;) length += got;
  count = length / sizeof *tests;
  outcomes = calloc(count, sizeof *outcomes);
  mmap((void *)CODE, CODE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  mmap((void *)DATA, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  stack_t stack = {.ss_sp = malloc(1 << 16), .ss_size = 1 << 16};
  sigaltstack(&stack, NULL);
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  int signals[] = {SIGTRAP, SIGILL, SIGBUS, SIGSEGV};
  for (int i = 0; i < 4; i++) sigaction(signals[i], &action, NULL);
  __asm__ volatile("ebreak");
  return 1;
}

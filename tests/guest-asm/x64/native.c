/* Runs pieces of code on the processor itself. Input and output are arrays of the structures below, on stdin and stdout.
   A case is entered by returning from a signal handler with its registers but for the stack pointer, which two instructions
   set: IRET, by which the handler may return, takes none on some processors that is no canonical address. It is left by the signal that its last
   instruction, int3 if all goes well, raises.

   cc -O2 -static-pie -fno-stack-protector -o native native.c */
#define _GNU_SOURCE
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
#define DATA_SIZE 4096
#define ENTRY 0x3000000ul

struct state {
  uint64_t registers[16], flags;
  /* As fxsave has it: fcw, fsw, mxcsr, st and xmm registers. */
  uint8_t fx[416];
  uint8_t memory[DATA_SIZE];
};
struct test {
  uint64_t code_length;
  uint8_t code[256];
  struct state state;
};
/* mov rsp, [rip + 9], which is `rsp` below; jmp [rip + 11], which is `rip`. Neither changes flags. */
static const uint8_t entry_code[] = {0x48, 0x8b, 0x25, 9, 0, 0, 0, 0xff, 0x25, 11, 0, 0, 0, 0x90, 0x90, 0x90};
struct entry {
  uint8_t code[sizeof entry_code];
  uint64_t rsp, rip;
};
struct outcome {
  uint64_t signal, pc, address;
  struct state state;
};

static struct test *tests;
static struct outcome *outcomes;
static long count, current = -1;

static const int order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                              REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

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

static void on_signal(int number, siginfo_t *info, void *context) {
  __asm__ volatile("cld");
  mcontext_t *machine = &((ucontext_t *)context)->uc_mcontext;
  if (current >= 0) {
    struct outcome *out = &outcomes[current];
    out->signal = number;
    out->address = (uint64_t)info->si_addr;
    out->pc = machine->gregs[REG_RIP];
    for (int i = 0; i < 16; i++) out->state.registers[i] = machine->gregs[order[i]];
    out->state.flags = machine->gregs[REG_EFL];
    memcpy(out->state.fx, machine->fpregs, sizeof out->state.fx);
    memcpy(out->state.memory, (void *)DATA, DATA_SIZE);
  }
  if (++current == count) finish();
  struct test *next = &tests[current];
  memset((void *)CODE, 0xcc, CODE_SIZE);
  memcpy((void *)CODE, next->code, next->code_length);
  memcpy((void *)DATA, next->state.memory, DATA_SIZE);
  struct entry *entry = (struct entry *)ENTRY;
  for (int i = 0; i < 16; i++)
    if (order[i] == REG_RSP) entry->rsp = next->state.registers[i];
    else machine->gregs[order[i]] = next->state.registers[i];
  machine->gregs[REG_RSP] = ENTRY;
  machine->gregs[REG_RIP] = ENTRY;
  machine->gregs[REG_EFL] = next->state.flags;
  memcpy(machine->fpregs, next->state.fx, sizeof next->state.fx);
}

int main(void) {
  size_t capacity = 1 << 24, length = 0;
  tests = malloc(capacity);
  for (ssize_t got; (got = read(0, (char *)tests + length, capacity - length)) > 0; length += got)
    if (length + got == capacity) tests = realloc(tests, capacity *= 2);
  count = length / sizeof *tests;
  outcomes = calloc(count, sizeof *outcomes);
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  mmap((void *)CODE, CODE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC, flags, -1, 0);
  mmap((void *)DATA, DATA_SIZE, PROT_READ | PROT_WRITE, flags, -1, 0);
  struct entry *entry = mmap((void *)ENTRY, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, flags, -1, 0);
  memcpy(entry->code, entry_code, sizeof entry_code);
  entry->rip = CODE;
  stack_t stack = {.ss_sp = malloc(1 << 20), .ss_size = 1 << 20};
  sigaltstack(&stack, NULL);
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  int signals[] = {SIGTRAP, SIGSEGV, SIGILL, SIGFPE, SIGBUS};
  for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, NULL);
  if (count > 0) __asm__ volatile("int3");
  return 0;
}

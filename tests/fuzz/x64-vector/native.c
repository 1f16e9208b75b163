/*
 * Runs single instructions on the processor, each from a whole state to a whole state. Reads `struct in` records from
 * standard input, writes `struct out` records. An instruction is followed by int3; the signal that ends it has the state.
 *
 *   cc -O1 -o native native.c
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <signal.h>
#include <setjmp.h>
#include <ucontext.h>
#include <sys/mman.h>
#include <unistd.h>
#include <immintrin.h>
#define MEM 0x2000000UL
#define CODE 0x1000000UL
#define STATE 0x3000000UL
struct state { uint64_t gpr[16]; uint64_t flags; uint8_t ymm[16][32]; uint32_t mxcsr; uint16_t fcw, fsw; uint32_t ftw; uint32_t pad;
  uint8_t st[8][16]; uint8_t mem[256]; };
struct in { uint8_t code[16]; uint32_t len; uint32_t pad; struct state s; };
struct out { uint32_t sig; uint32_t code; struct state s; };
// xsave area at STATE+0x1000 ; host rsp saved at STATE
static sigjmp_buf jb; static volatile int sigcode;
static ucontext_t uc_copy;
static struct out o;
static uint8_t *xs=(uint8_t*)(STATE+0x1000), *xo=(uint8_t*)(STATE+0x3000), *h=(uint8_t*)(STATE+0x5000);
static void handler(int s, siginfo_t*si, void*u){ ucontext_t*uc=u; greg_t*g=uc->uc_mcontext.gregs;
  // kernel-saved fp state contains the guest's: reload at exit point
  static const int map[16]={REG_RAX,REG_RCX,REG_RDX,REG_RBX,REG_RSP,REG_RBP,REG_RSI,REG_RDI,REG_R8,REG_R9,REG_R10,REG_R11,REG_R12,REG_R13,REG_R14,REG_R15};
  for(int i=0;i<16;i++) o.s.gpr[i]=g[map[i]];
  o.s.flags=g[REG_EFL]; sigcode=s; 
  memcpy(xo, uc->uc_mcontext.fpregs, 2816 < 4096 ? 1024 : 1024);
  siglongjmp(jb,1);
}
int main(){
  mmap((void*)MEM-0x0,8192,PROT_READ|PROT_WRITE,MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED,-1,0);
  uint8_t*code=mmap((void*)CODE,8192,PROT_READ|PROT_WRITE|PROT_EXEC,MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED,-1,0);
  mmap((void*)STATE,0x10000,PROT_READ|PROT_WRITE,MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED,-1,0);
  uint8_t*alt=mmap(0,1<<16,PROT_READ|PROT_WRITE,MAP_PRIVATE|MAP_ANONYMOUS,-1,0);
  stack_t ss={.ss_sp=alt,.ss_size=1<<16}; sigaltstack(&ss,0);
  struct sigaction sa={0}; sa.sa_sigaction=handler; sa.sa_flags=SA_SIGINFO|SA_ONSTACK|SA_NODEFER;
  int sigs[]={SIGSEGV,SIGBUS,SIGILL,SIGFPE,SIGTRAP}; for(int i=0;i<5;i++) sigaction(sigs[i],&sa,0);
  struct in q;
  while(fread(&q,sizeof q,1,stdin)==1){
    memset(&o,0,sizeof o);
    memset((void*)MEM,0,8192); memcpy((void*)MEM,q.s.mem,256); *(uint64_t*)(MEM+64-64+512)=0;
    // build xsave image
    memset(xs,0,0x1000);
    *(uint16_t*)(xs)=q.s.fcw; *(uint16_t*)(xs+2)=q.s.fsw; xs[4]=q.s.ftw; *(uint32_t*)(xs+24)=q.s.mxcsr; 
    for(int i=0;i<8;i++) memcpy(xs+32+16*i,q.s.st[i],10);
    for(int i=0;i<16;i++){ memcpy(xs+160+16*i,q.s.ymm[i],16); memcpy(xs+576+16*i,q.s.ymm[i]+16,16);} 
    *(uint64_t*)(xs+512)=7;
    // code: instruction then int3
    memset(code,0xcc,64);
    memcpy(code+16,q.code,q.len);
    uint8_t*p=code+128; 
    // trampoline: entry at code+128
    #define B(...) do{uint8_t b[]={__VA_ARGS__};memcpy(p,b,sizeof b);p+=sizeof b;}while(0)
    // mov rbx, imm64 xs ; mov eax,7 ; xor edx,edx ; xrstor64 [rbx]
    B(0x48,0xbb); *(uint64_t*)p=(uint64_t)xs; p+=8; B(0xb8,7,0,0,0,0x31,0xd2,0x48,0x0f,0xae,0x2b);
    // flags: mov rax,imm; push; popf
    B(0x48,0xb8); *(uint64_t*)p=(q.s.flags&0xcd5)|2; p+=8; B(0x50,0x9d);
    // load gprs (mov doesn't touch flags)
    static const int order[16]={0,1,2,3,5,6,7,8,9,10,11,12,13,14,15,4};
    for(int k=0;k<16;k++){int r=order[k]; B(r<8?0x48:0x49,0xb8+(r&7)); *(uint64_t*)p=q.s.gpr[r]; p+=8;}
    // jmp code+16
    int32_t rel=(int32_t)((code+16)-(p+5)); B(0xe9); memcpy(p,&rel,4); p+=4;
    if(!sigsetjmp(jb,1)){ ((void(*)(void))(code+128))(); }
    o.sig=sigcode; 
    // read fp state copy from signal frame (xsave layout, standard format)
    o.s.fcw=*(uint16_t*)xo; o.s.fsw=*(uint16_t*)(xo+2); o.s.ftw=xo[4]; o.s.mxcsr=*(uint32_t*)(xo+24);
    for(int i=0;i<8;i++) memcpy(o.s.st[i],xo+32+16*i,10);
    uint64_t bv=*(uint64_t*)(xo+512);
    for(int i=0;i<16;i++){ memcpy(o.s.ymm[i],xo+160+16*i,16); if(bv&4) memcpy(o.s.ymm[i]+16,xo+576+16*i,16);} 
    if(!(bv&1)){o.s.fcw=0x37f;o.s.fsw=0;o.s.ftw=0;memset(o.s.st,0,sizeof o.s.st);} 
    if(!(bv&2)) for(int i=0;i<16;i++) memset(o.s.ymm[i],0,16);
    o.code=0;
    memcpy(o.s.mem,(void*)MEM,256);
    if(o.sig==SIGTRAP && 0) ;
    fwrite(&o,sizeof o,1,stdout);
    // restore sane fp env
    _mm_setcsr(0x1f80); __asm__ volatile("fninit");
  }
}

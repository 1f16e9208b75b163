/** Why `Vcpu.run` returned. Guest traps are values here; they are never thrown across the run loop. */

/** A trap that the guest sees (as a signal under Linux). The vCPU's pc and state are those before the instruction. */
export type GuestTrap =
  | { readonly kind: 'illegal-instruction'; readonly pc: number; readonly encoding: number }
  | { readonly kind: 'breakpoint'; readonly pc: number }
  | { readonly kind: 'integer-divide'; readonly pc: number }
  | { readonly kind: 'floating-point'; readonly pc: number }
  /** Forbidden by the guest's rules, no address known. */
  | { readonly kind: 'protection'; readonly pc: number }
  | { readonly kind: 'misaligned-access'; readonly pc: number; readonly address: bigint }
  | {
      readonly kind: 'memory-fault';
      readonly pc: number;
      /** Unsigned 64-bit guest virtual address; null where the host found the fault and did not say. */
      readonly address: bigint | null;
      readonly access: 'read' | 'write' | 'execute';
      /** Set when the registers are not those of the instruction, so that the guest cannot go on after it. */
      readonly imprecise?: true;
    };

export type Exit =
  /** A system call instruction; the vCPU's pc is already that of the next instruction. */
  | { readonly kind: 'syscall' }
  | { readonly kind: 'trap'; readonly trap: GuestTrap }
  /** The instruction budget given to `run` is used up. */
  | { readonly kind: 'budget' }
  /** `interrupt()` was called. */
  | { readonly kind: 'interrupt' };

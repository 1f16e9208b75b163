/**
 * What instructions do to the status flags (SDM vol. 1, appendix A): those that they read, those that they always
 * overwrite, defined or not, and all that they may write. Instructions that are not here touch none.
 */
import { CONDITIONS } from './lifters/flags.ts';
import { FLAG, STATUS_FLAGS } from './state.ts';
import type { Mnemonic } from './tables.ts';

export interface FlagEffects {
  readonly reads: number;
  readonly kills: number;
  /** Includes `kills`. */
  readonly writes: number;
}

const { CF, PF, AF, ZF, SF, OF } = FLAG;
const ALL = STATUS_FLAGS;

const reads = (flags: number): FlagEffects => ({ reads: flags, kills: 0, writes: 0 });
const kills = (flags: number): FlagEffects => ({ reads: 0, kills: flags, writes: flags });

const mayWrite = (flags: number): FlagEffects => ({ reads: 0, kills: 0, writes: flags });

/** Flags that each pair of conditions reads, by code / 2. */
const CONDITION_READS = [OF, CF, ZF, CF | ZF, SF, PF, SF | OF, SF | OF | ZF];

function conditional(prefix: string): Record<string, FlagEffects> {
  return Object.fromEntries(
    CONDITIONS.map((condition, code) => [`${prefix}${condition}`, reads(CONDITION_READS[code >> 1] ?? ALL)]),
  );
}

function all(names: string, effects: FlagEffects): Record<string, FlagEffects> {
  return Object.fromEntries(names.split(' ').map((name) => [name, effects]));
}

export const flagEffects: Readonly<Partial<Record<Mnemonic, FlagEffects>>> = {
  ...all('add or and sub xor cmp test neg', kills(ALL)),
  ...all('adc sbb', { reads: CF, kills: ALL, writes: ALL }),
  ...all('inc dec', kills(ALL & ~CF)),
  ...all('vcomiss vcomisd vucomiss vucomisd vptest vtestps vtestpd', kills(ALL)),
  ...all('vpcmpestri vpcmpestrm vpcmpistri vpcmpistrm', kills(ALL)),
  ...all('fcomi fcomip fucomi fucomip', kills(ALL)),
  ...all('fcmovb fcmovnb', reads(CF)),
  ...all('fcmove fcmovne', reads(ZF)),
  ...all('fcmovbe fcmovnbe', reads(CF | ZF)),
  ...all('fcmovu fcmovnu', reads(PF)),
  ...all('comiss comisd ucomiss ucomisd ptest pcmpestri pcmpestrm pcmpistri pcmpistrm', kills(ALL)),
  // Multiplications leave ZF, SF, PF and AF undefined; divisions leave all, and here as they were.
  ...all('mul imul', kills(ALL)),
  ...all('adcx', { reads: CF, kills: CF, writes: CF }),
  ...all('adox', { reads: OF, kills: OF, writes: OF }),
  // A count of 0 leaves the flags alone; whether it is 0 is not known here.
  ...all('shl sal shr sar shld shrd', mayWrite(ALL)),
  ...all('rol ror', mayWrite(CF | OF)),
  ...all('rcl rcr', { reads: CF, kills: 0, writes: CF | OF }),
  ...all('bt bts btr btc', kills(CF)),
  ...all('bsf bsr tzcnt lzcnt popcnt andn bextr blsr blsmsk blsi bzhi rdrand rdseed', kills(ALL)),
  ...all('xadd cmpxchg', kills(ALL)),
  ...all('cmpxchg8b cmpxchg16b', kills(ZF)),
  ...all('cmps scas', mayWrite(ALL)),
  ...all('loope loopne', reads(ZF)),
  ...all('lahf', reads(SF | ZF | AF | PF | CF)),
  ...all('sahf', kills(SF | ZF | AF | PF | CF)),
  ...all('pushf', reads(ALL)),
  ...all('popf iret', kills(ALL)),
  ...all('clc stc', kills(CF)),
  ...all('cmc', { reads: CF, kills: CF, writes: CF }),
  ...conditional('j'),
  ...conditional('set'),
  ...conditional('cmov'),
  // The kernel and a debugger see all of them.
  ...all('syscall int3 int1 int ud0 ud1 ud2 hlt', reads(ALL)),
};

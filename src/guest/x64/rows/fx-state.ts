/** The whole floating-point and vector state in memory (SDM vol. 1, 10.5 and chapter 13). */
export const fxStateRows = {
  fxsave: { 'NP 0F AE /0 mem W0': 'M' },
  fxsave64: { 'NP 0F AE /0 mem REX.W': 'M' },
  fxrstor: { 'NP 0F AE /1 mem W0': 'M' },
  fxrstor64: { 'NP 0F AE /1 mem REX.W': 'M' },
  xsave: { 'NP 0F AE /4 mem W0': 'M' },
  xsave64: { 'NP 0F AE /4 mem REX.W': 'M' },
  xrstor: { 'NP 0F AE /5 mem W0': 'M' },
  xrstor64: { 'NP 0F AE /5 mem REX.W': 'M' },
  xsaveopt: { 'NP 0F AE /6 mem W0': 'M' },
  xsaveopt64: { 'NP 0F AE /6 mem REX.W': 'M' },
  xsavec: { 'NP 0F C7 /4 mem W0': 'M' },
  xsavec64: { 'NP 0F C7 /4 mem REX.W': 'M' },
  xgetbv: { 'NP 0F 01 D0': '' },
} as const;

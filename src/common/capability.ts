/** What a host can or cannot do, found out by doing it. */

/** The answer of one probe. */
export interface Capability {
  /** Stable, in lower case: `relaxed-simd`. */
  readonly name: string;
  readonly available: boolean;
  /** What was found: a version, the name of a device. */
  readonly detail?: string;
  /** Why it is not available. */
  readonly reason?: string;
  /** What somebody who wants it can do. */
  readonly remedy?: string;
}

/** Tries one thing out. */
export interface Probe {
  readonly name: string;
  /** For people: `relaxed SIMD`. */
  readonly title: string;
  /** What the answer depends on besides the machine and the versions of Node and Hospes; a kept answer to another key is void. */
  key(): string;
  run(): Capability;
}

/** Keeps answers from one process to the next. What goes wrong only costs time: no method throws. */
export interface CapabilityStore {
  read(probe: Probe): Capability | undefined;
  write(probe: Probe, answer: Capability): void;
}

/** The kept answer, or with `refresh`, or where there is none, a new one, which is then kept. */
export function capabilityOf(probe: Probe, store: CapabilityStore, refresh = false): Capability {
  const kept = refresh ? undefined : store.read(probe);
  if (kept !== undefined) return kept;
  const answer = probe.run();
  store.write(probe, answer);
  return answer;
}

/** Whether something read from elsewhere is an answer to the probe of this name. */
export function isCapability(value: unknown, name: string): value is Capability {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  const isText = (field: unknown): boolean => field === undefined || typeof field === 'string';
  return (
    fields['name'] === name &&
    typeof fields['available'] === 'boolean' &&
    [fields['detail'], fields['reason'], fields['remedy']].every(isText)
  );
}

import type { Cancel } from '../../platform/types.ts';

/** Listeners to a change of readiness. A listener may subscribe and cancel while it is called. */
export class Notifier {
  readonly #listeners = new Set<{ readonly call: () => void }>();

  subscribe(listener: () => void): Cancel {
    const entry = { call: listener };
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  notify(): void {
    for (const listener of [...this.#listeners]) listener.call();
  }
}

// A storage with faults: any verb fails, answers late, or commits and loses its answer, for as long
// as the test wants it to.

import type { Storage } from "../../src/storage/mod.ts";
import { StorageUnavailableError } from "../../src/storage/mod.ts";

/** A verb of the storage contract. */
export type Verb = Exclude<keyof Storage, "name" | "polling" | "onWake" | "open" | "close">;

/**
 * What goes wrong with a call: nothing; it fails before or after it was carried out; it, or its
 * answer, comes late.
 */
export type Fault =
  | null
  | { readonly at: "before" | "after"; readonly error?: Error }
  | { readonly heldUntil: Promise<void>; readonly losesAnswer?: true }
  | { readonly until: Promise<void> };

/** Decides over each call. */
export class Faults {
  /** What goes wrong with a call of a verb; by default nothing. */
  rule: (verb: Verb, args: readonly unknown[]) => Fault = () => null;
  /** How often each verb was called. */
  readonly calls = new Map<string, number>();

  /** All calls so far. */
  get total(): number {
    return [...this.calls.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Stands between an instance and its storage. */
  readonly wrap = (storage: Storage): Storage => {
    return new Proxy(storage, {
      get: (target, property) => {
        const member = Reflect.get(target, property, target);
        if (typeof member !== "function") return member;
        if (["open", "close", "onWake"].includes(String(property))) return member.bind(target);
        return (...args: unknown[]) => this.#call(target, property as Verb, args);
      },
    });
  };

  async #call(target: Storage, verb: Verb, args: unknown[]): Promise<unknown> {
    this.calls.set(verb, (this.calls.get(verb) ?? 0) + 1);
    const fault = this.rule(verb, args);
    const call = () => Reflect.apply(target[verb], target, args) as Promise<unknown>;
    if (fault === null) return await call();
    if ("heldUntil" in fault) {
      await fault.heldUntil;
      const result = await call();
      if (fault.losesAnswer) throw connectionLost();
      return result;
    }
    if ("until" in fault) {
      const result = await call();
      await fault.until;
      return result;
    }
    if (fault.at === "after") await call();
    throw fault.error ?? connectionLost();
  }
}

function connectionLost(): Error {
  return new StorageUnavailableError("The connection was lost.");
}

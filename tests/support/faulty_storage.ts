// A storage whose verbs fail, answer late, or commit and lose their answer, while the test says so.

import type { Storage } from "../../src/storage/mod.ts";
import { StorageUnavailableError } from "../../src/storage/mod.ts";

/** A verb of the storage contract. */
export type Verb = Exclude<
  keyof Storage,
  "name" | "polling" | "copying" | "maintenance" | "onWake" | "open" | "close"
>;

/** The fault of a call; null for none. */
export type Fault =
  | null
  /** The call fails before or after the storage carries it out. */
  | { readonly at: "before" | "after"; readonly error?: Error }
  /** The storage carries out the call later. Its answer may then be lost. */
  | { readonly heldUntil: Promise<void>; readonly losesAnswer?: true }
  /** The answer of the call arrives later. */
  | { readonly until: Promise<void> };

/** Decides the fault of each call, and counts the calls. */
export class Faults {
  /** Returns the fault of a call of a verb; by default none. */
  rule: (verb: Verb, args: readonly unknown[]) => Fault = () => null;
  /** The number of calls of each verb. */
  readonly calls = new Map<string, number>();

  /** All calls so far. */
  get total(): number {
    return [...this.calls.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Wraps the storage of an instance. */
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

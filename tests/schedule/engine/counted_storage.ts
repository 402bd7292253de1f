// A storage whose calls are counted, and can be made to fail or to hang, for tests of what an engine asks of it.

import { type Storage, StorageUnavailableError } from "../../../mod.ts";

type Verb = {
  [name in keyof Storage]: Storage[name] extends (...args: never[]) => unknown ? name : never;
}[keyof Storage];

/** What a test does to one call: `pass` makes it. */
export type Intervention = (pass: () => Promise<unknown>) => Promise<unknown>;

/** A storage that can be watched. */
export interface WatchedStorage {
  readonly storage: Storage;
  /** The verbs that were called since it was last emptied. */
  readonly calls: Verb[];
  /** From now on every call of the verb goes through the intervention; undefined ends that. */
  intervene(verb: Verb, intervention: Intervention | undefined): void;
  /** From now on nothing arrives any more, as from a process that has died. */
  cutOff(): void;
}

/** Watches a storage. */
export function watched(storage: Storage): WatchedStorage {
  const calls: Verb[] = [];
  const interventions = new Map<Verb, Intervention>();
  let isCutOff = false;
  return {
    calls,
    intervene(verb, intervention) {
      if (intervention === undefined) interventions.delete(verb);
      else interventions.set(verb, intervention);
    },
    cutOff: () => isCutOff = true,
    storage: new Proxy(storage, {
      get(target, property: Verb) {
        const member = Reflect.get(target, property, target);
        if (typeof member !== "function") return member;
        return (...args: never[]) => {
          calls.push(property);
          const pass = () => Reflect.apply(member, target, args) as Promise<unknown>;
          if (isCutOff && property !== "close" && property !== "onWake") {
            return Promise.reject(new StorageUnavailableError("The process is dead."));
          }
          const intervention = interventions.get(property);
          return intervention === undefined ? pass() : intervention(pass);
        };
      },
    }),
  };
}

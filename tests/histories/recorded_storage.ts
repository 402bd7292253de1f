// A storage whose calls are recorded, so that a history can be made of them.

import type { Storage } from "../../src/storage/mod.ts";
import type { Verb } from "../../src/testing/simulation/network.ts";
import { readMember } from "../../src/thrown/reading.ts";
import type { RecordFile } from "./record_file.ts";

/** The verbs whose calls are part of a history. */
const recordedVerbs: ReadonlySet<string> = new Set<Verb>([
  "persist",
  "claim",
  "setStatusMany",
  "updateCurrentRunMany",
  "requestCancel",
  "makeDue",
  "correctSeries",
  "release",
  "releaseUnknown",
  "releaseLost",
  "setQueuePaused",
  "takeRateSlots",
  "registerWorker",
  "unregisterWorker",
  "heartbeat",
]);

/**
 * Records the calls of a storage.
 *
 * @param onCall Called at each call of any verb.
 */
export function recordedStorage(storage: Storage, file: RecordFile, onCall: () => void): Storage {
  let count = 0;
  return new Proxy(storage, {
    get(target, property) {
      const member = Reflect.get(target, property, target);
      if (typeof member !== "function" || property === "onWake") {
        return typeof member === "function" ? member.bind(target) : member;
      }
      if (!recordedVerbs.has(property as string)) {
        return (...args: unknown[]) => {
          onCall();
          return Reflect.apply(member, target, args);
        };
      }
      return async (...args: unknown[]) => {
        onCall();
        const call = ++count;
        file.write({ is: "call", call, verb: property as Verb, ...told(args) });
        try {
          const result = await Reflect.apply(member, target, args);
          file.write({ is: "answer", call, result });
          return result;
        } catch (error) {
          file.write({ is: "error", call, name: String(readMember(error, "name")) });
          throw error;
        }
      };
    },
  });
}

/** The arguments of a call, without the connection of a transaction, which is not data. */
function told(args: readonly unknown[]): { args: readonly unknown[]; inTransaction?: boolean } {
  const { connection } = (args[1] ?? {}) as { readonly connection?: unknown };
  return connection === undefined ? { args } : { args: args.slice(0, 1), inTransaction: true };
}

// A storage that notifies a test of writes.

import type { Storage } from "../../storage/storage.ts";

/** The methods after which a task may have ended or may be due. */
const writes = [
  "persist",
  "setStatus",
  "setStatusMany",
  "updateCurrentRun",
  "updateCurrentRunMany",
  "requestCancel",
  "release",
  "releaseUnknown",
  "releaseLost",
  "makeDue",
  "correctSeries",
  "setQueuePaused",
  "editTasks",
];

/**
 * Wraps a storage.
 *
 * @param onWrite Called after each write.
 */
export function observedStorage(storage: Storage, onWrite: () => void): Storage {
  return new Proxy(storage, {
    get(target, property) {
      const member = Reflect.get(target, property);
      if (typeof member !== "function") return member;
      if (!writes.includes(String(property))) return member.bind(target);
      return async (...args: unknown[]) => {
        const result = await Reflect.apply(member, target, args);
        onWrite();
        return result;
      };
    },
  });
}

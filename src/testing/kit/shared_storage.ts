// One storage that two instances share in a test, as two processes share a database: the instance of the test dispatches, and
// another one works while the test wants it to. Storage tells no process what that has done itself; so it is told here.

import type { WakeSignal } from "../../storage/requests.ts";
import type { Storage } from "../../storage/storage.ts";

type WakeListener = (signal: WakeSignal) => void;

/** What the worker has to be told of when the other instance has done it. */
const signals: Readonly<Record<string, (...args: never[]) => WakeSignal>> = {
  persist: () => ({ kind: "tasks" }),
  makeDue: () => ({ kind: "tasks" }),
  requestCancel: (taskIds: readonly string[]) => ({ kind: "cancel", taskIds }),
  setQueuePaused: () => ({ kind: "queues" }),
};

/** The verbs after which a task may have ended, or may be due. */
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
  "setQueuePaused",
];

/** The two views of a storage. */
export interface SharedStorage {
  /** For the instance of the test, which opens and closes the storage. */
  readonly front: Storage;
  /** For the instances that work; closing it closes nothing. */
  readonly back: Storage;
}

/**
 * Shares a storage.
 *
 * @param onWrite Called after each write through either view.
 */
export function shareStorage(storage: Storage, onWrite: () => void): SharedStorage {
  const listeners = new Set<WakeListener>();
  const afterFrontWrite = (verb: string, args: unknown[]) => {
    const signal = signals[verb]?.(...args as never[]);
    if (signal !== undefined) { for (const listener of listeners) listener(signal); }
    onWrite();
  };
  const onWake = (listener: WakeListener) => {
    const unsubscribe = storage.onWake(listener);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      unsubscribe();
    };
  };
  const close = () => Promise.resolve();
  return {
    front: view(storage, {}, afterFrontWrite),
    back: view(storage, { onWake, close }, onWrite),
  };
}

/** The storage with some verbs of its own, and a call after each write. */
function view(
  storage: Storage,
  own: Partial<Storage>,
  afterWrite: (verb: string, args: unknown[]) => void,
): Storage {
  return new Proxy(storage, {
    get(target, property) {
      const member = Reflect.get(Object.hasOwn(own, property) ? own : target, property);
      if (typeof member !== "function") return member;
      if (!writes.includes(String(property))) return member.bind(target);
      return async (...args: unknown[]) => {
        const result = await Reflect.apply(member, target, args);
        afterWrite(String(property), args);
        return result;
      };
    },
  });
}

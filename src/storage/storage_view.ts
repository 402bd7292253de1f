// The view of one instance on a storage. Several instances of a process may share a storage object:
// it stays open until the last of them closes it, and each is notified of the others' changes, as
// of those of other processes.

import type { WakeSignal } from "./requests.ts";
import type { Storage } from "./storage.ts";

type WakeListener = (signal: WakeSignal) => void;
type Verb = keyof Storage;
type Args<V extends Verb> = Storage[V] extends (...args: infer A) => unknown ? A : never;
type Answer<V extends Verb> = Storage[V] extends (...args: never) => Promise<infer R> ? R : never;

/**
 * Returns the notification of the others after a verb, from its arguments and its answer; null for
 * none.
 */
type News = {
  readonly [V in Verb]?: (args: Args<V>, answer: Answer<V>) => WakeSignal | null;
};

const tasks: WakeSignal = { kind: "tasks" };

const news: News = {
  persist: (_, results) => results.some(({ claimed }) => !claimed) ? tasks : null,
  setStatus: ([, , , , options]) => isDueAgain(options ?? {}) ? tasks : null,
  setStatusMany: ([changes]) => changes.some(isDueAgain) ? tasks : null,
  updateCurrentRun: () => tasks,
  updateCurrentRunMany: () => tasks,
  release: () => tasks,
  releaseUnknown: (_, released) => released > 0 ? tasks : null,
  releaseLost: (_, lost) => lost.length > 0 ? tasks : null,
  makeDue: () => tasks,
  correctSeries: (_, results) => results.includes(true) ? tasks : null,
  requestCancel([taskIds], outcomes) {
    const requested = taskIds.filter((_, index) => outcomes[index] === "requested");
    return requested.length > 0 ? { kind: "cancel", taskIds: requested } : null;
  },
  setQueuePaused: () => ({ kind: "queues" }),
};

function isDueAgain({ dueInMs }: { readonly dueInMs?: number }): boolean {
  return dueInMs !== undefined;
}

/** What the views of one storage object share. */
interface SharedUse {
  /** The views that have opened it, and not closed it since. */
  readonly openViews: Set<object>;
  /** The listeners, and whose they are. */
  readonly listeners: Map<WakeListener, object>;
  /** Resolves when no closing is under way. */
  closed: Promise<void>;
}

const uses = new WeakMap<Storage, SharedUse>();

function useOf(storage: Storage): SharedUse {
  let use = uses.get(storage);
  if (use === undefined) {
    use = { openViews: new Set(), listeners: new Map(), closed: Promise.resolve() };
    uses.set(storage, use);
  }
  return use;
}

/** Makes one more view of a storage object. */
export function viewOf(storage: Storage): Storage {
  const use = useOf(storage);
  const own: Partial<Storage> = {
    async open() {
      await use.closed;
      const opened = await storage.open();
      use.openViews.add(own);
      return opened;
    },
    async close() {
      use.openViews.delete(own);
      if (use.openViews.size > 0) return;
      const closing = storage.close();
      use.closed = closing.catch(() => {});
      await closing;
    },
    onWake(listener) {
      const ours: WakeListener = (signal) => listener(signal);
      use.listeners.set(ours, own);
      const unsubscribe = storage.onWake(ours);
      return () => {
        use.listeners.delete(ours);
        unsubscribe();
      };
    },
  };
  for (const verb of Object.keys(news) as (keyof Storage)[]) {
    Object.assign(own, { [verb]: tellingOthers(storage, verb, own) });
  }
  return new Proxy(storage, {
    get(target, property) {
      const member = Reflect.get(Object.hasOwn(own, property) ? own : target, property);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

type AnyVerb = (...args: unknown[]) => Promise<unknown>;

/**
 * A verb of a view, which notifies the other views of its changes. It costs nothing without other
 * views.
 */
function tellingOthers(storage: Storage, verb: Verb, view: object): AnyVerb {
  const { listeners } = useOf(storage);
  const signalOf = news[verb] as (args: unknown[], answer: unknown) => WakeSignal | null;
  const tell = (signal: WakeSignal) => {
    for (const [listener, owner] of listeners) if (owner !== view) listener(signal);
  };
  return (...args) => {
    const answering = (storage[verb] as AnyVerb)(...args);
    const areOthers = [...listeners.values()].some((owner) => owner !== view);
    if (!areOthers) return answering;
    return answering.then((answer) => {
      const signal = signalOf(args, answer);
      if (signal !== null) tell(signal);
      return answer;
    });
  };
}

// Views of one storage object, so that several instances of a process can share it. The storage
// stays open until the last view is closed. Each view is notified of changes that are made through
// other views, as of changes by other processes.

import { cancelsAsked, makesDue } from "./edit_news.ts";
import type { WakeSignal } from "./requests.ts";
import type { Storage } from "./storage.ts";

type WakeListener = (signal: WakeSignal) => void;
type Verb = keyof Storage;
type Args<V extends Verb> = Storage[V] extends (...args: infer A) => unknown ? A : never;
type Answer<V extends Verb> = Storage[V] extends (...args: never) => Promise<infer R> ? R : never;

/**
 * Returns the notification to send to the other views after a call, from its arguments and its
 * result; null for none.
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
  drainWorker: (_, isRegistered) => isRegistered ? { kind: "queues" } : null,
  watchEvents: (_, { began }) => began ? { kind: "watch" } : null,
  editTasks([request], edited) {
    const taskIds = cancelsAsked(request, edited);
    if (taskIds.length > 0) return { kind: "cancel", taskIds };
    return makesDue(request, edited) ? tasks : null;
  },
};

function isDueAgain({ dueInMs }: { readonly dueInMs?: number }): boolean {
  return dueInMs !== undefined;
}

/** The state that the views of one storage object share. */
interface SharedUse {
  /** The views that are open. */
  readonly openViews: Set<object>;
  /** The listeners, each with the view that added it. */
  readonly listeners: Map<WakeListener, object>;
  /** Resolves when no `close` is in progress. */
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

/** Makes a new view of a storage object. */
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
      if (Object.hasOwn(own, property)) return own[property as keyof Storage];
      const member = Reflect.get(target, property);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

function hasOther(views: Iterable<object>, view: object): boolean {
  for (const each of views) if (each !== view) return true;
  return false;
}

type AnyVerb = (...args: unknown[]) => Promise<unknown>;

/**
 * Wraps a method of a view so that it notifies the other views of its changes. If no other view has
 * a listener, the wrapper only calls the method.
 */
function tellingOthers(storage: Storage, verb: Verb, view: object): AnyVerb {
  const { listeners } = useOf(storage);
  const signalOf = news[verb] as (args: unknown[], answer: unknown) => WakeSignal | null;
  const tell = (signal: WakeSignal) => {
    for (const [listener, owner] of listeners) if (owner !== view) listener(signal);
  };
  return (...args) => {
    const answering = (storage[verb] as AnyVerb)(...args);
    if (listeners.size === 0 || !hasOther(listeners.values(), view)) return answering;
    return answering.then((answer) => {
      const signal = signalOf(args, answer);
      if (signal !== null) tell(signal);
      return answer;
    });
  };
}

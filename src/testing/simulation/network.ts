// The network between an instance and its store. Delays and thereby reorders requests and answers,
// and loses some of them. An instance repeats calls without an answer.

import { StorageUnavailableError } from "../../storage/errors.ts";
import type { Storage } from "../../storage/storage.ts";
import type { WakeSignal } from "../../storage/requests.ts";
import type { Chance } from "./chance.ts";
import type { Machine } from "./machine.ts";
import type { Timeline } from "./timeline.ts";
import { transactionOf } from "./transactions.ts";

/** The quality of a network. */
export interface Weather {
  /** The probability that a request, an answer or a signal is lost. */
  readonly lossRate: number;
  /** The maximum delay of a request, an answer or a signal, in milliseconds. */
  readonly slowestMs: number;
}

/** A method of the storage contract that is called over the network. */
export type Verb = Exclude<keyof Storage, "name" | "polling" | "onWake">;

/** The ends of a network. */
export interface NetworkParts {
  readonly timeline: Timeline;
  readonly machine: Machine;
  readonly chance: Chance;
  readonly weather: () => Weather;
  /** Whether signals may be lost. If not, workers rely on them. */
  readonly losesSignals: boolean;
  /** Called after each operation of the store. */
  readonly onCarriedOut: (verb: Verb, args: readonly unknown[], result: unknown) => void;
}

/** The time that an instance waits for an answer, in milliseconds. */
const patienceMs = 2_000;

/** How often workers poll for due tasks if signals are lost. */
const polling = { busyMs: 300, idleMs: 2_000 };

/** Wraps a store so that an instance calls it over a network. */
export function throughNetwork(store: Storage, parts: NetworkParts): Storage {
  return new Proxy(store, {
    get(target, property) {
      if (property === "polling") return parts.losesSignals ? polling : target.polling;
      if (property === "onWake") {
        return (listener: (signal: WakeSignal) => void) => hear(target, listener, parts);
      }
      const member = Reflect.get(target, property, target);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => call(target, property as Verb, args, parts);
    },
  });
}

function call(
  store: Storage,
  verb: Verb,
  args: readonly unknown[],
  { timeline, machine, chance, weather, onCarriedOut }: NetworkParts,
): Promise<unknown> {
  const { lossRate, slowestMs } = weather();
  const sent = structuredClone(args);
  const [thereMs, backMs] = [chance.integer(0, slowestMs), chance.integer(0, slowestMs)];
  // A lost `close` would have no effect, because the process ends.
  const isLost = chance.happens(lossRate) && verb !== "close";
  const transaction = transactionOf(sent);
  // A transaction whose answer is lost is not committed.
  const arrives = !isLost || (transaction === undefined && chance.happens(0.5));
  return new Promise((resolve, reject) => {
    const fail = () => reject(new StorageUnavailableError("The connection was lost."));
    if (isLost) timeline.in(patienceMs, () => machine.reach(fail));
    if (!arrives) return;
    timeline.in(thereMs, async () => {
      let answer: () => void;
      try {
        const result = await (Reflect.apply(store[verb], store, sent) as Promise<unknown>);
        if (transaction?.commits !== false) onCarriedOut(verb, sent, result);
        const copy = structuredClone(result);
        answer = () => resolve(copy);
      } catch (error) {
        answer = () => reject(error);
      }
      if (!isLost) timeline.in(backMs, () => machine.reach(answer));
    });
  });
}

function hear(
  store: Storage,
  listener: (signal: WakeSignal) => void,
  { timeline, machine, chance, weather }: NetworkParts,
): () => void {
  return store.onWake((signal) => {
    const { lossRate, slowestMs } = weather();
    const delayMs = chance.integer(0, slowestMs);
    if (chance.happens(lossRate)) return;
    timeline.in(delayMs, () => machine.reach(() => listener(signal)));
  });
}

// The network between an instance and its store: it delays and so reorders requests and answers,
// and loses some of them. An instance repeats calls without an answer.

import { StorageUnavailableError } from "../../storage/errors.ts";
import type { Storage } from "../../storage/storage.ts";
import type { WakeSignal } from "../../storage/requests.ts";
import type { Chance } from "./chance.ts";
import type { Machine } from "./machine.ts";
import type { Timeline } from "./timeline.ts";

/** How bad a network is. */
export interface Weather {
  /** The probability that a request, an answer or a signal is lost. */
  readonly lossRate: number;
  /** How long a request, an answer or a signal may take, in milliseconds. */
  readonly slowestMs: number;
}

/** A verb of the storage contract that crosses the network. */
export type Verb = Exclude<keyof Storage, "name" | "polling" | "onWake">;

/** What a network connects. */
export interface NetworkParts {
  readonly timeline: Timeline;
  readonly machine: Machine;
  readonly chance: Chance;
  readonly weather: () => Weather;
  /** Told of each verb that the store has carried out. */
  readonly onCarriedOut: (verb: Verb, args: readonly unknown[], result: unknown) => void;
}

/** How long an instance waits for an answer, in milliseconds. */
const patienceMs = 2_000;

/** How often workers look for due tasks: signals are lost here. */
const polling = { busyMs: 300, idleMs: 2_000 };

/** The store as an instance sees it, at the other end of a network. */
export function throughNetwork(store: Storage, parts: NetworkParts): Storage {
  return new Proxy(store, {
    get(target, property) {
      if (property === "polling") return polling;
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
  // A close that is lost leaves nothing behind: the process ends.
  const isLost = chance.happens(lossRate) && verb !== "close";
  const arrives = !isLost || chance.happens(0.5);
  return new Promise((resolve, reject) => {
    const fail = () => reject(new StorageUnavailableError("The connection was lost."));
    if (isLost) timeline.in(patienceMs, () => machine.reach(fail));
    if (!arrives) return;
    timeline.in(thereMs, async () => {
      let answer: () => void;
      try {
        const result = await (Reflect.apply(store[verb], store, sent) as Promise<unknown>);
        onCarriedOut(verb, sent, result);
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

// The network between an instance and its store. Delays requests and answers, which may change
// their order, and loses some. An instance repeats calls without an answer.

import { StorageUnavailableError } from "../../storage/errors.ts";
import type { Storage } from "../../storage/storage.ts";
import type { WakeSignal } from "../../storage/requests.ts";
import type { Chance } from "./chance.ts";
import { SimulatedOutageError } from "./simulated_outage_error.ts";
import type { Machine } from "./machine.ts";
import type { Timeline } from "./timeline.ts";
import { transactionOf } from "./transactions.ts";

/** The quality of a network. */
export interface Weather {
  /** The probability that a request, an answer or a signal is lost. */
  readonly lossRate: number;
  /** The maximum delay of a request, an answer or a signal, in milliseconds. */
  readonly slowestMs: number;
  /**
   * The probability that a request is lost if its process is killed before the request arrives.
   * @default 0
   */
  readonly killLossRate?: number;
}

/** A method of the storage contract that is called over the network. */
export type Verb = Exclude<
  keyof Storage,
  "name" | "polling" | "copying" | "maintenance" | "onWake"
>;

/** The network of a machine. */
interface MachineNetwork {
  readonly timeline: Timeline;
  readonly machine: Machine;
  readonly chance: Chance;
  readonly weather: () => Weather;
}

/** The ends of a network. */
export interface NetworkParts extends MachineNetwork {
  /** Whether signals may be lost. If not, workers rely on signals. */
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
  parts: NetworkParts,
): Promise<unknown> {
  const sent = structuredClone(args);
  const transaction = transactionOf(sent);
  const carryOut = async () => {
    const result = await (Reflect.apply(store[verb], store, sent) as Promise<unknown>);
    if (transaction?.commits !== false) parts.onCarriedOut(verb, sent, result);
    return structuredClone(result);
  };
  const lost = () => new StorageUnavailableError("The connection was lost.");
  // A lost `close` would have no effect, because the process ends. A transaction whose answer is
  // lost is not committed.
  return send(carryOut, lost, parts, verb !== "close", transaction === undefined);
}

/** Calls a service over the network of a machine. */
export function callService<Result>(
  service: () => Result | Promise<Result>,
  network: MachineNetwork,
): Promise<Result> {
  return send(async () => await service(), () => new SimulatedOutageError(), network);
}

/**
 * Sends a request, and returns its answer.
 *
 * @param mayBeLost Whether the request or its answer may be lost.
 * @param losesAnswers Whether a lost call may have been carried out.
 */
function send<Result>(
  carryOut: () => Promise<Result>,
  lost: () => Error,
  { timeline, machine, chance, weather }: MachineNetwork,
  mayBeLost = true,
  losesAnswers = true,
): Promise<Result> {
  const { lossRate, slowestMs, killLossRate = 0 } = weather();
  const [thereMs, backMs] = [chance.integer(0, slowestMs), chance.integer(0, slowestMs)];
  const isLost = chance.happens(lossRate) && mayBeLost;
  const arrives = !isLost || (losesAnswers && chance.happens(0.5));
  return new Promise((resolve, reject) => {
    if (isLost) timeline.in(patienceMs, () => machine.reach(() => reject(lost())));
    if (!arrives) return;
    timeline.in(thereMs, async () => {
      if (!machine.isAlive && killLossRate > 0 && chance.happens(killLossRate)) return;
      let answer: () => void;
      try {
        const result = await carryOut();
        answer = () => resolve(result);
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

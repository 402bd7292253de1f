// A simulated world and its operations as plain data, which can be printed, and shrunk while the
// failure remains.

import type { AuditLevel } from "../../audit/audit_level.ts";
import type { ClockFault } from "./machine.ts";
import type { Weather } from "./network.ts";

/**
 * The behaviour of a handler in one attempt. `work` takes some time and obeys its signal; `deaf`
 * takes some time and ignores it.
 */
export type Act = "return" | "work" | "deaf" | "throw" | "throwOdd" | "dispatch";

/** The payload of a task. */
export interface Play {
  /** The number of the dispatch; 0 for dispatches of handlers. */
  readonly number: number;
  /** The behaviour in each attempt. The last one also applies to later attempts. */
  readonly acts: readonly Act[];
  /** The duration of `work` and `deaf`, in milliseconds. */
  readonly takesMs: number;
}

/** A dispatch, whose number is that of its payload. */
export interface DispatchStep {
  readonly kind: "dispatch";
  readonly type: "plain" | "timed";
  readonly play: Play;
  readonly queue: "default" | "narrow";
  readonly priority: number;
  readonly level: AuditLevel;
  readonly key: string | null;
  readonly delayMs: number;
  /** The maximum number of retries. */
  readonly retries: number;
}

/** An operation on a process. */
export type Deed =
  | DispatchStep
  | { readonly kind: "cancel"; readonly number: number }
  | { readonly kind: "pause" | "resume"; readonly queue: string }
  | { readonly kind: "stop"; readonly timeoutMs: number }
  | { readonly kind: "kill" | "start" }
  | { readonly kind: "freeze"; readonly forMs: number }
  | { readonly kind: "setClock"; readonly byMs: number };

/** An operation on one process at an instant. */
export type Step = { readonly atMs: number; readonly instance: number } & Deed;

/** A world, and its operations. */
export interface Scenario {
  /** The seed of all random choices in the network and in instances. */
  readonly seed: number;
  /** The clock errors of the machines, each of which has one process. */
  readonly machines: readonly ClockFault[];
  readonly weather: Weather;
  readonly steps: readonly Step[];
}

/** The number of tasks of each queue that a process runs concurrently. */
export const parallelism: Readonly<Record<DispatchStep["queue"], number>> = {
  default: 3,
  narrow: 1,
};

/** The time at which the faults end: the network is good, and every machine runs. */
export const calmAtMs = 20_000;

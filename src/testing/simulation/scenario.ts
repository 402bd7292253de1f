// A simulated world and its operations as plain data, which can be printed, and shrunk while the
// failure remains.

import type { AuditLevel } from "../../audit/audit_level.ts";
import type { ClockFault } from "./machine.ts";
import type { Weather } from "./network.ts";

/**
 * The behaviour of a handler in one attempt. `work` takes a while and obeys its signal; `deaf`
 * takes a while and ignores it.
 */
export type Act = "return" | "work" | "deaf" | "throw" | "throwOdd" | "dispatch";

/** What a task's handler gets. */
export interface Play {
  /** The number of its dispatch; 0 for the dispatches of handlers. */
  readonly number: number;
  /** The behaviour in each attempt; the last one also applies to later attempts. */
  readonly acts: readonly Act[];
  /** How long `work` and `deaf` take, in milliseconds. */
  readonly takesMs: number;
}

/** A dispatch. Its number is the one of its play. */
export interface DispatchStep {
  readonly kind: "dispatch";
  readonly type: "plain" | "timed";
  readonly play: Play;
  readonly queue: "default" | "narrow";
  readonly priority: number;
  readonly level: AuditLevel;
  readonly key: string | null;
  readonly delayMs: number;
  /** How often a failed attempt is tried again. */
  readonly retries: number;
}

/** Something that is done. */
export type Deed =
  | DispatchStep
  | { readonly kind: "cancel"; readonly number: number }
  | { readonly kind: "pause" | "resume"; readonly queue: string }
  | { readonly kind: "stop"; readonly timeoutMs: number }
  | { readonly kind: "kill" | "start" }
  | { readonly kind: "freeze"; readonly forMs: number }
  | { readonly kind: "setClock"; readonly byMs: number };

/** Something that is done at an instant, to or by one process. */
export type Step = { readonly atMs: number; readonly instance: number } & Deed;

/** A world, and its operations. */
export interface Scenario {
  /** The seed of all random choices: in the network and in instances. */
  readonly seed: number;
  /** The clocks of the machines; each has one process. */
  readonly machines: readonly ClockFault[];
  readonly weather: Weather;
  readonly steps: readonly Step[];
}

/** How many tasks of each queue a process runs at a time. */
export const parallelism: Readonly<Record<DispatchStep["queue"], number>> = {
  default: 3,
  narrow: 1,
};

/** When the faults end: the network is good, and every machine runs. */
export const calmAtMs = 20_000;

// What a simulated world is made of, and what is done in it, as plain data: so it can be printed,
// and be made smaller while it still fails.

import type { AuditLevel } from "../../audit/audit_level.ts";
import type { ClockFault } from "./machine.ts";
import type { Weather } from "./network.ts";

/**
 * What a handler does in one attempt. `work` takes a while and stops when it is asked to; `deaf`
 * takes a while, whatever it is asked.
 */
export type Act = "return" | "work" | "deaf" | "throw" | "throwOdd" | "dispatch";

/** What a task's handler gets. */
export interface Play {
  /** The number of its dispatch; 0 for the dispatches of handlers. */
  readonly number: number;
  /** What it does in each attempt; the last one stands for those that follow. */
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

/** A world, and what is done in it. */
export interface Scenario {
  /** Decides about all that is left to chance: the network, and what is random in an instance. */
  readonly seed: number;
  /** The clocks of the machines; each has one process. */
  readonly machines: readonly ClockFault[];
  readonly weather: Weather;
  readonly steps: readonly Step[];
}

/** When the faults end: the network is good, and every machine runs. */
export const calmAtMs = 20_000;

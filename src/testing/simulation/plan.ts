// The plan of a simulated world and of the events in it. A plan is plain data: it can be printed,
// and steps can be removed while the failure remains.

import type { ClockFault } from "./machine.ts";
import type { Weather } from "./network.ts";

/** Something that happens to a process. */
export type FaultDeed =
  | { readonly kind: "stop"; readonly timeoutMs: number }
  | { readonly kind: "kill" | "start" }
  | { readonly kind: "freeze"; readonly forMs: number }
  | { readonly kind: "setClock"; readonly byMs: number };

/** When and where something happens. */
export interface Placed {
  readonly atMs: number;
  /** The index of the machine. */
  readonly instance: number;
}

/** Something that a process is asked to do, or that happens to it. */
export type PlannedStep<Ask> = Placed & (FaultDeed | Ask);

/** A world, and what happens in it. */
export interface WorldPlan<Ask> {
  /** The seed of all random choices in the network and in instances. */
  readonly seed: number;
  /** The store's clock at the start, in epoch milliseconds. */
  readonly startsAt: number;
  /** The machines, which have one process each. */
  readonly machines: readonly ClockFault[];
  readonly weather: Weather;
  readonly steps: readonly PlannedStep<Ask>[];
}

/** Reports whether a step is a fault, and not something that the process is asked to do. */
export function isFault<Ask extends { readonly kind: string }>(
  step: PlannedStep<Ask>,
): step is Placed & FaultDeed {
  return ["stop", "kill", "start", "freeze", "setClock"].includes(step.kind);
}

/** The time at which the faults end. From then on, the network is good, and every machine runs. */
export const calmAtMs = 20_000;

// A world that is drawn from a seed: the tasks, and what the processes are asked for.

import type { AuditLevel } from "../../audit/audit_level.ts";
import type { Recurrence } from "../../schedule/recurrence.ts";
import type { ClockFault } from "./machine.ts";
import type { OperationDeed } from "./operation.ts";
import type { FaultDeed, PlannedStep, WorldPlan } from "./plan.ts";
import type { Play } from "./play.ts";

/**
 * The type of a task: `plain`; `timed`, with a timeout; `limited`, with a rate limit; `discarded`,
 * with a rate limit that discards excess runs.
 */
export type TaskType = "plain" | "timed" | "limited" | "discarded";

/** All types. */
export const taskTypes: readonly TaskType[] = ["plain", "timed", "limited", "discarded"];

/** A dispatch, whose number is that of its payload. */
export interface DispatchStep {
  readonly kind: "dispatch";
  readonly type: TaskType;
  readonly play: Play;
  readonly queue: "default" | "narrow";
  readonly priority: number;
  readonly level: AuditLevel;
  readonly key: string | null;
  readonly delayMs: number;
  /** The maximum number of retries. */
  readonly retries: number;
  /** The schedule; null for a task that runs once. */
  readonly recurring: Recurrence | null;
  /** Whether the dispatch is part of a transaction, and how the transaction ends. */
  readonly transaction: "none" | "commits" | "rolls back";
}

/** An operation that a process is asked for. */
export type AskDeed =
  | DispatchStep
  | { readonly kind: "cancel" | "runNow"; readonly number: number }
  | { readonly kind: "pause" | "resume"; readonly queue: string }
  | OperationDeed;

/** An operation on a process. */
export type Deed = AskDeed | FaultDeed;

/** An operation on one process at an instant. */
export type Step = PlannedStep<AskDeed>;

/** A machine, which has one process. */
export interface MachinePlan extends ClockFault {
  /** The types that its process runs. */
  readonly knows: readonly TaskType[];
}

/** How long history is kept. */
export interface RetentionPlan {
  /** Whether ended tasks are deleted, too. */
  readonly deletesTasks: boolean;
}

/** A world, and its operations. */
export interface Scenario extends WorldPlan<AskDeed> {
  readonly machines: readonly MachinePlan[];
  /** How often a running task may be lost with its process. */
  readonly poisonLimit: number;
  /** Null: everything is kept. */
  readonly retention: RetentionPlan | null;
}

/** The number of tasks of each queue that a process runs concurrently. */
export const parallelism: Readonly<Record<DispatchStep["queue"], number>> = {
  default: 3,
  narrow: 1,
};

/** The rate limits of types. */
export const rateLimits = {
  limited: { permits: 2, periodMs: 1_000, burst: 2, overflow: "WaitForCapacity" },
  discarded: { permits: 1, periodMs: 2_000, burst: 2, overflow: "Discard" },
} as const;

/**
 * How long history is kept, in days: 10.5 s. This is longer than the time for which a dispatch is
 * repeated. It is a binary fraction, so that all stores compute the same instant from it.
 */
export const retentionDays = 2 ** -13;

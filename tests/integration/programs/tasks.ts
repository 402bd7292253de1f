// The tasks of the whole-system tests. A test dispatches them; worker processes run them and report
// each step.

import postgres from "postgres";
import { type AnyTask, defineTask, noRetry, type Task, type TaskContext } from "../../../mod.ts";
import type { RunReport } from "./protocol.ts";

/**
 * Handlers work in slices of this many milliseconds, so that the time for which their process is
 * frozen does not count.
 */
const slice = 50;

/** The parameters of a `step`. */
export interface Step {
  /** How long it works, in milliseconds. It ignores its signal, like many handlers. */
  readonly ms: number;
}

/**
 * The parameters of a `settle`, which completes its task in a transaction, and then keeps the
 * transaction open for a while.
 */
export interface Settle {
  readonly url: string;
  readonly openForMs: number;
}

/** The tasks of a process. */
export interface IntegrationTasks {
  readonly all: readonly AnyTask[];
  /** Ends its process at once, as a fault in native code does. */
  readonly poison: Task<null, null>;
  /** Fails at its only attempt. */
  readonly fail: Task<null, null>;
  readonly step: Task<Step, Step>;
  readonly settle: Task<Settle, Settle>;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Makes the tasks. */
export function integrationTasks(report: (report: RunReport) => void): IntegrationTasks {
  const tell = (kind: RunReport["kind"], { taskId, attempt }: TaskContext, reason?: string) =>
    report({ kind, taskId, attempt, at: Date.now(), ...(reason === undefined ? {} : { reason }) });

  const step = defineTask<Step>({
    type: "step",
    async handle({ ms }, context) {
      tell("started", context);
      context.signal.addEventListener(
        "abort",
        () => tell("aborted", context, (context.signal.reason as Error).name),
      );
      for (let left = ms; left > 0; left -= slice) await delay(Math.min(left, slice));
      tell("ended", context);
    },
  });
  const settle = defineTask<Settle>({
    type: "settle",
    async handle({ url, openForMs }, context) {
      const sql = postgres(url, { max: 1 });
      try {
        await sql.begin(async (transaction) => {
          await context.complete(transaction);
          tell("started", context);
          for (let left = openForMs; left > 0; left -= slice) await delay(Math.min(left, slice));
        });
      } finally {
        await sql.end();
      }
      tell("ended", context);
    },
  });
  const poison = defineTask<null>({
    type: "poison",
    handle(_, context) {
      tell("started", context);
      Deno.kill(Deno.pid, "SIGKILL");
    },
  });
  const fail = defineTask<null>({
    type: "fail",
    retry: noRetry(),
    handle: () => Promise.reject(new Error("It broke.")),
  });
  return { all: [step, settle, poison, fail], step, settle, poison, fail };
}

// The calls that the processes of a history made to their storage, each split into parts that
// concern one task.

import type {
  ClaimResult,
  LostTask,
  NewTask,
  PersistResult,
  ReleasedTask,
} from "../../src/storage/requests.ts";
import type { Verb } from "../../src/testing/simulation/network.ts";
import type { RecordLine } from "./record_file.ts";

/** The records of one process. */
export interface ProcessRecords {
  readonly instance: string;
  readonly lines: readonly RecordLine[];
}

/** A change of a task that the journal shows. */
export interface Change {
  /** When it was made, in milliseconds from the start of the history. */
  readonly at: number;
  /** The number of its row in the journal. */
  readonly seq: number;
  /** The due instant of the task after the change. */
  readonly dueAt: number | null;
}

/** A part of a call. */
export interface Intent {
  readonly instance: string;
  readonly verb: Verb;
  /** The arguments, with only one task in them. */
  readonly args: readonly unknown[];
  /** Whether it is part of a transaction of the application. */
  readonly inTransaction: boolean;
  /** The part of the result; undefined if the call was not answered. */
  readonly result: unknown;
  readonly askedAt: number;
  /** When the answer or an error arrived; Infinity: never. */
  readonly answeredAt: number;
  /**
   * The task that it concerns; null if it concerns none, or if a missing answer would name it.
   */
  readonly task: string | null;
  /** The change that it made to the task; null if none is known. Set by the merge. */
  change: Change | null;
}

/** A call with its answer. */
type Call = Omit<Intent, "task" | "change">;

/** Returns the parts of all calls, ordered by the time of the call. */
export function intentsOf(records: readonly ProcessRecords[]): Intent[] {
  return records.flatMap(callsOf).flatMap(split).sort((a, b) => a.askedAt - b.askedAt);
}

function callsOf({ instance, lines }: ProcessRecords): Call[] {
  const ends = new Map<number, RecordLine & { is: "answer" | "error" }>();
  for (const line of lines) {
    if (line.is === "answer" || line.is === "error") ends.set(line.call, line);
  }
  return lines.flatMap((line): Call[] => {
    if (line.is !== "call") return [];
    const end = ends.get(line.call);
    const { verb, args, at: askedAt, inTransaction = false } = line;
    const answeredAt = end?.at ?? Infinity;
    const result = end?.is === "answer" ? end.result ?? null : undefined;
    return [{ instance, verb, args, inTransaction, result, askedAt, answeredAt }];
  });
}

function split(call: Call): Intent[] {
  const { verb, args, result } = call;
  const isAnswered = result !== undefined;
  const part = (
    task: string | null,
    partArgs: readonly unknown[],
    partResult: unknown,
  ): Intent => ({
    ...call,
    task,
    args: partArgs,
    result: isAnswered ? partResult : undefined,
    change: null,
  });
  const results = result as readonly unknown[];
  switch (verb) {
    case "persist":
      return (args[0] as NewTask[]).map((task, i) => {
        const answer = isAnswered ? results[i] as PersistResult : undefined;
        return part(answer?.id ?? task.id, [[task]], [answer]);
      });
    case "setStatusMany":
    case "updateCurrentRunMany":
    case "correctSeries":
      return (args[0] as { taskId: string }[]).map((each, i) =>
        part(each.taskId, [[each]], [results?.[i]])
      );
    case "requestCancel":
    case "makeDue":
      return (args[0] as string[]).map((id, i) => part(id, [[id]], [results?.[i]]));
    case "release":
      return (args[1] as ReleasedTask[]).map((each) => part(each.taskId, [args[0], [each]], null));
    case "claim":
      if (!isAnswered) return [part(null, args, undefined)];
      return (result as ClaimResult).tasks.map((task) => part(task.id, args, { tasks: [task] }));
    case "releaseLost":
      if (!isAnswered) return [part(null, args, undefined)];
      return (result as LostTask[]).map((task) => part(task.taskId, args, [task]));
    default:
      return [part(null, args, result)];
  }
}

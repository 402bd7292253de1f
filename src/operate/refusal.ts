// The reasons why an operator's change does not apply, each with a sentence.

/** The reason why a change does not apply. */
export type RefusalReason =
  | "notStored"
  | "changed"
  | "held"
  | "cancelling"
  | "ended"
  | "completed"
  | "waiting"
  | "outOfLine"
  | "series"
  | "seriesEnded"
  | "oneShot"
  | "paused"
  | "notPaused"
  | "typeUnknown";

const sentences: Readonly<Record<RefusalReason, string>> = {
  notStored: "No task with this id is stored: it was deleted, or never dispatched. Check the id.",
  changed: "It was changed since it was read. Read it again, and decide again.",
  held: "A worker holds it. Wait until it has ended, or cancel it.",
  cancelling: "Its cancellation was requested already: the worker that holds it, or claims it " +
    "next, ends it.",
  ended: "It has ended. Retry it to run it again.",
  completed: "It has completed. Retry it to run it again from the start.",
  waiting: "It has not ended: it waits to run. Run it now, or change when it is due.",
  outOfLine:
    "It has neither ended nor a due time, so no worker takes it: its row was changed outside of " +
    "EverTask. Run it now.",
  series: "It is a series, which is run by its schedule. Run it now for an extra run, or change " +
    "its schedule.",
  seriesEnded: "The series has ended. Dispatch it again with its task key and a schedule to " +
    "continue it.",
  oneShot: "It is not a series: it runs once.",
  paused: "The series is paused already.",
  notPaused: "The series is not paused.",
  typeUnknown: "This process does not have the task of its type, and cannot check the payload. " +
    "Ask a process that has it, or pass `unchecked: true`.",
};

/** A change that was refused, and the reason. */
export interface Refusal {
  /** Nothing has changed. */
  readonly applied: false;
  /** The reason. */
  readonly reason: RefusalReason;
  /** The cause and the remedy, for people. */
  readonly sentence: string;
}

/** All reasons. */
export const refusalReasons = Object.keys(sentences) as readonly RefusalReason[];

/** Creates a refusal. */
export function refusal(reason: RefusalReason): Refusal {
  return { applied: false, reason, sentence: sentences[reason] };
}

/** A change that was applied. */
export interface Applied {
  /** The change was applied. */
  readonly applied: true;
  /** The id of the action that records the change. */
  readonly actionId: string;
}

/** The result of an operator's change. */
export type OperationResult = Applied | Refusal;

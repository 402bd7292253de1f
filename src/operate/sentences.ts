// Writes the sentence of each reason: the cause, then the remedy.

import { cutText } from "../thrown/cut_text.ts";
import type {
  Ended,
  Held,
  PauseNote,
  PlacesBusy,
  QueueUnserved,
  Reason,
  SeriesEnded,
} from "./reason.ts";
import { countWords, durationWords, instantWords } from "./time_words.ts";

/** A reason without its sentence. */
export type UntoldReason = WithoutSentence<Reason>;

type WithoutSentence<R> = R extends unknown ? Omit<R, "sentence"> : never;

/** The maximum number of UTF-16 code units of an error's text that a sentence quotes. */
const longestQuote = 200;

/** Returns one or two sentences for a reason. */
export function sentenceOf(reason: UntoldReason): string {
  switch (reason.kind) {
    case "notStored":
      return "No task with this id is stored: it was never dispatched, its transaction is not " +
        "committed, or retention has deleted it. Check the id, and commit the transaction that " +
        "dispatches it.";
    case "held":
      return heldSentence(reason);
    case "workerLate":
      return `Worker ${reason.workerId} on ${reason.host} holds it, and its lease ended ` +
        `${durationWords(reason.lateMs)} ago: the last heartbeat was at ` +
        `${instantWords(reason.heartbeatAt)}. The next live worker gives the task back; if none ` +
        "is alive, start one.";
    case "workerGone":
      return `Worker ${reason.workerId} holds it and is not registered any more. The next live ` +
        "worker gives the task back; if none is alive, start one.";
    case "cancelling":
      return "Its cancellation was requested. The worker that holds it, or claims it " +
        "next, ends it; a handler that runs on does not listen to its signal.";
    case "givenBack":
      return reason.lostCount > 0
        ? `Its worker was lost while it held the task (${reason.lostCount} so far). It runs ` +
          "again; if that continues, look in the worker's log for the cause."
        : "Its worker stopped before the task had ended. It runs again; nothing is to be done.";
    case "delayed":
      return `It is due in ${durationWords(reason.dueInMs)}, at ${instantWords(reason.dueAt)}. ` +
        "Run it now to start it at once.";
    case "nextRun":
      return `Its next run is due in ${durationWords(reason.dueInMs)}, at ` +
        `${instantWords(reason.dueAt)} (${reason.schedule}). Run it now for an extra run.`;
    case "retry":
      return `An attempt has failed. Retry ${reason.retry}` +
        `${reason.retries === null ? "" : ` of ${reason.retries}`} is due in ` +
        `${durationWords(reason.dueInMs)}, at ${instantWords(reason.dueAt)}. ` +
        "Run it now to retry at once.";
    case "rateLimited":
      return `Its rate limit lets it start in ${durationWords(reason.dueInMs)}, at ` +
        `${instantWords(reason.dueAt)}. Raise the limit if that is too late.`;
    case "queuePaused":
      return `Queue "${reason.queue}" is paused${
        pausedBy(reason)
      }. Resume the queue to run its tasks.`;
    case "seriesPaused":
      return `The series is paused${pausedBy(reason)}; its run of ` +
        `${instantWords(reason.nextRunAt)} is planned. Resume the series, ` +
        "or run it now for an extra run.";
    case "queueUnserved":
      return unservedSentence(reason);
    case "typeUnknown":
      return `No live worker that serves queue "${reason.queue}" knows the type ` +
        `"${reason.type}". ${similarSentence(reason.similar)}` +
        "Deploy a worker that has the task, or dispatch it to a queue of such a worker.";
    case "placesBusy":
      return busySentence(reason);
    case "inLine":
      return `It is due, and a live worker takes it in its turn: ` +
        `${reason.exact ? "" : "at least "}${
          countWords(reason.due, "task")
        } of queue "${reason.queue}" ` +
        `${reason.due === 1 ? "is" : "are"} due. Nothing is to be done.`;
    case "ended":
      return endedSentence(reason);
    case "seriesEnded":
      return seriesEndedSentence(reason);
    case "outOfLine":
      return `Its status is ${reason.status}, but it has no due time, so no worker takes it: its ` +
        "row was changed outside of EverTask. Run it now.";
  }
}

function heldSentence({ workerId, host, running, since }: UntoldOf<Held>): string {
  const worker = `worker ${workerId} on ${host}`;
  if (!running) {
    return `It is held by ${worker}, which starts it once one of its places is free.`;
  }
  const sinceWhen = since === null ? "" : ` since ${instantWords(since)}`;
  return `It is running${sinceWhen}: ${worker} holds it. Nothing is to be done.`;
}

function unservedSentence({ queue, liveWorkers, similar }: UntoldOf<QueueUnserved>): string {
  return `No live worker serves queue "${queue}"` +
    (liveWorkers === 0 ? ": no worker is running. " : ". ") +
    similarSentence(similar) +
    "Start a worker that has the queue, or correct the name.";
}

function busySentence({ queue, places, held }: UntoldOf<PlacesBusy>): string {
  const busy = places === 1 ? "The one place" : `All ${places} places`;
  return `${busy} of queue "${queue}" ${places === 1 ? "is" : "are"} busy: workers hold ` +
    `${countWords(held, "task")} of it. Raise its parallelism, start another worker, or wait.`;
}

/** Describes the operator, time and reason of a pause, as far as known. */
function pausedBy({ by, since, why }: PauseNote): string {
  if (by === null) return "";
  const when = since === null ? "" : ` since ${instantWords(since)}`;
  return `${when} by ${cutText(by, longestQuote)}${quoted(why)}`;
}

function similarSentence(similar: string | null): string {
  return similar === null ? "" : `The most similar name is "${similar}". `;
}

function endedSentence({ status, endedAt, attempts, exception }: UntoldOf<Ended>): string {
  const when = endedAt === null ? "" : ` at ${instantWords(endedAt)}`;
  const after = attempts > 0 ? ` after ${countWords(attempts, "attempt")}` : "";
  return `It has ended as ${status}${when}${after}${quoted(exception)}. Retry it to run it again.`;
}

const causes = {
  cancelled: "was cancelled",
  maxRuns: "has reached its maximum of runs",
  runUntil: "has no run left before its end",
};

function seriesEndedSentence(reason: UntoldOf<SeriesEnded>): string {
  const { status, cause, endedAt, runCount, exception } = reason;
  const why = cause === null ? `has ended as ${status}` : causes[cause];
  const when = endedAt === null ? "" : `; the last run ended at ${instantWords(endedAt)}`;
  return `The series ${why}, after ${countWords(runCount, "run")}${when}${quoted(exception)}. ` +
    "Dispatch it again with its task key and a schedule to continue it.";
}

type UntoldOf<R extends Reason> = Omit<R, "sentence">;

/** Quotes the first line of an error's text. */
function quoted(exception: string | null): string {
  if (exception === null || exception === "") return "";
  const [line] = exception.split(/[\r\n]/, 1);
  return ` (${cutText(line!, longestQuote)})`;
}

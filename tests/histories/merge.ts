// Merges the records of processes and the journal of their database into one history. The journal
// shows the order of changes, and the effects of calls without an answer.

import type { Lease, NewTask, RateSlots, ReleasedTask } from "../../src/storage/requests.ts";
import type { HistoryEntry, StoreEntry } from "../../src/testing/checker/history.ts";
import { drawnTasks, StoreEntries } from "../../src/testing/simulation/store_entries.ts";
import { type Change, type Intent, intentsOf, type ProcessRecords } from "./intents.ts";
import type { JournalRow, TaskImage } from "./journal_rows.ts";

/** The result of a merge. */
export interface Merged {
  readonly entries: readonly HistoryEntry[];
  /** The names of tasks and workers in the entries. */
  readonly names: StoreEntries;
  /** The changes of the database that no call explains. */
  readonly unexplained: readonly string[];
}

/** The row of a task before and after a change. */
interface Images {
  readonly task: string;
  readonly before: TaskImage;
  readonly after: TaskImage;
}

/**
 * How far the clocks of processes and database may differ, in milliseconds: a machine may set its
 * clock back by some milliseconds, and the records of a process still are in order.
 */
const slackMs = 10;

/** The maximum time that the statements of a call without an answer take, in milliseconds. */
const statementsMs = 20;

/**
 * Merges records and journal.
 *
 * @param startsAt The beginning of the history, in epoch milliseconds.
 */
export function mergeRecords(
  records: readonly ProcessRecords[],
  journal: readonly JournalRow[],
  startsAt: number,
): Merged {
  const intents = intentsOf(records);
  const unexplained = explain(intents, journal, startsAt);
  const names = new StoreEntries(startsAt, drawnTasks);
  const stored = toldInOrder(intents, startsAt).flatMap(({ intent, at }) =>
    names.of(intent.verb, intent.args, intent.result, Math.floor(at)).map((entry) =>
      ({ at, instance: intent.instance, ...withDue(entry, intent.change) }) as HistoryEntry
    )
  );
  const told = records.flatMap(({ instance, lines }) =>
    lines.flatMap((line) =>
      line.is === "entry"
        ? [{ at: line.at, instance, ...named(line.entry, names) } as HistoryEntry]
        : []
    )
  );
  const entries = [...stored, ...told].sort((a, b) => a.at - b.at);
  return { entries, names, unexplained };
}

/** Finds the intent that made each change. Returns the changes that no intent made. */
function explain(
  intents: Intent[],
  journal: readonly JournalRow[],
  startsAt: number,
): string[] {
  const byTask = new Map<string | null, Intent[]>();
  for (const intent of intents) {
    const list = byTask.get(intent.task);
    if (list === undefined) byTask.set(intent.task, [intent]);
    else list.push(intent);
  }
  // Parts that may have changed any task: they name no task, or they dispatch a task for which the
  // store may have updated another task with the same key.
  const others = intents.filter(({ verb, task, result }) =>
    result === undefined && (task === null || verb === "persist") ||
    verb === "releaseUnknown" && result !== 0
  );
  const images = new Map<string, TaskImage>();
  const last = new Map<string, { at: number; intent: Intent }>();
  const unexplained: string[] = [];
  const dueOf = ({ due_at_utc: due }: TaskImage) =>
    due === null ? null : Math.round(due - startsAt);
  for (const row of journal) {
    if (row.what === "status" || row.what === "run") continue;
    const { task, image: after } = row;
    const before = images.get(task) ?? null;
    if (row.what === "deleted") {
      images.delete(task);
      continue;
    }
    images.set(task, after);
    const at = row.at - startsAt;
    if (before !== null && isSame(before, after)) continue;
    const candidates = [...byTask.get(task) ?? [], ...others];
    const isInTime = ({ askedAt, answeredAt }: Intent) =>
      askedAt <= at + slackMs && at <= answeredAt + slackMs;
    const possible = candidates.filter((each) =>
      (each.change === null || each.task === null) && each.askedAt <= at + slackMs &&
      (before === null ? inserts(each, task) : changes(each, { task, before, after }))
    );
    const previous = last.get(task);
    // A verb may need more than one statement. Another payload is from another dispatch.
    const isNext = previous !== undefined && at <= previous.at + statementsMs &&
      isPartOf(previous, at) && before?.request === after.request;
    const intent = possible.find((each) => each.result !== undefined && isInTime(each)) ??
      possible.find(isInTime) ??
      // A call that has timed out may still be under way, and be carried out later.
      (isNext ? undefined : possible.find(({ result }) => result === undefined));
    if (intent === undefined) {
      if (previous !== undefined && isPartOf(previous, at)) {
        previous.intent.change = { ...previous.intent.change!, dueAt: dueOf(after) };
      } else unexplained.push(`at ${at.toFixed(1)} ${task}: ${differenceOf(before, after)}`);
      continue;
    }
    const made = intent.task === null || intent.result === undefined
      ? split(intent, task, before, after)
      : intent;
    // The instant is between the call and its answer, and not before the task's previous change.
    const latest = intent.result === undefined ? Infinity : intent.answeredAt;
    const clamped = Math.min(Math.max(at, intent.askedAt), latest);
    made.change = {
      at: Math.max(clamped, previous?.at ?? -Infinity),
      seq: row.seq,
      dueAt: dueOf(after),
    };
    if (made !== intent) intents.push(made);
    if (made !== intent && intent.task !== null) intent.change = made.change;
    last.set(task, { at: made.change.at, intent: made });
  }
  return unexplained;
}

/** Whether a change at an instant may be a further statement of the call of the last change. */
function isPartOf(last: { readonly at: number; readonly intent: Intent }, at: number): boolean {
  const { answeredAt } = last.intent;
  // A call that was carried out late was given up before.
  return at <= Math.max(last.at + statementsMs, answeredAt === Infinity ? 0 : answeredAt + slackMs);
}

/** Whether an intent stores a task. */
function inserts({ verb, args }: Intent, task: string): boolean {
  return verb === "persist" && (args[0] as NewTask[])[0]!.id === task;
}

/** Whether an intent can have made a change. */
function changes({ verb, args, result }: Intent, { task, before, after }: Images): boolean {
  const isEnded = before.worker_id !== null && after.worker_id === null;
  const isLed = (lease: Lease | undefined) =>
    lease === undefined ||
    (lease.workerId === before.worker_id && lease.token === before.lease_token);
  switch (verb) {
    case "persist": {
      const { taskKey, payload } = (args[0] as NewTask[])[0]!;
      return taskKey !== null && taskKey === after.task_key && payload === after.request &&
        before.worker_id === null && after.status !== "Cancelled";
    }
    case "claim":
      return after.lease_token === before.lease_token + 1 &&
        (args[0] as { workerId: string }).workerId === after.worker_id;
    case "setStatusMany":
    case "updateCurrentRunMany": {
      const { lease, transitions } = (args[0] as {
        lease?: Lease;
        transitions: { status: string }[];
      }[])[0]!;
      const isRefused = result !== undefined && !(result as { applied: boolean }[])[0]?.applied;
      return before.worker_id !== null && isLed(lease) && !isRefused &&
        (transitions.length === 0 || transitions.at(-1)!.status === after.status);
    }
    case "requestCancel":
      return Boolean(after.cancel_requested) && !before.cancel_requested ||
        (before.worker_id === null && after.status === "Cancelled");
    case "makeDue":
      return before.worker_id === null && after.worker_id === null && after.due_at_utc !== null;
    case "correctSeries":
      return before.worker_id === null && before.next_run_utc !== after.next_run_utc;
    case "release": {
      const { token } = (args[1] as ReleasedTask[])[0]!;
      return isEnded && before.worker_id === args[0] && before.lease_token === token &&
        after.status === before.status;
    }
    case "releaseUnknown":
      return isEnded && before.worker_id === args[0] && !(args[1] as string[]).includes(task) &&
        after.status === before.status;
    case "releaseLost":
      return isEnded && (after.status === "ServiceStopped" || after.status === "Failed");
    default:
      return false;
  }
}

/** Makes an intent about one task, with the result that a change shows. */
function split(
  intent: Intent,
  task: string,
  before: TaskImage | null,
  after: TaskImage,
): Intent {
  return { ...intent, task, result: shownResult(intent, task, before, after) };
}

function shownResult(
  { verb, result }: Intent,
  task: string,
  before: TaskImage | null,
  after: TaskImage,
): unknown {
  switch (verb) {
    case "persist": {
      const outcome = before === null ? "created" : "updated";
      return [{ id: task, outcome, claimed: after.worker_id !== null }];
    }
    case "claim":
      return { tasks: [{ id: task, leaseToken: after.lease_token, attempt: after.attempt }] };
    case "setStatusMany":
    case "updateCurrentRunMany":
      return [{ applied: true }];
    case "requestCancel":
      return [after.status === "Cancelled" ? "cancelled" : "requested"];
    case "makeDue":
    case "correctSeries":
      return [true];
    case "releaseLost": {
      const poisoned = after.status === "Failed";
      const { worker_id: workerId } = before!;
      return [{ taskId: task, workerId, lostCount: after.lost_count, poisoned }];
    }
    default:
      return result ?? null;
  }
}

/**
 * Returns the intents that the history contains, in order, each with its instant.
 *
 * An intent that changed a task has the instant of the change. A heartbeat, a registration and the
 * end of a pause have the instant of the call, because they may have an effect from then on. All
 * others have the instant of the answer. A pause comes after all claims that were called before its
 * answer, because these may not have seen the pause.
 */
function toldInOrder(
  intents: readonly Intent[],
  startsAt: number,
): { intent: Intent; at: number }[] {
  const resumes = intents.filter(({ verb, args }) => verb === "setQueuePaused" && !args[1]);
  return intents.flatMap((intent) => {
    const at = toldAt(intent, intents, resumes, startsAt);
    return at === null ? [] : [{ intent, at }];
  }).sort((a, b) => a.at - b.at || (a.intent.change?.seq ?? 0) - (b.intent.change?.seq ?? 0));
}

function toldAt(
  intent: Intent,
  intents: readonly Intent[],
  resumes: readonly Intent[],
  startsAt: number,
): number | null {
  const { verb, args, result, askedAt, answeredAt, change } = intent;
  const isAnswered = result !== undefined;
  if (change !== null) return isAnswered ? change.at : null; // what it did is told by another part
  if (intent.inTransaction && !isRefused(result)) return null; // it was rolled back
  switch (verb) {
    case "setQueuePaused": {
      if (!args[1]) return askedAt;
      const at = lastUnawareClaim(intents, answeredAt);
      const isDisputed = resumes.some((resume) =>
        resume.args[0] === args[0] && resume.askedAt < at && askedAt < resume.answeredAt
      );
      return isAnswered && !isDisputed ? at : null;
    }
    case "takeRateSlots": // a slow process sees the answers to several at once
      return isAnswered ? (result as RateSlots).now - startsAt : null;
    case "heartbeat":
    case "registerWorker":
      return isAnswered ? askedAt : null;
    case "releaseUnknown":
    case "release":
      return null; // it changed nothing
    default:
      return isAnswered ? answeredAt : null;
  }
}

/** Whether a write was answered as not applied. */
function isRefused(result: unknown): boolean {
  return Array.isArray(result) && result[0]?.applied === false;
}

/** When the last claim was made that was asked for before a pause was answered. */
function lastUnawareClaim(intents: readonly Intent[], answeredAt: number): number {
  return intents.reduce((last, { verb, askedAt, change }) => {
    const isUnaware = (verb === "claim" || verb === "persist") && askedAt < answeredAt;
    return isUnaware && change !== null ? Math.max(last, change.at + slackMs) : last;
  }, answeredAt);
}

/** Replaces the computed due instant of an entry with the stored one. */
function withDue(entry: StoreEntry, change: Change | null): StoreEntry {
  const hasDue = entry.kind === "stored" || entry.kind === "changed" || entry.kind === "released";
  if (!hasDue || entry.dueAt === null || change?.dueAt == null) return entry;
  return { ...entry, dueAt: change.dueAt };
}

const uuid = /[0-9a-f]{8}-[0-9a-f-]{27}/g;

/** Replaces the ids of tasks in an entry with their names. */
function named<Entry extends object>(entry: Entry, names: StoreEntries): Entry {
  const fields = Object.entries(entry).map(([name, value]) => [
    name,
    typeof value === "string" ? value.replace(uuid, (id) => names.tasks.of(id)) : value,
  ]);
  return Object.fromEntries(fields);
}

/**
 * The columns in which a change must be explained by a call. The key is not one of them, because a
 * dispatch may also take it from another task.
 */
const compared = [
  "status",
  "worker_id",
  "lease_token",
  "attempt",
  "lost_count",
  "due_at_utc",
  "cancel_requested",
  "request",
  "current_run_count",
  "next_run_utc",
] as const satisfies readonly (keyof TaskImage)[];

function isSame(before: TaskImage, after: TaskImage): boolean {
  return compared.every((name) => before[name] === after[name]);
}

function differenceOf(before: TaskImage | null, after: TaskImage): string {
  if (before === null) return "was inserted";
  return compared.filter((name) => before[name] !== after[name])
    .map((name) => `${name} ${before[name]} -> ${after[name]}`).join(", ");
}

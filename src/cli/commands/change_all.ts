// Changes all tasks that match a filter, batch by batch.

import type { BulkResult } from "../../operate/bulk.ts";
import type { TaskFilter } from "../../storage/queries.ts";
import { nextMacrotask } from "../../time/macrotask.ts";
import type { Call, ExitCode } from "../frame/command.ts";
import type { OperatedStore, TaskVerb } from "../frame/operated_store.ts";
import { Progress } from "../text/progress.ts";
import { manyWords } from "../text/words.ts";
import { operatorOf } from "./operator.ts";

/** The words of a verb. */
export interface VerbWords {
  /** The name of the command. */
  readonly command: string;
  /** The verb in a question. */
  readonly plain: string;
  /** The verb in a result. */
  readonly past: string;
}

/** A change of all tasks that match. */
export interface WholeChange {
  readonly verb: TaskVerb;
  readonly words: VerbWords;
  readonly filter: TaskFilter;
  readonly isDry: boolean;
  /** The cursor from which to continue; undefined to begin with the first batch. */
  readonly after: string | undefined;
}

/**
 * Applies a change to all tasks that match. Each batch is one transaction. An interruption ends the
 * change after the current batch.
 */
export async function changeAll(
  { operate }: OperatedStore,
  { verb, words, filter, isDry, after }: WholeChange,
  { values, host, print }: Call,
): Promise<ExitCode> {
  const operator = operatorOf(values, host);
  const counted = print.isForPerson ? await operate.tasks.count(filter) : null;
  const total = counted?.exact ? counted.count : null;
  const progress = new Progress(host.stderr, "tasks", total, print.isForPerson);
  const skipped = new Map<string, number>();
  let changed = 0;
  let seen = 0;
  let next = after ?? null;
  let actionId: string | null = null;
  do {
    const batch: BulkResult = await operate.bulk[verb](filter, {
      ...operator,
      dryRun: isDry,
      ...next !== null && { after: next },
    });
    changed += batch.changed;
    seen += batch.changed;
    for (const { reason, count } of batch.skipped) {
      skipped.set(reason, (skipped.get(reason) ?? 0) + count);
      seen += count;
    }
    next = batch.next;
    actionId = batch.actionId ?? actionId;
    await progress.show(seen);
    // SQLite works synchronously. Without a turn of the event loop, no signal would arrive.
    await new Promise<void>(nextMacrotask);
  } while (next !== null && !host.interrupted.aborted);
  await progress.end();
  const left = Object.fromEntries(skipped);
  if (print.isJson) await print.json({ changed, skipped: left, dryRun: isDry, next, actionId });
  else {
    await print.text(`${manyWords(changed, "task")} ${isDry ? "would be " : ""}${words.past}.`);
    for (const [reason, count] of skipped) {
      await print.text(
        `${manyWords(count, "task")} left as ${count === 1 ? "it is" : "they are"}: ${reason}.`,
      );
    }
  }
  if (next !== null) {
    await print.warn(`Interrupted. To continue, call the same command with: --resume ${next}`);
  }
  return next === null ? 0 : 1;
}

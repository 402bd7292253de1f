// Stores the log lines of attempts, up to the limit of each run. One bulk insert stores the lines
// of many attempts.

import type { Logger } from "../../log/logger.ts";
import { type CapturedLog, fitLog } from "./task_logger.ts";
import { batchEnd } from "../../storage/batching/batch_size.ts";
import { BatchWriter } from "../../storage/batching/batch_writer.ts";
import type { NewLogLine } from "../../storage/queries.ts";
import type { Storage } from "../../storage/storage.ts";
import type { Clock } from "../../time/clock.ts";
import type { Job } from "../job.ts";
import { isUnderWay } from "./series_run.ts";

/** The dependencies of a keeper. */
export interface LogKeeperParts {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maxLinesPerRun: number;
  /** The time for which a write is retried after transient errors, in milliseconds. */
  readonly retryForMs: number;
}

interface Entry {
  readonly job: Job;
  readonly captured: CapturedLog;
  /** Whether storage may already hold lines of the run. */
  readonly continues: boolean;
}

/** Stores the log lines of a worker's attempts. */
export class LogKeeper {
  readonly #parts: LogKeeperParts;
  readonly #writer: BatchWriter<Entry, void>;
  /**
   * The jobs that have passed lines to storage. Lines that a hook logs later count against the same
   * limit.
   */
  readonly #kept = new WeakSet<Job>();

  constructor(parts: LogKeeperParts) {
    this.#parts = parts;
    const { clock, retryForMs } = parts;
    this.#writer = new BatchWriter<Entry, void>({
      write: async (entries) => {
        await parts.storage.saveExecutionLogs(await this.#within(entries));
        return entries.map(() => undefined);
      },
      clock,
      maxBatch: 100,
      sizeOf: ({ captured }) => captured.lines.reduce((size, line) => size + sizeOf(line), 0),
      concurrency: 1, // so that the earlier lines of a run are stored before they are counted
      retryForMs,
    });
  }

  /** Stores the lines that an attempt has logged since the last call, with the next batch. */
  keep(job: Job): void {
    const captured = job.attempt.context?.takeLog() ?? null;
    if (captured === null) return;
    for (const part of partsOf(captured)) this.#add(job, part);
  }

  #add(job: Job, captured: CapturedLog): void {
    const continues = isUnderWay(job.task) || this.#kept.has(job);
    this.#kept.add(job);
    this.#writer.add({ job, captured, continues }).catch((error) => {
      this.#parts.logger.error("Storing {count} log lines of task {taskId} failed: {error}", {
        count: captured.lines.length,
        taskId: job.task.id,
        error,
      });
    });
  }

  /** Resolves when everything is stored, or given up. */
  idle(): Promise<void> {
    return this.#writer.idle();
  }

  /**
   * Returns the lines that are within the limits of their runs. Counts the stored lines of a run
   * only if the run may have stored lines.
   */
  async #within(entries: readonly Entry[]): Promise<NewLogLine[]> {
    const { storage, maxLinesPerRun } = this.#parts;
    const fitting: NewLogLine[] = [];
    /** The number of lines in this batch by run. */
    const used = new Map<string, number>();
    for (const { job, captured, continues } of entries) {
      const { run, task } = job;
      const key = `${task.id} ${run}`;
      const stored = continues ? await storage.countExecutionLogs(task.id, run, maxLinesPerRun) : 0;
      const lines = fitLog(captured, maxLinesPerRun - stored - (used.get(key) ?? 0));
      used.set(key, (used.get(key) ?? 0) + lines.length);
      fitting.push(...lines);
    }
    return fitting;
  }
}

/**
 * Splits a log into parts that fit into one write. The last part has the number of dropped lines.
 */
function* partsOf({ lines, dropped }: CapturedLog): Generator<CapturedLog> {
  for (let from = 0, end; from < lines.length; from = end) {
    end = batchEnd(lines, from, lines.length, sizeOf);
    yield { lines: lines.slice(from, end), dropped: end === lines.length ? dropped : 0 };
  }
}

/** Returns the length of a line's strings, in characters. */
function sizeOf({ message, exception }: NewLogLine): number {
  return message.length + (exception?.length ?? 0);
}

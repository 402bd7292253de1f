// Batched writes: ends of attempts, log lines, and retries of writes.

import type { Mutant } from "../mutant.ts";

const statusWriter = "src/worker/attempt/status_writer.ts";
const statusWriterTests = ["tests/worker/attempt/unanswered_report_test.ts"];
const logKeeper = "src/worker/attempt/log_keeper.ts";
const logKeeperTests = ["tests/worker/attempt/log_keeper_test.ts"];
const taskLogger = "src/worker/attempt/task_logger.ts";
const taskLoggerTests = ["tests/log/logger_test.ts"];
const transitionAges = "src/worker/attempt/transition_ages.ts";
const transitionAgesTests = ["tests/worker/attempt/transition_ages_test.ts"];
const batchWriter = "src/storage/batching/batch_writer.ts";
const batchWriterTests = ["tests/storage/batch_writer_test.ts"];
const retryTransient = "src/storage/batching/retry_transient.ts";
const retryTransientTests = ["tests/storage/batch_writer_test.ts"];
const backoff = "src/storage/batching/backoff.ts";
const backoffTests = ["tests/storage/batch_writer_test.ts"];
const batchSize = "src/storage/batching/batch_size.ts";
const batchSizeTests = ["tests/storage/batch_size_test.ts"];

export const writing: readonly Mutant[] = [
  {
    file: statusWriter,
    original: "if (this.#givenUp.has(entry.job)) {",
    replacement: "if (false as boolean) {",
    tests: statusWriterTests,
  },
  {
    file: statusWriter,
    original: "if (!transient && entries.length > 1) {",
    replacement: "if (false as boolean) {",
    tests: ["tests/worker/database_trouble_test.ts"],
    filter: "delays no other change",
  },
  {
    file: "src/worker/attempt/read_back.ts",
    original: "record.workerId === null && ",
    replacement: "",
    tests: ["tests/worker/attempt/lost_answers_test.ts", "tests/worker/lease/late_answers_test.ts"],
    equivalent:
      "The token and the status are enough: the end of a lease changes the status, and the next claim changes the token.",
  },
  {
    file: statusWriter,
    original: "entries[i]!.job.unwritten.answered(now);",
    replacement: "",
    tests: [
      "tests/worker/attempt/transition_ages_test.ts",
      "tests/worker/attempt/unanswered_report_test.ts",
    ],
  },
  {
    file: statusWriter,
    original: "if (!this.#isAbandoned(entry.job)) return true;",
    replacement: "return true;",
    tests: statusWriterTests,
    equivalent:
      "Storage rejects a retried write if another worker has claimed the task. Otherwise, storing it is right.",
  },
  {
    file: statusWriter,
    original: "if (!transient && !this.#isolated.has(entries[0]!)) {",
    replacement: "if (false as boolean) {",
    tests: ["tests/worker/database_trouble_test.ts"],
    filter: "delays no other change",
  },
  {
    file: statusWriter,
    original: "size += waiting[i]!.exception?.length ?? 0;",
    replacement: "size += 0;",
    tests: ["tests/storage/batch_size_test.ts"],
  },
  {
    file: logKeeper,
    original: "isUnderWay(job.task) || this.#kept.has(job)",
    replacement: "isUnderWay(job.task)",
    tests: logKeeperTests,
  },
  {
    file: logKeeper,
    original: "isUnderWay(job.task) || this.#kept.has(job)",
    replacement: "this.#kept.has(job)",
    tests: logKeeperTests,
  },
  {
    file: logKeeper,
    original: "const key = `${task.id} ${run}`;",
    replacement: "const key = `${run}`;",
    tests: logKeeperTests,
  },
  {
    file: taskLogger,
    original: "rank[level] < rank[this.#capture.minimumLevel]",
    replacement: "rank[level] <= rank[this.#capture.minimumLevel]",
    tests: taskLoggerTests,
  },
  {
    file: taskLogger,
    original: "lines.slice(0, Math.max(0, room))",
    replacement: "lines.slice(0, room)",
    tests: taskLoggerTests,
  },
  {
    file: taskLogger,
    original: "dropped + lines.length - kept.length",
    replacement: "lines.length - kept.length",
    tests: taskLoggerTests,
  },
  {
    file: taskLogger,
    original: "agoMs: now - at",
    replacement: "agoMs: 0",
    tests: ["tests/log/logger_test.ts"],
  },
  {
    file: transitionAges,
    original: "Math.floor(Math.max(0, now - Math.max(transition.at, storedAt)))",
    replacement: "Math.round(Math.max(0, now - Math.max(transition.at, storedAt)))",
    tests: transitionAgesTests,
  },
  {
    file: transitionAges,
    original: "Math.max(transition.at, storedAt)",
    replacement: "transition.at",
    tests: transitionAgesTests,
  },
  {
    file: batchWriter,
    original: "this.#writing >= this.#concurrency.limit",
    replacement: "this.#writing > this.#concurrency.limit",
    tests: batchWriterTests,
  },
  {
    file: batchWriter,
    original: "batch.length === 1 || isTransient(error)",
    replacement: "batch.length === 1",
    tests: batchWriterTests,
  },
  {
    file: batchWriter,
    original: "else if (this.#writing === 0) {",
    replacement: "else {",
    tests: batchWriterTests,
  },
  {
    file: batchWriter,
    original: "if (this.#writing === 0 && this.#pending.length === 0) return",
    replacement: "if (this.#pending.length === 0) return",
    tests: batchWriterTests,
  },
  {
    file: retryTransient,
    original: "clock.monotonic() - started + pause > retryForMs",
    replacement: "clock.monotonic() - started > retryForMs",
    tests: retryTransientTests,
  },
  {
    file: retryTransient,
    original: "!isTransient(error) || ",
    replacement: "",
    tests: retryTransientTests,
  },
  {
    file: backoff,
    original: "Math.min(2_000, 20 * 2 ** Math.min(failures - 1, 10))",
    replacement: "20 * 2 ** Math.min(failures - 1, 10)",
    tests: backoffTests,
  },
  {
    file: batchSize,
    original: "<= mostCharacters) end++",
    replacement: "< mostCharacters) end++",
    tests: batchSizeTests,
  },
  {
    file: batchSize,
    original: "return Math.max(end, Math.min(from + 1, most));",
    replacement: "return end;",
    tests: ["tests/storage/batch_size_test.ts"],
  },
];

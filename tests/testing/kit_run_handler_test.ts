import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { z } from "zod";
import {
  defineTask,
  exponentialRetry,
  InvalidArgumentError,
  LeaseLostError,
  linearRetry,
  NonRetryableError,
  noRetry,
  PayloadValidationError,
  RetryLater,
  TaskCancelledError,
  type TaskContext,
  TimeoutError,
  WorkerStoppedError,
} from "../../mod.ts";
import { FakeClock, type HandlerRun, runHandler } from "../../src/testing/mod.ts";

/** Creates a task whose handler calls `handle` with the context. */
function taskOf(handle: (context: TaskContext) => void | Promise<void>) {
  return defineTask<null>({ type: "told", handle: (_, context) => handle(context) });
}

function throwing(error: unknown) {
  return taskOf(() => {
    throw error;
  });
}

/** Rejects when the signal aborts. */
function untilAborted({ signal }: TaskContext): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function ending({ outcome, delayMs }: HandlerRun) {
  return [outcome, delayMs];
}

Deno.test("a handler gets the payload after serialization to JSON and validation, as from storage", async () => {
  let got: unknown;
  const task = defineTask({
    type: "report",
    payload: z.object({ day: z.coerce.date(), copies: z.number().default(1) }),
    handle: (payload) => void (got = payload),
  });
  const run = await runHandler(task, { day: new Date("2026-03-01T00:00:00Z") });
  assertEquals(run.outcome, "completed");
  assertEquals(got, { day: new Date("2026-03-01T00:00:00Z"), copies: 1 });
});

Deno.test("an invalid payload is rejected as by dispatch, and the handler does not run", async () => {
  let runs = 0;
  const task = defineTask({
    type: "mail",
    payload: z.object({ to: z.email() }),
    handle: () => void runs++,
  });
  await assertRejects(
    () => runHandler(task, { to: "nobody" }),
    PayloadValidationError,
    "to",
  );
  const circular: { self?: unknown } = {};
  circular.self = circular;
  const free = defineTask<unknown>({ type: "free", handle: () => void runs++ });
  await assertRejects(() => runHandler(free, circular), PayloadValidationError, "JSON");
  assertEquals(runs, 0);
});

Deno.test("the context has the values of the options", async () => {
  let seen: unknown;
  const task = defineTask<null>({
    type: "curious",
    handle(_, { taskId, taskType, taskKey, queue, attempt, run, signal }) {
      seen = { taskId, taskType, taskKey, queue, attempt, run, aborted: signal.aborted };
    },
  });
  const clock = new FakeClock("2026-03-01T10:00:00Z");
  await runHandler(task, null, { taskId: "one", clock });
  const plain = { taskId: "one", taskType: "curious", aborted: false };
  assertEquals(seen, { ...plain, taskKey: null, queue: "default", attempt: 1, run: null });
  await runHandler(task, null, {
    taskId: "one",
    taskKey: "nightly",
    attempt: 2,
    run: { number: 5, scheduledAt: "2026-03-01T03:00:00Z" },
  });
  const run = { number: 5, scheduledAt: new Date("2026-03-01T03:00:00Z") };
  assertEquals(seen, { ...plain, taskKey: "nightly", queue: "recurring", attempt: 2, run });
  await runHandler(task, null, { taskId: "one", queue: "mail", run: true, clock });
  const first = { number: 1, scheduledAt: new Date("2026-03-01T10:00:00Z") };
  assertEquals(seen, { ...plain, taskKey: null, queue: "mail", attempt: 1, run: first });
});

Deno.test("invalid options are rejected", async () => {
  const task = taskOf(() => {});
  for (
    const options of [
      { attempt: 0 },
      { run: { number: 0 } },
      { run: { scheduledAt: "soon" } },
      { taskKey: "" },
      { queue: "" },
      { timeout: -1 },
      { abortGrace: NaN },
    ]
  ) {
    await assertRejects(() => runHandler(task, null, options), InvalidArgumentError);
  }
});

Deno.test("a failure follows the retry policy of the options, of the task or of the engine, in this order", async () => {
  const error = new Error("down");
  const run = await runHandler(throwing(error), null);
  assertEquals(ending(run), ["retry", 500]);
  assert(run.error === error);
  assertStringIncludes(run.exception!, "Error: down");
  assertEquals(ending(await runHandler(throwing(error), null, { attempt: 4 })), ["failed", null]);
  const patient = { ...throwing(error), retry: linearRetry(9, { minutes: 1 }) };
  assertEquals(ending(await runHandler(patient, null, { attempt: 4 })), ["retry", 60_000]);
  assertEquals(ending(await runHandler(patient, null, { retry: noRetry() })), ["failed", null]);
});

Deno.test("the random number for a retry's jitter can be set", async () => {
  const retry = exponentialRetry({ retries: 3, base: 1000, jitter: 0.5 });
  const delays: (number | null)[] = [];
  for (const byte of [0, 0, 255]) {
    const random = (bytes: Uint8Array) => void bytes.fill(byte);
    delays.push((await runHandler(throwing(new Error()), null, { retry, random })).delayMs);
  }
  assertEquals(delays[0], delays[1]);
  assert(delays[0] !== delays[2]);
});

Deno.test("control-flow errors decide the outcome", async () => {
  assertEquals(ending(await runHandler(throwing(new NonRetryableError("gone")), null)), [
    "failed",
    null,
  ]);
  const later = await runHandler(throwing(new RetryLater({ minutes: 5 })), null, { attempt: 4 });
  assertEquals([...ending(later), later.exception], ["later", 300_000, null]);
  const refused = new PayloadValidationError("other", [{ message: "no" }]);
  assertEquals(ending(await runHandler(throwing(refused), null)), ["failed", null]);
});

Deno.test("a retry policy with an invalid delay fails the attempt, and the exception says so", async () => {
  const run = await runHandler(throwing(new Error("down")), null, {
    retry: { nextDelay: () => NaN },
  });
  assertEquals(run.outcome, "failed");
  assertStringIncludes(run.exception!, "nextDelay is NaN");
});

Deno.test("log lines of a handler are recorded, and passed to the logger", async () => {
  const forwarded: string[] = [];
  const note = (message: string) => void forwarded.push(message);
  const logger = { trace: note, debug: note, info: note, warn: note, error: note };
  const task = taskOf(({ log }) => {
    log.trace("begins");
    log.info("{count} mails", { count: 2 });
    log.error("one bounced", { error: new Error("no such mailbox") });
  });
  const { log } = await runHandler(task, null, { logger });
  assertEquals(log.map(({ level, message }) => [level, message]), [
    ["Trace", "begins"],
    ["Information", "2 mails"],
    ["Error", "one bounced"],
  ]);
  assertEquals(log[0]!.exception, null);
  assertStringIncludes(log[2]!.exception!, "no such mailbox");
  assertEquals(forwarded, ["begins", "{count} mails", "one bounced"]);
});

Deno.test("a handler's dispatches are recorded as they would be stored, even if it fails afterwards", async () => {
  const remind = defineTask({
    type: "remind",
    queue: "email",
    payload: z.object({ to: z.string() }),
    handle() {},
  });
  const outcomes: unknown[] = [];
  const task = taskOf(async ({ dispatch }) => {
    const { outcome, id } = await dispatch(remind, { to: "ada" }, { delay: { hours: 1 } });
    outcomes.push(outcome, id);
    await dispatch(remind, { to: "bob" }, { taskKey: "bob", priority: 3, auditLevel: "None" });
    await dispatch(remind, { to: "cleo" }, { recurring: (r) => r.every(5).minutes() });
    throw new Error("too late");
  });
  const clock = new FakeClock("2026-03-01T10:00:00Z");
  const { outcome, dispatched: [ada, bob, cleo] } = await runHandler(task, null, { clock });
  assertEquals([outcome, ...outcomes], ["retry", "created", ada!.id]);
  const now = clock.now();
  assertEquals([ada!.payload, ada!.scheduledAt, ada!.dueAt, ada!.status, ada!.queue], [
    { to: "ada" },
    new Date(now + 3_600_000),
    new Date(now + 3_600_000),
    "WaitingQueue",
    "email",
  ]);
  assertEquals(
    [bob!.taskKey, bob!.priority, bob!.auditLevel, bob!.status, bob!.scheduledAt, bob!.dueAt],
    ["bob", 3, "None", "Queued", null, new Date(now)],
  );
  assertEquals([cleo!.series!.info, cleo!.series!.runCount], ["every 5 minutes", 0]);
});

Deno.test("an invalid continuation fails the handler as in production", async () => {
  const remind = defineTask({
    type: "remind",
    payload: z.object({ to: z.string() }),
    handle() {},
  });
  const wrongPayload = taskOf(async ({ dispatch }) => {
    await dispatch(remind, { to: 7 } as unknown as { to: string });
  });
  const run = await runHandler(wrongPayload, null);
  assertEquals([run.outcome, run.dispatched], ["failed", []]);
  assert(run.error instanceof PayloadValidationError);
  const wrongOption = taskOf(async ({ dispatch }) => {
    await dispatch(remind, { to: "ada" }, { delay: -1 });
  });
  assert((await runHandler(wrongOption, null)).error instanceof InvalidArgumentError);
});

Deno.test("the reason of an aborted signal decides the outcome of a handler that throws it", async () => {
  const task = taskOf(untilAborted);
  const outcomes: string[] = [];
  const reasons = [undefined, new TaskCancelledError("x"), new WorkerStoppedError()];
  for (const reason of [...reasons, new LeaseLostError("x"), new TimeoutError(5)]) {
    const controller = new AbortController();
    const running = runHandler(task, null, { signal: controller.signal, retry: noRetry() });
    controller.abort(reason);
    outcomes.push((await running).outcome);
  }
  assertEquals(outcomes, ["cancelled", "cancelled", "stopped", "lost", "failed"]);
  const aborted = await runHandler(task, null, { signal: AbortSignal.abort() });
  assertEquals(aborted.outcome, "cancelled");
  assert(aborted.error instanceof TaskCancelledError);
});

Deno.test("a handler that returns completes its task, even after its signal was aborted", async () => {
  const run = await runHandler(taskOf(() => {}), null, { signal: AbortSignal.abort() });
  assertEquals([run.outcome, run.error, run.stuck], ["completed", undefined, false]);
});

Deno.test("the signal aborts at the timeout, by the test's clock", async () => {
  const clock = new FakeClock();
  const task = { ...taskOf(untilAborted), timeout: { minutes: 10 }, retry: noRetry() };
  const running = runHandler(task, null, { clock });
  await clock.advance(600_000);
  const run = await running;
  assertEquals([run.outcome, run.stuck], ["failed", false]);
  assert(run.error instanceof TimeoutError);
  assertStringIncludes(run.exception!, "timeout of 600000 ms");
  assertEquals(clock.timerCount, 0);
});

Deno.test("a handler that ignores its signal is given up after the grace period", async () => {
  const clock = new FakeClock();
  const deaf = taskOf(() => new Promise(() => {}));
  const running = runHandler(deaf, null, { clock, timeout: 1000, abortGrace: 2000 });
  await clock.advance(3000);
  const run = await running;
  assertEquals([...ending(run), run.stuck], ["failed", null, true]);
  assert(run.error instanceof TimeoutError);
});

Deno.test("the result shows whether a handler completed its task in its own transaction", async () => {
  const careful = taskOf((context) => context.complete("a transaction"));
  const run = await runHandler(careful, null);
  assertEquals([run.outcome, run.completedInTransaction], ["completed", true]);
  assertEquals((await runHandler(taskOf(() => {}), null)).completedInTransaction, false);
});

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { defineTask, InvalidArgumentError, linearRetry, noRetry, RetryLater } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { createTestEverTask, FakeClock, TooManyAttemptsError } from "../../src/testing/mod.ts";
import { nothing, noting, onFakeTime } from "./kit_support.ts";

Deno.test("drain leaves delayed tasks, and withScheduled runs each at its instant", async () => {
  const notes: string[] = [];
  const note = defineTask<string>({
    type: "note",
    handle: (text) => void notes.push(`${text} at ${new Date(clock.now()).toISOString()}`),
  });
  const { clock, everTask } = onFakeTime([note]);
  await using _ = everTask;
  await everTask.dispatch(note, "now");
  await everTask.dispatch(note, "next year", { at: "2027-01-01T00:00:00Z" });
  await everTask.dispatch(note, "soon", { delay: { minutes: 5 } });
  assertEquals((await everTask.drain()).completed, 1);
  assertEquals((await everTask.drain({ withScheduled: true })).completed, 2);
  assertEquals(notes, [
    "now at 2026-03-01T10:00:00.000Z",
    "soon at 2026-03-01T10:05:00.000Z",
    "next year at 2027-01-01T00:00:00.000Z",
  ]);
});

Deno.test("with withScheduled, retries and tasks that throw RetryLater run at their instants", async () => {
  const notes: string[] = [];
  const minutes = () => (clock.now() - start) / 60_000;
  const flaky = defineTask<null>({
    type: "flaky",
    retry: linearRetry(1, { minutes: 10 }),
    handle(_, { attempt }) {
      notes.push(`flaky after ${minutes()}`);
      if (attempt === 1) throw new Error("busy");
    },
  });
  const patient = defineTask<null>({
    type: "patient",
    handle() {
      notes.push(`patient after ${minutes()}`);
      if (minutes() < 20) throw new RetryLater({ minutes: 15 });
    },
  });
  const { clock, everTask } = onFakeTime([flaky, patient]);
  await using _ = everTask;
  const start = clock.now();
  await everTask.dispatch(patient, null);
  const { later, failures: _none, ...rest } = await everTask.drain();
  assertEquals([later, rest.attempts], [1, 1]); // drain does not run it again before it is due
  await everTask.dispatch(flaky, null);
  const result = await everTask.drain({ withScheduled: true });
  assertEquals(result, {
    ...nothing,
    attempts: 4,
    completed: 2,
    retried: 1,
    later: 1,
    failures: [],
  });
  assertEquals(notes, [
    "patient after 0",
    "flaky after 0",
    "flaky after 10",
    "patient after 15",
    "patient after 30",
  ]);
});

Deno.test("drain with advance advances the clock, and runs each occurrence of a series", async () => {
  const runs: string[] = [];
  const backUp = defineTask<null>({
    type: "back-up",
    handle(_, { run }) {
      runs.push(`${run!.number}: ${run!.scheduledAt.toISOString()}`);
    },
  });
  const { clock, everTask } = onFakeTime([backUp]);
  await using _ = everTask;
  await everTask.dispatch(backUp, null, { recurring: (r) => r.everyDay().atTime("03:00") });
  const { completed } = await everTask.drain({ advance: { days: 3 } });
  assertEquals(completed, 3);
  assertEquals(runs, [
    "1: 2026-03-02T03:00:00.000Z",
    "2: 2026-03-03T03:00:00.000Z",
    "3: 2026-03-04T03:00:00.000Z",
  ]);
  assertEquals(new Date(clock.now()).toISOString(), "2026-03-04T10:00:00.000Z");
  assertEquals((await everTask.recurring.list()).items[0]!.runCount, 3);
});

Deno.test("a drain retries a failed run of a series at once, and the series continues", async () => {
  let failing = true;
  const check = defineTask<null>({
    type: "check",
    retry: linearRetry(2, 1000),
    handle() {
      if (failing) throw new Error("down");
    },
  });
  const { clock, everTask } = onFakeTime([check]);
  await using _ = everTask;
  await everTask.dispatch(check, null, { recurring: (r) => r.every(1).hours() });
  await clock.advance(3_600_000);
  const { failed, retried, attempts } = await everTask.drain();
  assertEquals([failed, retried, attempts], [1, 2, 3]);
  failing = false;
  assertEquals((await everTask.drain({ advance: { hours: 2 } })).completed, 2);
});

Deno.test("a rate limit applies in a drain, and withScheduled runs tasks at their slots", async () => {
  const limited = defineTask<number>({
    type: "limited",
    rateLimit: { permits: 2, period: { minutes: 1 } },
    handle() {},
  });
  const { everTask } = onFakeTime([limited]);
  await using _ = everTask;
  await everTask.dispatchMany(limited, [1, 2, 3, 4, 5]);
  assertEquals((await everTask.drain()).completed, 2);
  assertEquals((await everTask.drain({ advance: { seconds: 30 } })).completed, 1);
  assertEquals((await everTask.drain({ withScheduled: true })).completed, 2);
});

Deno.test("no worker and no timer is active between drains", async () => {
  const note = noting("note", []);
  const { clock, everTask } = onFakeTime([note]);
  await using _ = everTask;
  await everTask.dispatch(note, "a", { delay: 1000 });
  await everTask.drain({ withScheduled: true });
  await everTask.dispatch(note, "a", { delay: 1000 });
  assertEquals([clock.timerCount, await everTask.workers(), everTask.workerId], [0, [], null]);
});

Deno.test("a handler that waits for the fake clock continues when the test advances it", async () => {
  const slow = defineTask<null>({
    type: "slow",
    timeout: { seconds: 30 },
    retry: noRetry(),
    handle: (_, { signal }) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  });
  const { clock, everTask } = onFakeTime([slow]);
  await using _ = everTask;
  await everTask.dispatch(slow, null);
  const draining = everTask.drain();
  while (clock.timerCount === 0 || (await everTask.workers()).length === 0) await clock.advance(0);
  await clock.advance(31_000);
  const { failures } = await draining;
  assertStringIncludes(String(failures[0]!.error), "TimeoutError");
});

Deno.test("with withScheduled, a drain of an endless series rejects after maxAttempts attempts", async () => {
  const tick = defineTask<null>({ type: "tick", handle() {} });
  const { everTask } = onFakeTime([tick]);
  await using _ = everTask;
  await everTask.dispatch(tick, null, { recurring: (r) => r.every(1).minutes() });
  await assertRejects(
    () => everTask.drain({ withScheduled: true, maxAttempts: 20 }),
    TooManyAttemptsError,
    '"tick" (21)',
  );
});

Deno.test("withScheduled needs a fake clock that the storage shares", async () => {
  const note = noting("note", []);
  await using real = createTestEverTask({ storage: memoryStorage(), tasks: [note] });
  await assertRejects(() => real.drain({ withScheduled: true }), InvalidArgumentError, "FakeClock");
  await assertRejects(() => real.drain({ advance: 1 }), InvalidArgumentError, "FakeClock");
  const clock = new FakeClock();
  await using mixed = createTestEverTask({ storage: memoryStorage(), clock, tasks: [note] });
  await assertRejects(() => mixed.drain(), InvalidArgumentError, "memoryStorage({ clock })");
});

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { createEverTask, defineTask, InvalidArgumentError, linearRetry } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import {
  assertDispatched,
  DispatchAssertionError,
  dispatched,
  type DispatchMatch,
  FakeClock,
  refuteDispatched,
  runHandler,
} from "../../src/testing/mod.ts";

interface Mail {
  readonly to: { readonly name: string; readonly emails: readonly string[] };
  readonly subject?: string;
  readonly sentAt?: Date;
}

const mail = defineTask<Mail>({ type: "mail", handle() {} });
const resize = defineTask<{ width: number }>({ type: "resize", handle() {} });

const ada: Mail = { to: { name: "Ada", emails: ["a@x.org", "b@x.org"] }, subject: "Hello" };

/** Creates an instance that runs no tasks, with its clock at ten o'clock. */
function instance() {
  const clock = new FakeClock("2026-03-01T10:00:00Z");
  return createEverTask({
    storage: memoryStorage({ clock }),
    clock,
    tasks: [mail, resize],
    queues: { email: {} },
  });
}

/** Returns the message of a failed assertion. */
async function complaint(assertion: () => Promise<unknown>): Promise<string> {
  const { message, name } = await assertRejects(assertion, DispatchAssertionError);
  assertEquals(name, "DispatchAssertionError");
  return message;
}

Deno.test("a part of the payload can be matched at any depth", async () => {
  await using everTask = instance();
  await everTask.dispatch(mail, { ...ada, sentAt: new Date(0) });
  const matching: DispatchMatch<Mail>[] = [
    {},
    { payload: {} },
    { payload: { subject: "Hello" } },
    { payload: { to: { name: "Ada" } } },
    { payload: { to: { emails: ["a@x.org", "b@x.org"] } } },
    { payload: { sentAt: new Date(0) } },
    { payload: { sentAt: "1970-01-01T00:00:00.000Z" } },
    { payload: ({ to }) => to.emails.includes("b@x.org") },
  ];
  for (const match of matching) await assertDispatched(everTask, mail, match);
  const different: DispatchMatch<Mail>[] = [
    { payload: { subject: "Bye" } },
    { payload: { subject: undefined } },
    { payload: { to: { name: "Bob" } } },
    { payload: { to: { emails: ["a@x.org"] } } },
    { payload: { to: { emails: ["b@x.org", "a@x.org"] } } },
    { payload: { sentAt: new Date(1) } },
    { payload: ({ to }) => to.emails.length === 0 },
  ];
  for (const match of different) await refuteDispatched(everTask, mail, match);
});

Deno.test("payloads that are not objects are compared directly", async () => {
  const count = defineTask<number>({ type: "count", handle() {} });
  const list = defineTask<(string | null)[]>({ type: "list", handle() {} });
  const nothing = defineTask({ type: "nothing", handle() {} });
  await using everTask = createEverTask({
    storage: memoryStorage(),
    tasks: [count, list, nothing],
  });
  await everTask.dispatch(count, 5);
  await everTask.dispatch(list, ["a", null]);
  await everTask.dispatch(nothing);
  await assertDispatched(everTask, count, { payload: 5 });
  await refuteDispatched(everTask, count, { payload: 6 });
  await assertDispatched(everTask, list, { payload: ["a", null] });
  await refuteDispatched(everTask, list, { payload: ["a", "null"] });
  await assertDispatched(everTask, nothing, { count: 1 });
});

Deno.test("dispatches can be matched by key, queue, priority, audit level and status", async () => {
  await using everTask = instance();
  await everTask.dispatch(mail, ada, {
    taskKey: "ada",
    queue: "email",
    priority: 7,
    auditLevel: "Minimal",
  });
  await everTask.dispatch(resize, { width: 1 });
  const right = {
    taskKey: "ada",
    queue: "email",
    priority: 7,
    auditLevel: "Minimal",
    status: "Queued",
  } as const;
  const wrong = {
    taskKey: null,
    queue: "default",
    priority: 0,
    auditLevel: "Full",
    status: "Failed",
  } as const;
  await assertDispatched(everTask, mail, right);
  await assertDispatched(everTask, resize, { taskKey: null, queue: "default", priority: 0 });
  for (const [field, value] of Object.entries(wrong)) {
    await refuteDispatched(everTask, mail, { ...right, [field]: value });
  }
});

Deno.test("dispatches can be matched by delay, instant and due time", async () => {
  await using everTask = instance();
  await everTask.dispatch(resize, { width: 0 });
  await everTask.dispatch(resize, { width: 1 }, { delay: { minutes: 30 } });
  await everTask.dispatch(resize, { width: 2 }, { at: "2026-03-02T00:00:00Z" });
  const widths = async (match: DispatchMatch<{ width: number }>) =>
    (await dispatched(everTask, resize, match)).map(({ payload }) => payload.width);
  assertEquals(await widths({ delay: 0 }), [0]);
  assertEquals(await widths({ delay: 1_800_000 }), [1]);
  assertEquals(await widths({ delay: { hours: 14 } }), [2]);
  assertEquals(await widths({ at: new Date("2026-03-02T00:00:00Z") }), [2]);
  assertEquals(await widths({ at: "2026-03-02T00:00:01Z" }), []);
  assertEquals(await widths({ dueWithin: { minutes: 30 } }), [0, 1]);
  assertEquals(await widths({ dueWithin: 0 }), [0]);
  await assertRejects(() => widths({ at: "tomorrow" }), InvalidArgumentError);
  await assertRejects(() => widths({ delay: -1 }), InvalidArgumentError);
});

Deno.test("dispatches can be matched by retry policy", async () => {
  await using everTask = instance();
  await everTask.dispatch(resize, { width: 0 });
  await assertDispatched(everTask, resize, { retry: null });
  await everTask.dispatch(resize, { width: 1 }, { retry: linearRetry(3, { seconds: 1 }) });
  await assertDispatched(everTask, resize, { retry: linearRetry(3, 1000), payload: { width: 1 } });
  const message = await complaint(() =>
    assertDispatched(everTask, resize, { retry: linearRetry(4, 1000) })
  );
  assertStringIncludes(message, 'not {"kind":"linear","retries":4,"delaysMs":[1000]}');
});

Deno.test("dispatches can be matched by schedule", async () => {
  await using everTask = instance();
  await everTask.dispatch(resize, { width: 0 });
  await refuteDispatched(everTask, resize, { recurring: true });
  await everTask.dispatch(resize, { width: 1 }, { recurring: (r) => r.every(5).minutes() });
  await assertDispatched(everTask, resize, { recurring: false, count: 1 });
  await assertDispatched(everTask, resize, { recurring: true, count: 1 });
  await assertDispatched(everTask, resize, { recurring: (r) => r.every(5).minutes(), count: 1 });
  await refuteDispatched(everTask, resize, { recurring: (r) => r.every(6).minutes() });
  await refuteDispatched(everTask, resize, { recurring: (r) => r.every(5).minutes().maxRuns(3) });
  await assertDispatched(everTask, resize, { recurring: true, dueWithin: { minutes: 5 } });
});

Deno.test("the matching tasks are returned, oldest first, however many there are", async () => {
  await using everTask = instance();
  const widths = Array.from({ length: 2100 }, (_, width) => ({ width }));
  await everTask.dispatchMany(resize, widths);
  const found = await assertDispatched(everTask, resize, { count: 2100 });
  assertEquals(found.map(({ payload }) => payload), widths);
  const [wide] = await assertDispatched(everTask, resize, { payload: { width: 2099 } });
  assertEquals(wide.id, found.at(-1)!.id);
});

Deno.test("a failed assertion shows the expectation, the dispatched tasks, and the differences", async () => {
  await using everTask = instance();
  await everTask.dispatch(mail, ada, { delay: { minutes: 5 }, taskKey: "ada" });
  await everTask.dispatch(mail, { to: { name: "Bob", emails: [] } }, { queue: "email" });
  await everTask.dispatch(resize, { width: 1 });
  const message = await complaint(() =>
    assertDispatched(everTask, mail, { payload: { to: { name: "Ada" } }, queue: "email" })
  );
  assertEquals(
    message,
    [
      'No "mail" task matches {"payload":{"to":{"name":"Ada"}},"queue":"email"}.',
      "Dispatched were:",
      '  1. {"to":{"name":"Ada","emails":["a@x.org","b@x.org"]},"subject":"Hello"} for ' +
      '2026-03-01T10:05:00.000Z, WaitingQueue in "default", key "ada"',
      '     queue is "default", not "email"',
      '  2. {"to":{"name":"Bob","emails":[]}} at once, Queued in "email"',
      '     payload.to.name is "Bob", not "Ada"',
      "Of other types were dispatched: resize (1).",
    ].join("\n"),
  );
});

Deno.test("a failed assertion about timing and schedules says when tasks are due", async () => {
  await using everTask = instance();
  await everTask.dispatch(resize, { width: 1 }, { delay: { minutes: 1 } });
  const about = (match: DispatchMatch<{ width: number }>) =>
    complaint(() => assertDispatched(everTask, resize, match)).then((text) => text.split("\n")[3]);
  assertEquals(await about({ delay: 5 }), "     delay is 60000 ms, not 5 ms");
  assertEquals(await about({ dueWithin: 5 }), "     it is due after 60000 ms, not within 5 ms");
  assertEquals(
    await about({ at: "2026-03-01T11:00:00Z" }),
    "     it was dispatched for 2026-03-01T10:01:00.000Z, not for 2026-03-01T11:00:00.000Z",
  );
  assertEquals(await about({ recurring: true }), "     it is not a series");
  assertEquals(await about({ payload: () => false }), '     payload {"width":1} is refused');
  await everTask.dispatch(mail, ada, { recurring: (r) => r.every(5).minutes() });
  const series = await complaint(() =>
    assertDispatched(everTask, mail, { recurring: (r) => r.every(6).minutes() })
  );
  assertEquals(series.includes('it recurs "every 5 minutes", not "every 6 minutes"'), true);
});

Deno.test("a failed assertion says if no task of the type was dispatched", async () => {
  await using everTask = instance();
  assertEquals(
    await complaint(() => assertDispatched(everTask, mail)),
    'No "mail" task matches.\nNone of this type was dispatched.',
  );
});

Deno.test("a failed assertion of a count shows the actual count", async () => {
  await using everTask = instance();
  await everTask.dispatchMany(resize, Array.from({ length: 12 }, (_, width) => ({ width })));
  const message = await complaint(() => assertDispatched(everTask, resize, { count: 2 }));
  const lines = message.split("\n");
  assertEquals(lines[0], '12, not 2, "resize" tasks match.');
  assertEquals(lines.length, 13);
  assertEquals(lines.at(-1), "  and 2 more");
  await assertRejects(
    () => assertDispatched(everTask, resize, { count: 0 }),
    InvalidArgumentError,
    "count is 0",
  );
});

Deno.test("a failed refutation shows the tasks that match", async () => {
  await using everTask = instance();
  await everTask.dispatchMany(resize, [{ width: 1 }, { width: 2 }]);
  const message = await complaint(() =>
    refuteDispatched(everTask, resize, { payload: { width: 2 } })
  );
  assertEquals(
    message,
    [
      'No "resize" was to be dispatched, but 1 task matches {"payload":{"width":2}}.',
      "Dispatched were:",
      '  1. {"width":2} at once, Queued in "default"',
    ].join("\n"),
  );
});

Deno.test("assertDispatched and refuteDispatched also accept the result of runHandler", async () => {
  const parent = defineTask<null>({
    type: "parent",
    async handle(_, { dispatch }) {
      await dispatch(resize, { width: 5 }, { delay: { seconds: 1 } });
    },
  });
  const run = await runHandler(parent, null);
  await assertDispatched(run, resize, { payload: { width: 5 }, delay: 1000, count: 1 });
  await refuteDispatched(run, mail);
  const message = await complaint(() => assertDispatched(run, mail));
  assertEquals(message.split("\n").at(-1), "Of other types were dispatched: resize (1).");
});

Deno.test("assertDispatched also finds tasks that have run", async () => {
  await using everTask = instance();
  await everTask.start();
  const completed = new Promise((resolve) =>
    everTask.events.subscribe(resolve, { kinds: ["completed"] })
  );
  await everTask.dispatch(resize, { width: 1 });
  await completed;
  await assertDispatched(everTask, resize, { status: "Completed", delay: 0 });
});

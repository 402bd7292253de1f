// Check-ins of recurring tasks: from events, and from a real series of a real instance.

import { assertEquals, assertExists, assertMatch, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { createEverTask, defineTask, type TaskEvent } from "../../../mod.ts";
import { memoryStorage } from "../../../drivers/memory/mod.ts";
import { Cron } from "croner";
import { buildRecurrence } from "../../../src/schedule/builder.ts";
import { occurrenceAfter } from "../../../src/schedule/series.ts";
import { sendAlerts, sentryCronsChannel } from "../../../src/monitor/alerts/mod.ts";
import { sentrySlug } from "../../../src/monitor/alerts/channels/sentry_slug.ts";
import { sentrySchedule } from "../../../src/monitor/alerts/channels/sentry_schedule.ts";
import { silentLogger } from "../../../src/log/logger.ts";
import { EventSourceForTests } from "../support/event_source.ts";
import { type ReceivingServer, startReceivingServer } from "../support/receiving_server.ts";

interface CheckIn {
  readonly check_in_id: string;
  readonly monitor_slug: string;
  readonly status: string;
  readonly duration?: number;
  readonly monitor_config?: unknown;
}

const dsnOf = ({ url }: ReceivingServer): string => `${url.replace("http://", "http://key@")}/42`;

function checkIns({ requests }: ReceivingServer): CheckIn[] {
  return requests.map(({ body }) => {
    const [, item, payload] = body.trim().split("\n").map((line) => JSON.parse(line));
    assertEquals(item, { type: "check_in" });
    return payload;
  });
}

Deno.test("a run is checked in when it starts and when it ends", async () => {
  await using server = startReceivingServer();
  const events = new EventSourceForTests();
  const alerts = sendAlerts({ events }, sentryCronsChannel({ dsn: dsnOf(server) }));
  const series = { recurring: true, taskKey: "Nightly Clean-up!", taskId: "series-1" };
  events.emit("started", { taskId: "one-shot" });
  events.emit("started", series);
  events.emit("retrying", series);
  events.emit("started", { ...series, attempt: 2 });
  events.emit("completed", { ...series, durationMs: 1500 });
  events.emit("missed", { ...series, count: 2 });
  events.emit("recurringScheduled", series);
  events.emit("started", series);
  events.emit("failed", series);
  events.emit("cancelled", { ...series, durationMs: null });
  await alerts.close();

  const all = checkIns(server);
  assertEquals(all.map(({ status }) => status), ["in_progress", "ok", "in_progress", "error"]);
  assertEquals(all.map(({ duration }) => duration), [undefined, 1.5, undefined, 0.12]);
  for (const { monitor_slug } of all) assertEquals(monitor_slug, "nightly-clean-up");
});

Deno.test("a run that another process continues updates the check-in that is in progress", async () => {
  await using server = startReceivingServer();
  const series = { recurring: true, taskKey: "nightly", taskId: "series-1" };
  const [stopped, heir] = [new EventSourceForTests(), new EventSourceForTests()];
  for (
    const [events, kinds] of [[stopped, ["started"]], [heir, ["started", "completed"]]] as const
  ) {
    const alerts = sendAlerts({ events }, sentryCronsChannel({ dsn: dsnOf(server) }));
    for (const kind of kinds) events.emit(kind, series);
    await alerts.close();
  }
  assertEquals(checkIns(server).map(({ check_in_id, status }) => [check_in_id, status]), [
    // For the nil id, Sentry updates the check-in in progress, or creates one if there is none.
    ["0".repeat(32), "in_progress"],
    ["0".repeat(32), "in_progress"],
    ["0".repeat(32), "ok"],
  ]);
});

Deno.test("a custom filter does not make check-ins of one-shot tasks", async () => {
  await using server = startReceivingServer();
  const events = new EventSourceForTests();
  const alerts = sendAlerts({ events }, sentryCronsChannel({ dsn: dsnOf(server) }), {
    filter: ({ queue }) => queue === "reports",
    kinds: ["started", "completed", "retrying"],
  });
  for (const recurring of [false, true]) {
    events.emit("started", { recurring, queue: "reports" });
    events.emit("retrying", { recurring, queue: "reports" });
    events.emit("started", { recurring, queue: "mail" });
  }
  await alerts.close();
  assertEquals(checkIns(server).map(({ status }) => status), ["in_progress"]);
});

Deno.test("a monitor's name has only characters that Sentry accepts, and not only digits", async () => {
  await using server = startReceivingServer();
  const events = new EventSourceForTests();
  const alerts = sendAlerts({ events }, sentryCronsChannel({ dsn: dsnOf(server) }));
  const keys = ["Nightly Clean-up!", "2026", "日次", "x".repeat(50), null];
  for (const taskKey of keys) events.emit("started", { recurring: true, taskKey });
  await alerts.close();
  assertEquals(checkIns(server).map(({ monitor_slug }) => monitor_slug), [
    "nightly-clean-up",
    "task-2026",
    "65e5-6b21",
    "x".repeat(50),
    "send-email",
  ]);
});

Deno.test("different keys that do not fit into a monitor's name have different monitors", () => {
  const alike = fc.constantFrom(
    "nightly report of the branch at ",
    "Büro ",
    "日次レポート",
    "🚀",
    "",
  );
  const key = fc.tuple(alike, fc.string({ unit: "grapheme", maxLength: 80 }));
  fc.assert(fc.property(key, key, ([start, end], [otherStart, otherEnd]) => {
    const [one, other] = [start + end, otherStart + otherEnd];
    fc.pre(one.length > 0 && other.length > 0);
    const [slug, otherSlug] = [sentrySlug(one), sentrySlug(other)];
    assertMatch(slug, /^(?=.*[a-z_-])[a-z0-9_-]{1,50}$/);
    // Short ASCII keys that differ only in spaces and punctuation may have one monitor.
    const folded = (text: string) =>
      text.toLowerCase().replace(/[^a-z0-9_-]+/g, "-").replace(/^-+|-+$/g, "");
    const isAscii = /^[\0-\x7f]*$/.test(one + other);
    if (one === other) assertEquals(slug, otherSlug);
    else if (!isAscii) assertNotEquals(slug, otherSlug);
    else if (folded(one) !== "" && folded(other) !== "" && folded(one) !== folded(other)) {
      assertNotEquals(slug, otherSlug);
    }
  }));
  const branches = ["Bozen", "Brixen", "Bruneck"].map((city) =>
    `${"nightly report, ".repeat(9)}${city}`
  );
  assertEquals(new Set(branches.map(sentrySlug)).size, 3);
});

Deno.test("a check-in is sent without its schedule if the storage does not answer", async () => {
  await using server = startReceivingServer();
  const events = new EventSourceForTests();
  const everTask = { get: () => Promise.reject(new Error("closed")) };
  const alerts = sendAlerts({ events }, sentryCronsChannel({ dsn: dsnOf(server), everTask }));
  events.emit("started", { recurring: true, taskKey: "nightly" });
  await alerts.close();
  assertEquals(checkIns(server).map(({ status }) => status), ["in_progress"]);
  assertEquals(alerts.counts.delivered, 1);
});

Deno.test("an event for which monitorOf throws or returns null is dropped, and blocks no other", async () => {
  await using server = startReceivingServer();
  const events = new EventSourceForTests();
  const monitorOf = ({ taskKey }: TaskEvent) => {
    if (taskKey === "bad") throw new Error("no name");
    return taskKey as string;
  };
  const channel = sentryCronsChannel({ dsn: dsnOf(server), monitorOf });
  const alerts = sendAlerts({ events }, channel, { logger: silentLogger });
  for (const taskKey of ["bad", null, "good"]) events.emit("started", { recurring: true, taskKey });
  await alerts.flush();
  assertEquals(checkIns(server).map(({ monitor_slug }) => monitor_slug), ["good"]);
  assertEquals(alerts.counts, { delivered: 1, dropped: 2, suppressed: 0 });
  await alerts.close();
});

Deno.test("the first check-in of a run has its series' schedule, with which Sentry notices missed runs", async () => {
  await using server = startReceivingServer();
  const cleanUp = defineTask({ type: "clean-up", handle() {} });
  await using everTask = createEverTask({ storage: memoryStorage(), tasks: [cleanUp] });
  const alerts = sendAlerts(
    everTask,
    sentryCronsChannel({ dsn: dsnOf(server), everTask, checkInMargin: 2, maxRuntime: 10 }),
  );
  const completed = new Promise((resolve) => {
    everTask.events.subscribe(resolve, { kinds: ["completed"] });
  });
  await everTask.start();
  await everTask.dispatch(cleanUp, undefined, {
    recurring: (r) =>
      r.runNow().andThen().every(1).days().atTime("03:30").inTimeZone("Europe/Rome"),
    taskKey: "nightly",
  });
  await completed;
  await everTask.stop();
  await alerts.close(); // the last check-in may go out after the storage is closed
  assertEquals(checkIns(server).map(({ status }) => status), ["in_progress", "ok"]);
  const [started, ended] = checkIns(server);
  assertEquals(started?.monitor_slug, "nightly");
  assertEquals(started?.monitor_config, {
    schedule: { type: "crontab", value: "30 3 * * *" },
    checkin_margin: 2,
    max_runtime: 10,
    timezone: "Europe/Rome",
  });
  assertEquals([ended?.monitor_slug, ended?.monitor_config], ["nightly", undefined]);
  assertExists(ended?.duration);
});

const crontab = (value: string) => ({ type: "crontab", value }) as const;
const interval = (value: number, unit: "minute" | "hour" | "day" | "week" | "month") =>
  ({ type: "interval", value, unit }) as const;

const schedules: [
  name: string,
  schedule: Parameters<typeof buildRecurrence>[0],
  expected: unknown,
][] = [
  ["30 seconds", (r) => r.every(30).seconds(), null],
  ["120 seconds", (r) => r.every(120).seconds(), interval(2, "minute")],
  ["5 minutes", (r) => r.every(5).minutes(), interval(5, "minute")],
  ["2 hours", (r) => r.every(2).hours(), interval(2, "hour")],
  ["cron", (r) => r.cron("*/5 8-18 * * MON-FRI"), crontab("*/5 8-18 * * MON-FRI")],
  ["cron with seconds 0", (r) => r.cron("0 30 3 * * *"), crontab("30 3 * * *")],
  ["cron every 10 seconds", (r) => r.cron("*/10 * * * * *"), null],
  ["cron on the last day", (r) => r.cron("0 3 L * *"), null],
  ["cron in July on Wednesday", (r) => r.cron("0 3 * JUL WED"), crontab("0 3 * JUL WED")],
  ["daily", (r) => r.every(1).days().atTime("03:30"), crontab("30 3 * * *")],
  ["twice a day", (r) => r.every(1).days().atTimes("09:00", "14:00"), crontab("0 9,14 * * *")],
  ["at odd times", (r) => r.every(1).days().atTimes("09:00", "14:30"), null],
  ["every 3 days", (r) => r.every(3).days().atTime("03:30"), interval(3, "day")],
  [
    "on Mondays and Sundays",
    (r) => r.every(1).weeks().onDays("Monday", "Sunday").atTime("08:00"),
    crontab("0 8 * * 1,0"),
  ],
  ["every 2 weeks", (r) => r.every(2).weeks(), interval(2, "week")],
  [
    "on the 1st and 15th",
    (r) => r.every(1).months().onDays(1, 15).atTime("06:00"),
    crontab("0 6 1,15 * *"),
  ],
  ["on the 31st", (r) => r.every(1).months().onDay(31).atTime("06:00"), interval(1, "month")],
  ["on the first Monday", (r) => r.every(1).months().onFirst("Monday"), interval(1, "month")],
];

for (const [name, schedule, expected] of schedules) {
  Deno.test(`a monitor's schedule for: ${name}`, () => {
    assertEquals(sentrySchedule(buildRecurrence(schedule)), expected);
  });
}

Deno.test("the next 400 instants of a monitor's crontab are those of its series, in local time", () => {
  const start = Date.parse("2026-01-01T00:00:00Z");
  for (const [name, schedule] of schedules) {
    const recurrence = { ...buildRecurrence(schedule), timeZone: "Europe/Rome" };
    const monitor = sentrySchedule(recurrence);
    if (monitor?.type !== "crontab") continue;
    const cron = new Cron(monitor.value, { timezone: recurrence.timeZone });
    let ours = start;
    let theirs = new Date(start);
    for (let run = 0; run < 400; run++) {
      ours = occurrenceAfter(recurrence, ours, start)!;
      theirs = cron.nextRun(theirs)!;
      assertEquals(new Date(ours), theirs, `${name}: run ${run}`);
    }
  }
});

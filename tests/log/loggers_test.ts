import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import bunyan from "bunyan";
import { pino } from "pino";
import {
  createEverTask,
  defineTask,
  InvalidArgumentError,
  type Logger,
  type LogProperties,
  noRetry,
  silentLogger,
} from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { startEngine } from "../support/engine.ts";

interface Line {
  readonly category: string;
  readonly level: keyof Logger;
  readonly message: string;
  readonly properties: LogProperties;
}

/** Returns a function that makes a logger for a category, and the lines that they log. */
function noting() {
  const lines: Line[] = [];
  const logger = (category: string): Logger => {
    const note = (level: keyof Logger) => (message: string, properties: LogProperties = {}) =>
      void lines.push({ category, level, message, properties });
    return {
      trace: note("trace"),
      debug: note("debug"),
      info: note("info"),
      warn: note("warn"),
      error: note("error"),
    };
  };
  return { lines, logger };
}

const task = defineTask({
  type: "report",
  retry: noRetry(),
  onCompleted: ({ log }) => log.info("Sent"),
  handle: (_, { log }) => log.info("Wrote {pages} pages", { pages: 5 }),
});

Deno.test("each part logs under its category, and a handler under its task's type", async () => {
  const { lines, logger } = noting();
  const failing = defineTask({
    type: "failing",
    retry: noRetry(),
    handle: () => Promise.reject(5),
  });
  await using engine = await startEngine({
    tasks: [task, failing],
    logger,
    retention: { statusAuditDays: -1, every: 1 },
  });
  const { everTask } = engine;
  everTask.events.subscribe(() => Promise.reject(new Error("no")), { kinds: ["started"] });
  const first = await everTask.dispatch(task, undefined, { queue: "unknown" });
  await engine.ended(first.id);
  await engine.ended((await everTask.dispatch(failing)).id);
  await everTask.stop();
  const found = new Map(lines.map(({ category, message }) => [message.split(":")[0], category]));
  assertEquals(found.get('There is no queue "{queue}"'), "dispatch");
  assertEquals(
    found.get("A subscriber failed on the event {kind} of task {taskId}"),
    "events",
  );
  assertEquals(found.get("Wrote {pages} pages"), "tasks.report");
  assertEquals(found.get("Sent"), "tasks.report");
  assertEquals(
    found.get("Task {taskId} ({taskType}) failed at attempt {attempt}"),
    "tasks.failing",
  );
});

Deno.test("lines of handlers and hooks carry id, type, attempt, queue and key of their task", async () => {
  const { lines, logger } = noting();
  await using engine = await startEngine({
    tasks: [task],
    logger: logger("all"),
    queues: { mail: {} },
  });
  const keyed = await engine.everTask.dispatch(task, undefined, {
    taskKey: "daily",
    queue: "mail",
  });
  await engine.ended(keyed.id);
  const plain = await engine.everTask.dispatch(task);
  await engine.ended(plain.id);
  await engine.everTask.stop();
  const common = { taskType: "report", attempt: 1 };
  const ofKeyed = { ...common, taskId: keyed.id, queue: "mail", taskKey: "daily" };
  const ofPlain = { ...common, taskId: plain.id, queue: "default", taskKey: null };
  assertEquals(lines.map(({ message, properties }) => [message, properties]), [
    ["Wrote {pages} pages", { ...ofKeyed, pages: 5 }],
    ["Sent", ofKeyed],
    ["Wrote {pages} pages", { ...ofPlain, pages: 5 }],
    ["Sent", ofPlain],
  ]);
});

Deno.test("a logger may be a function that has the methods of a logger", async () => {
  const { lines, logger } = noting();
  const callable = Object.assign(() => {}, logger("callable"));
  await using engine = await startEngine({ tasks: [task], logger: callable });
  await engine.ended((await engine.everTask.dispatch(task)).id);
  assertEquals(lines[0]!.category, "callable");
});

const refused: [name: string, logger: unknown, text: string][] = [
  ["a pino logger without an adapter", pino({ enabled: false }), 'logger is "a pino logger"'],
  ["a child of a pino logger", pino({ enabled: false }).child({ part: "tasks" }), "a pino logger"],
  [
    "a bunyan logger without an adapter",
    bunyan.createLogger({ name: "x", streams: [] }),
    "a bunyan logger",
  ],
  ["an object without methods", {}, "it lacks trace, debug, info, warn, error"],
  ["a logger without trace", { ...silentLogger, trace: undefined }, "it lacks trace"],
  ["a number", 5, "logger is 5"],
  ["a function that returns no logger", () => ({}), 'logger("dispatch")'],
  ["a function that returns pino loggers", () => pino({ enabled: false }), "a pino logger"],
  [
    "a function that returns no logger for a task",
    (category: string) => category === "tasks.report" ? null : silentLogger,
    'logger("tasks.report") is null',
  ],
];

for (const [name, logger, text] of refused) {
  Deno.test(`an invalid logger is rejected with the remedy: ${name}`, () => {
    const options = { storage: memoryStorage(), tasks: [task], logger: logger as Logger };
    const error = assertThrows(() => createEverTask(options), InvalidArgumentError);
    assertStringIncludes(error.message, text);
    const isTurned = /pino|bunyan/.test(text);
    assert(error.message.includes(isTurned ? "logger.info(properties, message)" : "methods trace"));
  });
}

Deno.test("a logger function that returns a promise is refused, and its rejection is handled", async () => {
  for (
    const answer of [() => Promise.resolve(silentLogger), () => Promise.reject(new Error("no"))]
  ) {
    const logger = answer as unknown as () => Logger;
    assertThrows(
      () => createEverTask({ storage: memoryStorage(), tasks: [], logger }),
      InvalidArgumentError,
      "synchronously",
    );
  }
  await new Promise((resolve) => setTimeout(resolve, 0)); // an unhandled rejection is reported by then
});

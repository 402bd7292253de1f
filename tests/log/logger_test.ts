import { assertEquals } from "@std/assert";
import { formatMessage, type Logger, type LogProperties, silentLogger } from "../../mod.ts";
import { fitLog, TaskLogger } from "../../src/worker/attempt/task_logger.ts";
import { hostileValues } from "../support/hostile_values.ts";

const settings = { minimumLevel: "Information", maxLinesPerRun: 3 } as const;

function capturing(logger: Logger = silentLogger) {
  let now = 1000;
  const owner = { taskId: "task-1", run: 7 };
  const log = new TaskLogger(logger, { taskId: "task-1" }, owner, settings, () => now);
  return { log, wait: (ms: number) => now += ms };
}

Deno.test("formatMessage() replaces placeholders by any value, and keeps unknown ones", () => {
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  const cases: [message: string, properties: Record<string, unknown>, expected: string][] = [
    ["Sent to {email}", { email: "ada@example.com" }, "Sent to ada@example.com"],
    ["{a} {b} {a}", { a: 1 }, "1 {b} 1"],
    ["{x}", { x: { y: [1, null] } }, '{"y":[1,null]}'],
    ["{x}", { x: new RangeError("too far") }, "RangeError: too far"],
    ["{x}", { x: undefined }, "undefined"],
    ["{x}", { x: 7n }, "7"],
    ["{x}", { x: circular }, "[object Object]"],
    ["{toString}", {}, "{toString}"],
  ];
  for (const [message, properties, expected] of cases) {
    assertEquals(formatMessage(message, properties), expected);
  }
});

Deno.test("formatMessage() cuts values at 100,000 characters in total", () => {
  const value = "x".repeat(60_000);
  const text = formatMessage("{value} {value} {value}", { value });
  assertEquals(text, `${value} ${"x".repeat(40_000)}... {value}`);
  assertEquals(formatMessage("{value}".repeat(100_000), { value }).length < 1_000_000, true);
});

Deno.test("TaskLogger forwards every line, kept or not, with the properties of its task", () => {
  const seen: unknown[] = [];
  const note = (level: string) => (...line: unknown[]) => void seen.push([level, ...line]);
  const logger = {
    trace: note("trace"),
    debug: note("debug"),
    info: note("info"),
    warn: note("warn"),
    error: note("error"),
  };
  const { log } = capturing(logger);
  log.trace("a {x}", { x: 1 });
  log.debug("b");
  log.info("c");
  log.warn("d");
  log.error("e");
  assertEquals(seen, [
    ["trace", "a {x}", { taskId: "task-1", x: 1 }],
    ["debug", "b", { taskId: "task-1" }],
    ["info", "c", { taskId: "task-1" }],
    ["warn", "d", { taskId: "task-1" }],
    ["error", "e", { taskId: "task-1" }],
  ]);
});

Deno.test("a line's own properties override those of its task, and an error may be passed instead of properties", () => {
  const seen: (LogProperties | undefined)[] = [];
  const { log } = capturing({
    ...silentLogger,
    info: (_, properties) => void seen.push(properties),
  });
  const error = new Error("no disk");
  log.info("own", { taskId: "its own" });
  log.info("error", error as unknown as LogProperties);
  assertEquals(seen, [{ taskId: "its own" }, { taskId: "task-1", error }]);
  assertEquals(log.take().lines.at(-1)!.exception!.split("\n")[0], "Error: no disk");
});

for (const [name, make] of Object.entries(hostileValues)) {
  Deno.test(`a handler may log anything: ${name}`, () => {
    const { log } = capturing();
    const value = make();
    log.info("a value: {value}", { value, error: value });
    log.info("properties", value as LogProperties);
    log.info(value as string, { value });
    assertEquals(log.take().lines.length, 3);
    assertEquals(typeof formatMessage("{value}", { value }), "string");
    assertEquals(typeof formatMessage(value as string, value as LogProperties), "string");
  });
}

Deno.test("TaskLogger keeps lines of at least the minimum level, with their age and with replaced placeholders", () => {
  const { log, wait } = capturing();
  log.debug("too fine");
  log.info("row {row}", { row: 1 });
  wait(250);
  log.error("broken", { error: new Error("no disk") });
  wait(50);
  const { lines } = log.take();
  assertEquals(lines.map(({ level, message, agoMs }) => [level, message, agoMs]), [
    ["Information", "row 1", 300],
    ["Error", "broken", 50],
  ]);
  assertEquals(lines[1]!.exception!.split("\n")[0], "Error: no disk");
  assertEquals(lines.map(({ taskId, run }) => [taskId, run]), [["task-1", 7], ["task-1", 7]]);
  assertEquals(log.take(), { lines: [], dropped: 0 });
});

Deno.test("TaskLogger keeps at most the lines that a run may store, and counts the others", () => {
  const { log } = capturing();
  for (let row = 1; row <= 10; row++) log.info("row {row}", { row });
  const { lines, dropped } = log.take();
  assertEquals(lines.map(({ message }) => message), ["row 1", "row 2", "row 3"]);
  assertEquals(dropped, 7);
});

Deno.test("fitLog() keeps the first lines for which there is room, and adds a line with the number of the others", () => {
  const { log } = capturing();
  for (let row = 1; row <= 4; row++) log.error("row {row}", { row, error: new Error("no disk") });
  const captured = log.take();
  const fit = (room: number) =>
    fitLog(captured, room).map(({ level, message }) => [level, message]);
  const rest = (missing: number) => [
    "Warning",
    `${missing} more lines were dropped: the limit of a run is reached.`,
  ];
  const [one, two, three] = [1, 2, 3].map((row) => ["Error", `row ${row}`]);
  assertEquals(fit(3), [one, two, three, rest(1)]);
  assertEquals(fit(2), [one, two, rest(2)]);
  assertEquals(fit(0), [rest(4)]);
  assertEquals([fit(-1), fit(-5)], [[rest(4)], [rest(4)]]);
  const [count] = fitLog(captured, 0);
  assertEquals([count!.taskId, count!.run, count!.exception], ["task-1", 7, null]);
});

Deno.test("fitLog() adds nothing if all lines fit", () => {
  const { log } = capturing();
  log.info("only");
  assertEquals(fitLog(log.take(), 1).map(({ message }) => message), ["only"]);
});

Deno.test("TaskLogger keeps nothing when capture is off", () => {
  const log = new TaskLogger(silentLogger, {}, { taskId: "task-1", run: 1 }, null, () => 0);
  log.error("lost in storage, not in the log");
  assertEquals(log.take(), { lines: [], dropped: 0 });
});

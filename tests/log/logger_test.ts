import { assertEquals } from "@std/assert";
import { formatMessage, type Logger, silentLogger } from "../../mod.ts";
import { TaskLogger } from "../../src/log/task_logger.ts";

const settings = { minimumLevel: "Information", maxLinesPerRun: 3 } as const;

function capturing(logger: Logger = silentLogger) {
  let now = 1000;
  const log = new TaskLogger(logger, "task-1", settings, () => now);
  return { log, wait: (ms: number) => now += ms };
}

Deno.test("formatMessage() fills placeholders, whatever the value, and leaves unknown ones", () => {
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

Deno.test("TaskLogger forwards every line as it came, whatever it keeps", () => {
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
    ["trace", "a {x}", { x: 1 }],
    ["debug", "b", undefined],
    ["info", "c", undefined],
    ["warn", "d", undefined],
    ["error", "e", undefined],
  ]);
});

Deno.test("TaskLogger keeps lines from the minimum level on, filled in, with their age", () => {
  const { log, wait } = capturing();
  log.debug("too fine");
  log.info("row {row}", { row: 1 });
  wait(250);
  log.error("broken", { error: new Error("no disk") });
  wait(50);
  const lines = log.takeLines();
  assertEquals(lines.map(({ level, message, agoMs }) => [level, message, agoMs]), [
    ["Information", "row 1", 300],
    ["Error", "broken", 50],
  ]);
  assertEquals(lines[1]!.exception!.split("\n")[0], "Error: no disk");
  assertEquals(log.takeLines(), []);
});

Deno.test("TaskLogger counts what is beyond the limit in a last line", () => {
  const { log } = capturing();
  for (let row = 1; row <= 10; row++) log.info("row {row}", { row });
  assertEquals(log.takeLines().map(({ message }) => message), [
    "row 1",
    "row 2",
    "row 3",
    "7 more lines were dropped: the limit of a run is reached.",
  ]);
});

Deno.test("TaskLogger keeps nothing when capture is off", () => {
  const log = new TaskLogger(silentLogger, "task-1", null, () => 0);
  log.error("lost in storage, not in the log");
  assertEquals(log.takeLines(), []);
});

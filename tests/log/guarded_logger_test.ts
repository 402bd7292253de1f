import { assertEquals } from "@std/assert";
import { stub } from "../support/stub.ts";
import type { Logger } from "../../mod.ts";
import { guardLogger } from "../../src/log/guarded_logger.ts";
import { nextMacrotask } from "../../src/time/macrotask.ts";

const levels = ["trace", "debug", "info", "warn", "error"] as const;

function all(log: (...line: unknown[]) => unknown): Logger {
  return Object.fromEntries(levels.map((level) => [level, log])) as unknown as Logger;
}

const ended = () => {
  throw new Error("write after end");
};

const failing: [name: string, logger: Logger][] = [
  ["throws", all(ended)],
  ["rejects", all(() => Promise.reject(new Error("write after end")))],
  ["returns a thenable that throws", all(() => ({ then: ended }))],
  ["has lost its methods", {} as Logger],
  [
    "throws when it is read",
    Object.defineProperties(
      {},
      Object.fromEntries(levels.map((level) => [level, { get: ended }])),
    ) as Logger,
  ],
];

for (const [name, logger] of failing) {
  Deno.test(`a logger that ${name} has no effect on its caller, and is reported once`, async () => {
    const said: string[] = [];
    using _console = stub(console, "error", (text: string) => void said.push(text));
    const guarded = guardLogger(logger);
    for (const level of levels) guarded[level]("line {n}", { n: 1 });
    await new Promise<void>(nextMacrotask);
    assertEquals(said.length, 1);
    assertEquals(
      /^\[EverTask\] The logger failed.*(write after end|not a function)/.test(said[0]!),
      true,
    );
  });
}

Deno.test("a console that throws has no effect, either", async () => {
  using _console = stub(console, "error", ended);
  guardLogger(all(ended)).error("line");
  guardLogger(all(() => Promise.reject(new Error()))).error("line");
  await new Promise<void>(nextMacrotask);
});

Deno.test("a logger gets every line unchanged, through its current method", () => {
  const lines: unknown[] = [];
  class Application implements Logger {
    readonly #name = "app";
    trace = (...line: unknown[]) => void lines.push(["trace", this.#name, ...line]);
    debug = (...line: unknown[]) => void lines.push(["debug", this.#name, ...line]);
    info(...line: unknown[]): void {
      lines.push(["info", this.#name, ...line]);
    }
    warn(...line: unknown[]): void {
      lines.push(["warn", this.#name, ...line]);
    }
    error(...line: unknown[]): void {
      lines.push(["error", this.#name, ...line]);
    }
  }
  const application = new Application();
  const guarded = guardLogger(application);
  const properties = { n: 1 };
  for (const level of levels) guarded[level](`at ${level}`, properties);
  assertEquals(lines, levels.map((level) => [level, "app", `at ${level}`, properties]));
  application.debug = () => {};
  guarded.debug("silent now");
  assertEquals(lines.length, levels.length);
});

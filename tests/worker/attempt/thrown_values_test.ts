// Tests handlers that throw any value: the task ends as for an error, and nothing else is affected.

import { assert, assertEquals } from "@std/assert";
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { runInNewContext } from "node:vm";
import {
  createEverTask,
  defineTask,
  linearRetry,
  NonRetryableError,
  noRetry,
  type RetryPolicy,
  silentLogger,
} from "../../../mod.ts";
import { memoryStorage } from "../../../drivers/memory/mod.ts";
import { createOpenTelemetry } from "../../../src/monitor/otel/mod.ts";
import { longestDescription } from "../../../src/thrown/describe_error.ts";
import { hostileValues } from "../../support/hostile_values.ts";
import { startEngine } from "../../support/engine.ts";

// On a busy machine, a short timer of the telemetry's SDK may outlive the test that started it, and
// end in the next one.
const untimed = { sanitizeOps: false, sanitizeResources: false };

const policies: Readonly<Record<string, RetryPolicy>> = {
  "without retry": noRetry(),
  "with retry": linearRetry(1, 0).doNotHandle(SyntaxError),
  "with filters": linearRetry(1, 0).handle(SyntaxError).handleTransientNetworkErrors()
    .handleTransientDatabaseErrors(),
};

for (const [name, retry] of Object.entries(policies)) {
  Deno.test(
    `for any value that a handler throws, its task fails and frees its slot: ${name}`,
    untimed,
    async () => {
      const provider = new TracerProvider({
        spanProcessors: [new SimpleSpanProcessor({ exporter: new InMemorySpanExporter() })],
      });
      let attempts = 0;
      const hooked: string[] = [];
      const failing = defineTask<string>({
        type: "failing",
        retry,
        handle(value) {
          attempts++;
          throw hostileValues[value]!();
        },
        onRetry: (_, attempt) => void hooked.push(`retry ${attempt}`),
        onError: ({ attempt }) => void hooked.push(`error ${attempt}`),
      });
      await using engine = await startEngine({
        tasks: [failing],
        logger: silentLogger,
        queues: { default: { parallelism: 1 } },
        instrumentation: createOpenTelemetry({ tracerProvider: provider }),
      });
      for (const value of Object.keys(hostileValues)) {
        attempts = 0;
        const { id } = await engine.everTask.dispatch(failing, value);
        const { kind, exception } = await engine.ended(id);
        assertEquals(kind, "failed", value);
        assert(exception !== null && exception !== "" && exception.length <= longestDescription);
        assertEquals((await engine.everTask.get(id))!.exception, exception);
        assertEquals(attempts, name === "with retry" ? 2 : 1, value);
      }
      await engine.everTask.stop();
      const count = Object.keys(hostileValues).length;
      assertEquals(hooked.filter((each) => each.startsWith("error")).length, count);
    },
  );
}

Deno.test("errors of another realm keep their name, message and causes", untimed, async () => {
  const failing = defineTask({
    type: "failing",
    retry: noRetry(),
    handle() {
      runInNewContext("throw new RangeError('too far', { cause: new TypeError('why') })");
    },
  });
  await using engine = await startEngine({ tasks: [failing] });
  const { id } = await engine.everTask.dispatch(failing);
  const { exception } = await engine.ended(id);
  assert(exception!.startsWith("RangeError: too far\n"));
  assert(exception!.includes("\nCaused by: TypeError: why\n"));
});

Deno.test(
  "control-flow errors of another copy of this package have their effect",
  untimed,
  async () => {
    let attempts = 0;
    const steering = defineTask<object>({
      type: "steering",
      retry: linearRetry(1, 0),
      handle(error) {
        if (attempts++ === 0) throw Object.assign(new Error("steering"), error);
      },
    });
    await using engine = await startEngine({ tasks: [steering] });
    const run = async (error: object) => {
      attempts = 0;
      const { id } = await engine.everTask.dispatch(steering, error);
      const { kind } = await engine.ended(id);
      const { attempt } = (await engine.everTask.get(id))!;
      return [kind, attempts, attempt];
    };
    assertEquals(await run({ name: new NonRetryableError().name }), ["failed", 1, 1]);
    assertEquals(await run({ name: "RetryLater", delayMs: 0 }), ["completed", 2, 1]);
    assertEquals(await run({ name: "RetryLater", delayMs: "soon" }), ["completed", 2, 2]);
  },
);

Deno.test(
  "the text of an exception of 40 million characters is truncated in storage",
  untimed,
  async () => {
    const failing = defineTask({
      type: "failing",
      retry: noRetry(),
      handle: () => Promise.reject(new Error("x".repeat(40_000_000))),
    });
    const everTask = createEverTask({
      storage: memoryStorage(),
      tasks: [failing],
      logger: silentLogger,
    });
    const ended = new Promise((resolve) =>
      everTask.events.subscribe(resolve, { kinds: ["failed"] })
    );
    await everTask.start();
    const { id } = await everTask.dispatch(failing);
    await ended;
    const { exception } = (await everTask.get(id))!;
    assertEquals(exception!.length, longestDescription);
    assert(exception!.endsWith("\n[The text was cut at 32768 characters.]"));
    await everTask.stop();
  },
);

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { ExecutedTask, Instrumentation } from "../../src/monitor/mod.ts";
import { InvalidArgumentError, type Logger, silentLogger } from "../../mod.ts";
import { guardInstrumentations } from "../../src/instrumentation/guarded_instrumentation.ts";
import { nextMacrotask } from "../../src/time/macrotask.ts";

const task = { taskId: "id", type: "type" } as ExecutedTask & { count: number };
const turn = () => new Promise<void>(nextMacrotask);
const never = new Promise<never>(() => {});
const fault = new Error("the tracer is down");

type Work = (traceContext: string | null) => Promise<unknown>;

/** The behaviours of an instrumentation, and whether each is a fault to log. */
const behaviours: [name: string, wrap: (work: Work) => unknown, isTold: boolean][] = [
  ["returns the result of the work", (work) => work("context"), false],
  ["does something before and after", async (work) => {
    await turn();
    const result = await work("context");
    await turn();
    return result;
  }, false],
  ["throws before", () => {
    throw fault;
  }, true],
  ["rejects before", () => Promise.reject(fault), true],
  ["throws after", (work) => {
    void work(null);
    throw fault;
  }, true],
  ["rejects after", async (work) => {
    await work(null).catch(() => {});
    throw fault;
  }, true],
  ["never calls the work", () => Promise.resolve("its own"), false],
  ["returns nothing", () => undefined, false],
  ["calls the work twice", (work) => Promise.all([work(null), work(null)]), false],
  ["returns its own result", (work) => work(null).then(() => "its own", () => "its own"), false],
  ["throws its own error", (work) =>
    work(null).then(undefined, () => {
      throw fault;
    }), false],
  ["hangs after the work", (work) => {
    void work(null);
    return never;
  }, false],
  [
    "passes an invalid trace context",
    (work) => (work as (context: unknown) => unknown)(Symbol()),
    false,
  ],
];

function instrumentation(wrap: (work: Work) => unknown): Instrumentation {
  return {
    dispatch: (_: unknown, store: Work) => wrap(store),
    run: (_: unknown, execute: () => Promise<unknown>) => wrap(execute),
  } as Instrumentation;
}

for (const [name, wrap, isTold] of behaviours) {
  Deno.test(`the work runs once and its result is returned if an instrumentation ${name}`, async () => {
    const told: unknown[] = [];
    const logger: Logger = {
      ...silentLogger,
      error: (_, properties) => void told.push(properties?.["error"]),
    };
    const guarded = guardInstrumentations([instrumentation(wrap)], logger)!;
    let runs = 0;
    const work = async () => {
      runs++;
      await turn();
      return "result";
    };
    assertEquals(await guarded.run(task, work), "result");
    assertEquals(await guarded.dispatch(task, work), "result");
    assertEquals(runs, 2);
    await turn();
    await turn();
    assertEquals(told, isTold ? [fault, fault] : []);
  });

  Deno.test(`the work's own error is thrown unchanged if an instrumentation ${name}`, async () => {
    const own = new Error("the handler failed");
    const guarded = guardInstrumentations(instrumentation(wrap), silentLogger)!;
    const error = await assertRejects(() => guarded.run(task, () => Promise.reject(own)));
    assertEquals(error === own, true);
    await turn();
  });
}

Deno.test("an instrumentation that rethrows the error of the work is not a fault; one that throws another error is", async () => {
  const told: unknown[] = [];
  const logger: Logger = {
    ...silentLogger,
    error: (_, properties) => void told.push(properties?.["error"]),
  };
  const own = new Error("the handler failed");
  const wraps: ((work: Work) => unknown)[] = [
    (work) => work(null),
    (work) => work(null).catch(() => Promise.reject(fault)),
  ];
  for (const wrap of wraps) {
    const guarded = guardInstrumentations(instrumentation(wrap), logger)!;
    await assertRejects(() => guarded.run(task, () => Promise.reject(own)));
    await turn();
  }
  assertEquals(told, [fault]);
});

Deno.test("of several instrumentations the first is the outermost, and the first context that is not null is stored", async () => {
  const steps: string[] = [];
  const tracing = (name: string, context: string | null): Instrumentation => ({
    async dispatch(_, store) {
      steps.push(`${name} opens`);
      const result = await store(context);
      steps.push(`${name} closes`);
      return result;
    },
    run: (_, execute) => execute(),
  });
  const guarded = guardInstrumentations(
    [tracing("a", null), tracing("b", "of b"), tracing("c", "of c")],
    silentLogger,
  )!;
  const stored = await guarded.dispatch(task, (context) => Promise.resolve(context));
  assertEquals(stored, "of b");
  assertEquals(steps, ["a opens", "b opens", "c opens", "c closes", "b closes", "a closes"]);
});

Deno.test("instrumentations may be omitted or empty, and an invalid one is refused", () => {
  assertEquals(guardInstrumentations(undefined, silentLogger), undefined);
  assertEquals(guardInstrumentations([], silentLogger), undefined);
  for (const wrong of [5, null, {}, [{ run: () => {} }], "tracer"]) {
    assertThrows(
      () => guardInstrumentations(wrong as unknown as Instrumentation, silentLogger),
      InvalidArgumentError,
      "instrumentation",
    );
  }
});

// Tests how attempts end, with a table of each reason to stop and each outcome of a handler.

import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  LeaseLostError,
  linearRetry,
  NonRetryableError,
  PayloadValidationError,
  RetryLater,
  type RetryPolicy,
  TaskCancelledError,
  TimeoutError,
  WorkerStoppedError,
} from "../../../mod.ts";
import {
  type AttemptResult,
  countedAttempt,
  decideEnding,
  type Ending,
} from "../../../src/worker/attempt/ending.ts";

const timeout = new TimeoutError(1_000);
const busy = new Error("busy");
const retryAll = linearRetry(1, 500).handleWhen(() => true);

function decide(result: Partial<AttemptResult>, policy: RetryPolicy = retryAll): Ending | null {
  const complete = {
    failure: undefined,
    abortReason: undefined,
    attempt: 1,
    lostCount: 0,
    ...result,
  };
  return decideEnding(complete, policy, () => 0);
}

/** Returns the fields of an ending that the tables below specify. */
function briefly(ending: Ending | null): unknown {
  if (ending === null) return null;
  const { status, dueInMs, returnAttempt } = ending;
  return [status, dueInMs, returnAttempt];
}

const reasons: [reason: Error | undefined, returned: unknown, threw: unknown][] = [
  [undefined, ["Completed", undefined, undefined], ["Pending", 500, undefined]],
  [timeout, ["Completed", undefined, undefined], ["Pending", 500, undefined]],
  [new TaskCancelledError("x"), ["Completed", undefined, undefined], [
    "Cancelled",
    undefined,
    undefined,
  ]],
  [new WorkerStoppedError(), ["Completed", undefined, undefined], ["ServiceStopped", 0, true]],
  [new LeaseLostError("x"), null, null],
];
for (const [abortReason, returned, threw] of reasons) {
  const why = abortReason === undefined
    ? "that was not asked to stop"
    : `that was asked to stop (${abortReason.name})`;
  Deno.test(`the task of a handler ${why} ends as in the table, whether the handler returns or throws`, () => {
    assertEquals(briefly(decide({ abortReason })), returned);
    assertEquals(briefly(decide({ abortReason, failure: { error: busy } })), threw);
  });
}

const named = (name: string, members: object = {}) =>
  Object.assign(new Error("x"), { name }, members);
const errors: [what: string, error: unknown, ending: unknown][] = [
  ["an error", busy, ["Pending", 500, undefined]],
  ["a value that is not an error", "busy", ["Pending", 500, undefined]],
  ["NonRetryableError", new NonRetryableError("gone"), ["Failed", undefined, undefined]],
  ["a NonRetryableError of another copy of the package", named("NonRetryableError"), [
    "Failed",
    undefined,
    undefined,
  ]],
  ["PayloadValidationError", new PayloadValidationError("x", []), ["Failed", undefined, undefined]],
  ["RetryLater", new RetryLater(70), ["Pending", 70, true]],
  ["a RetryLater of another copy of the package", named("RetryLater", { delayMs: 70 }), [
    "Pending",
    70,
    true,
  ]],
  ["a RetryLater without a delay", named("RetryLater"), ["Pending", 500, undefined]],
  ["a RetryLater with a negative delay", named("RetryLater", { delayMs: -1 }), [
    "Pending",
    500,
    undefined,
  ]],
];
for (const [what, error, ending] of errors) {
  Deno.test(`an attempt that fails with ${what} ends as in the table`, () => {
    assertEquals(briefly(decide({ failure: { error } })), ending);
  });
}

// Every combination of a reason to stop, an outcome of the handler, and a decision of the policy.
const none = ["Failed", undefined, undefined];
const again = ["Pending", 500, undefined];
const done = ["Completed", undefined, undefined];
const gone = new NonRetryableError("gone");
const later = new RetryLater(70);
const invalid = new PayloadValidationError("x", []);
const threw = { busy, gone, later, invalid };
const askedPolicies = { retry: () => 500, "give up": () => null, "answer NaN": () => NaN };
type Row = readonly [
  ends: keyof typeof threw | "returns",
  retry: unknown,
  giveUp: unknown,
  answerNaN: unknown,
];
const each = (ending: unknown) =>
  ["returns", ...Object.keys(threw)].map((ends) => [ends, ending, ending, ending] as Row);
const unlessAsked = (threwAny: unknown): readonly Row[] => [
  ["returns", done, done, done],
  ...each(threwAny).slice(1),
];
const policyDecides: readonly Row[] = [
  ["returns", done, done, done],
  ["busy", again, none, none],
  ["gone", none, none, none],
  ["later", ["Pending", 70, true], ["Pending", 70, true], ["Pending", 70, true]],
  ["invalid", none, none, none],
];
const allInputs: [reason: Error | undefined, rows: readonly Row[]][] = [
  [undefined, policyDecides],
  [timeout, policyDecides],
  [new TaskCancelledError("x"), unlessAsked(["Cancelled", undefined, undefined])],
  [new WorkerStoppedError(), unlessAsked(["ServiceStopped", 0, true])],
  [new LeaseLostError("x"), each(null)],
  [new Error("an unknown reason"), policyDecides],
];
for (const [abortReason, rows] of allInputs) {
  for (const [ends, ...endings] of rows) {
    const name = `with the abort reason ${
      abortReason?.name ?? "none"
    }, a task ends as in the table if its handler `;
    Deno.test(`${name}${ends === "returns" ? ends : `throws ${JSON.stringify(ends)}`}`, () => {
      const failure = ends === "returns" ? undefined : { error: threw[ends] };
      const found = Object.values(askedPolicies).map((nextDelay) =>
        briefly(decide({ failure, abortReason }, { nextDelay }))
      );
      assertEquals(found, endings);
    });
  }
}

const numbers: [attempt: number, lostCount: number, seen: number][] = [
  [1, 0, 1],
  [4, 0, 4],
  [4, 1, 3],
  [4, 3, 1],
  // The row was changed by hand.
  [4, 4, 1],
  [1, 9, 1],
];
Deno.test("the attempt number of a policy does not count attempts that were lost with their worker", () => {
  for (const [attempt, lostCount, seen] of numbers) {
    let asked = 0;
    const policy: RetryPolicy = { nextDelay: (number) => (asked = number, null) };
    decide({ failure: { error: busy }, attempt, lostCount }, policy);
    assertEquals([asked, countedAttempt({ attempt, lostCount })], [seen, seen]);
  }
});

Deno.test("a task fails when no attempts are left, and the policy receives a timeout as a TimeoutError", () => {
  assertEquals(briefly(decide({ failure: { error: busy }, attempt: 2 })), [
    "Failed",
    undefined,
    undefined,
  ]);
  const asked: unknown[] = [];
  const policy: RetryPolicy = {
    nextDelay(attempt, error) {
      asked.push([attempt, error]);
      return null;
    },
  };
  decide({ failure: { error: busy }, abortReason: timeout, attempt: 3 }, policy);
  decide({ failure: { error: busy }, attempt: 4 }, policy);
  assertEquals(asked, [[3, timeout], [4, busy]]);
});

Deno.test("a timeout includes the handler's error, unless that was the timeout itself", () => {
  const other = decide({ failure: { error: busy }, abortReason: timeout })!;
  assertStringIncludes(other.exception!, "Caused by: Error: busy");
  assertEquals((other.error as Error).cause, busy);
  const same = decide({ failure: { error: timeout }, abortReason: timeout })!;
  assertEquals([same.error, same.exception!.includes("Caused by")], [timeout, false]);
});

Deno.test("the error of a policy is described before the error of the attempt", () => {
  const fault = new TypeError("no such field");
  const policy: RetryPolicy = {
    nextDelay() {
      throw fault;
    },
  };
  const { status, policyFault, exception } = decide({ failure: { error: busy } }, policy)!;
  assertEquals([status, policyFault], ["Failed", fault]);
  const [first, second] = exception!.split("\n");
  assertStringIncludes(first!, "its retry policy failed: TypeError: no such field");
  assertStringIncludes(second!, "Error: busy");
});

import { assertEquals, assertThrows } from "@std/assert";
import { InvalidArgumentError } from "../../mod.ts";
import { answerAtOnce, callAndForget, isPromiseLike, onlyOnce } from "../../src/guards/calls.ts";
import { nextMacrotask } from "../../src/time/macrotask.ts";
import { hostileValues } from "../support/hostile_values.ts";

/** Runs `act` and returns its unhandled rejections, each of which would end a program. */
async function unhandled(act: () => void): Promise<unknown[]> {
  const reasons: unknown[] = [];
  const note = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    reasons.push(event.reason);
  };
  addEventListener("unhandledrejection", note);
  act();
  await turn();
  removeEventListener("unhandledrejection", note);
  return reasons;
}

/** Resolves once unhandled rejections are reported. */
const turn = () => new Promise<void>(nextMacrotask);

for (const [name, make] of Object.entries(hostileValues)) {
  Deno.test(`a call may throw, reject with, or return any value: ${name}`, async () => {
    const value = make();
    const faults: unknown[] = [];
    const note = (error: unknown) => faults.push(error);
    callAndForget(() => {
      throw value;
    }, note);
    callAndForget(() => Promise.reject(value), note);
    callAndForget(() => value, note);
    await turn();
    const gaveThenable = name === "a thenable that throws";
    assertEquals(faults.length, gaveThenable ? 3 : 2);
    assertEquals(faults.slice(0, 2).every((fault) => Object.is(fault, value)), true);
    assertEquals(isPromiseLike(value), gaveThenable);
  });
}

Deno.test("a call's rejection goes to `onFault` only", async () => {
  const fault = new Error("late");
  const faults: unknown[] = [];
  const reasons = await unhandled(() =>
    callAndForget(() => Promise.reject(fault), (error) => faults.push(error))
  );
  assertEquals([faults, reasons], [[fault], []]);
});

Deno.test("a synchronous result is returned, and a promise is refused without an unhandled rejection", async () => {
  const answer = {};
  assertEquals(answerAtOnce(answer, "keyOf") === answer, true);
  const promises = [
    () => Promise.reject(new Error("late")),
    () => ({ then: (_: unknown, no: () => void) => no() }),
  ];
  const reasons = await unhandled(() => {
    for (const promise of promises) {
      const error = assertThrows(
        () => answerAtOnce<unknown>(promise(), "keyOf"),
        InvalidArgumentError,
      );
      assertEquals(error.argument, "keyOf");
    }
  });
  assertEquals(reasons, []);
});

Deno.test("onlyOnce() calls once, with the first arguments", () => {
  const calls: number[] = [];
  const call = onlyOnce((value: number) => calls.push(value));
  call(1);
  call(2);
  assertEquals(calls, [1]);
});

import { assertEquals, assertThrows } from "@std/assert";
import { InvalidArgumentError } from "../../mod.ts";
import {
  answerAtOnce,
  callAndForget,
  isPromiseLike,
  onlyOnce,
} from "../../src/application/calls.ts";
import { nextMacrotask } from "../../src/time/macrotask.ts";
import { hostileValues } from "../support/hostile_values.ts";

/** Resolves when what was rejected has been noticed. */
const turn = () => new Promise<void>(nextMacrotask);

for (const [name, make] of Object.entries(hostileValues)) {
  Deno.test(`a call may throw, reject with, or give anything: ${name}`, async () => {
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

Deno.test("an answer is taken as it is, and a promise in its place is refused and comes to nothing", async () => {
  const answer = {};
  assertEquals(answerAtOnce(answer, "keyOf") === answer, true);
  for (
    const promise of [Promise.reject(new Error("late")), {
      then: (_: unknown, no: () => void) => no(),
    }]
  ) {
    const error = assertThrows(() => answerAtOnce<unknown>(promise, "keyOf"), InvalidArgumentError);
    assertEquals(error.argument, "keyOf");
  }
  await turn(); // a rejection without a handler would fail this test
});

Deno.test("onlyOnce() calls once, with the first arguments", () => {
  const calls: number[] = [];
  const call = onlyOnce((value: number) => calls.push(value));
  call(1);
  call(2);
  assertEquals(calls, [1]);
});

import { assert, assertLessOrEqual, assertStringIncludes } from "@std/assert";
import type { Failure } from "../../../src/testing/simulation/shrinking.ts";
import { formatFailure, shrink, trySeed } from "../../../src/testing/simulation/trial.ts";
import type { StoreMaker } from "../../../src/testing/simulation/world.ts";
import { faults, faultyStore } from "./faulty_stores.ts";

async function firstFailure(makeStore: StoreMaker): Promise<Failure> {
  for (let seed = 1; seed <= 300; seed++) {
    const failure = await trySeed(seed, makeStore);
    if (failure !== null) return failure;
  }
  throw new Error("no seed has found it");
}

for (const [what, fault] of Object.entries(faults)) {
  Deno.test(`a simulation detects a store with a fault: ${what}`, async () => {
    await firstFailure(faultyStore(fault));
  });
}

Deno.test("a shrunk failure is smaller, violates the same rule, and is readable", async () => {
  const makeStore = faultyStore(
    faults["a waiting task is reported as cancelled, and is not"]!,
  );
  const failure = await firstFailure(makeStore);
  const small = await shrink(failure, makeStore);
  assertLessOrEqual(small.scenario.steps.length, 3);
  assertLessOrEqual(small.history.entries.length, failure.history.entries.length);
  const rulesOf = ({ broken }: Failure) => new Set(broken.map((line) => line.split(": ")[1]!));
  assert(!rulesOf(small).isDisjointFrom(rulesOf(failure)));
  const text = formatFailure(small);
  for (const part of [small.broken[0]!, '"kind":"cancel"', "answer=cancelled"]) {
    assertStringIncludes(text, part);
  }
});

// The memory of failed attempts is bounded.

import { assert, assertEquals } from "@std/assert";
import { FailedAttempts } from "../../src/api/sign_in/failed_attempts.ts";
import { FakeClock } from "../../src/testing/fake_clock.ts";

Deno.test("failures of 10,000 addresses are remembered, the oldest are forgotten", () => {
  const attempts = new FailedAttempts(new FakeClock());
  const fail = (address: string) => {
    for (let failure = 0; failure < 10; failure++) attempts.add(address);
  };
  for (let index = 0; index < 10_000; index++) fail(`${index}`);
  assert(attempts.secondsToWait("0") > 0);
  fail("one more");
  assertEquals(attempts.secondsToWait("0"), 0);
  assert(attempts.secondsToWait("1") > 0);
  assert(attempts.secondsToWait("one more") > 0);
});

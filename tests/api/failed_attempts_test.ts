// Tests the record of failed attempts, which is limited in size.

import { assert, assertEquals } from "@std/assert";
import { FailedAttempts } from "../../src/api/sign_in/failed_attempts.ts";
import { FakeClock } from "../../src/testing/fake_clock.ts";

Deno.test("failures of at most 10,000 addresses are kept, and the oldest are dropped", () => {
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

Deno.test("the addresses of an IPv6 /64 network share a count, and each IPv4 address has its own", () => {
  const pairs: [one: string, other: string, isSame: boolean][] = [
    ["2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true],
    ["2001:db8:1:2::1", "2001:DB8:1:2::", true],
    ["2001:db8::1", "2001:db8:0:0:1::", true],
    ["2001:db8:1:2::1", "2001:db8:1:3::1", false],
    ["::ffff:192.0.2.1", "::ffff:192.0.2.2", false],
    ["192.0.2.1", "192.0.2.2", false],
    ["unknown", "a:b", false],
  ];
  for (const [one, other, isSame] of pairs) {
    const attempts = new FailedAttempts(new FakeClock());
    for (let failure = 0; failure < 10; failure++) attempts.add(one);
    assert(attempts.secondsToWait(one) > 0);
    assertEquals(attempts.secondsToWait(other) > 0, isSame, `${one} ${other}`);
    attempts.forgive(one);
    assertEquals(attempts.secondsToWait(one), 0);
  }
});

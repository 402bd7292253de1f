// Tests which errors count as the same failure, and what their group shows.

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { fingerprintOf } from "../../src/thrown/fingerprint.ts";

const alike: [summary: string, exceptions: string[]][] = [
  ["Error: order <n> of <n>", ["Error: order 1 of 2", "Error: order 42 of 3.5"]],
  ["Error: task <id> is gone", [
    "Error: task 01900000-0000-7000-8000-000000000001 is gone",
    "Error: task 0190abcd-ef00-7000-8000-00000000abcd is gone",
    "Error: task deadbeef01 is gone",
  ]],
  ["Error: can't open <text>", [
    "Error: can't open '/tmp/a b.txt'",
    'Error: can\'t open "b.txt"',
    "Error: can't open `c`",
  ]],
  ["Error: ENOENT, open <path>", [
    "Error: ENOENT, open /var/lib/app/file",
    "Error: ENOENT, open C:\\Users\\Ada\\x",
  ]],
  ["TypeError: <url> answered <n>", [
    "TypeError: https://example.org/a?b=1 answered 500",
    "TypeError: http://localhost:8080/ answered 404",
  ]],
  ["RangeError: too far\n    at check\n    at Object.handle\n    at tasks.ts", [
    "RangeError: too far\n    at check (file:///app/check.ts:1:2)\n" +
    "    at Object.handle (file:///app/mail.ts:10:20)\n    at file:///app/tasks.ts:3:4\n    at four",
    "RangeError: too far\n    at check (/srv/check.ts:7:9)\n    at Object.handle (x:1:1)\n" +
    "    at C:\\app\\tasks.ts:30:40\n    at another\nCaused by: Error: 5",
  ]],
  ["Error: timed out\n    at Object.handle", [
    "Error: timed out\n    at Object.handle (file:///app/mail.ts:10:20)",
    "Error: timed out\n    at Object.handle (file:///app/mail.ts:10:20)\n" +
    "    at drainTicks (ext:core/01_core.js:427:7)\n    at listOnTimeout (ext:core/02_timers.js:286:9)",
    "Error: timed out\n    at Object.handle (file:///app/mail.ts:10:20)\n" +
    "    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)\n" +
    "    at node:internal/timers:543:9",
  ]],
];

Deno.test("failures are alike if only numbers, ids, quoted texts, paths and lines of code differ", () => {
  for (const [summary, exceptions] of alike) {
    const found = exceptions.map((exception) => fingerprintOf("mail", exception));
    assertEquals(found.map((each) => each.summary), exceptions.map(() => summary));
    assertEquals(new Set(found.map(({ group }) => group)).size, 1, summary);
  }
});

Deno.test("failures with another task type, message or stack frame are in another group", () => {
  const same = "Error: refused\n    at connect (a.ts:1:1)";
  const others = [
    fingerprintOf("report", same),
    fingerprintOf("mail", same.replace("refused", "timed out")),
    fingerprintOf("mail", same.replace("connect", "send")),
  ];
  for (const { group } of others) assertNotEquals(group, fingerprintOf("mail", same).group);
});

Deno.test("any string has a fingerprint of bounded length, computed quickly", () => {
  fc.assert(fc.property(fc.string(), fc.string({ unit: "binary" }), (type, exception) => {
    const { group, summary } = fingerprintOf(type, exception);
    assert(/^[0-9a-f]{16}$/.test(group) && summary.length < 10_000);
  }));
  for (const part of ["'", '"', "/a", "0", "a-", "    at ("]) {
    assert(fingerprintOf("mail", part.repeat(100_000)).summary.length < 10_000);
  }
});

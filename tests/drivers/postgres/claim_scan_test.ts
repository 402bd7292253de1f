// Where a claim starts its scan while old snapshots make full scans slow.

import { assertEquals } from "@std/assert";
import { ClaimScan } from "../../../drivers/postgres/claim_scan.ts";
import { FakeClock } from "../../../src/testing/mod.ts";

const queues = [{ name: "default", limit: 10 }];
const slow = { now: 50_000, walkMs: 100, tasks: [{ queue: "default", dueAt: 40_000 }] };
const quick = { ...slow, walkMs: 1 };

function scan() {
  const clock = new FakeClock();
  const scan = new ClaimScan(clock);
  const claim = (answer: typeof slow) => {
    const from = scan.begin(queues);
    scan.learn(from, answer);
    return from[0]!;
  };
  return { clock, scan, claim };
}

Deno.test("claims scan from the start while full scans are quick", () => {
  const { claim } = scan();
  for (let i = 0; i < 10; i++) assertEquals(claim(quick), queues[0]!);
});

Deno.test("fewer than three consecutive slow scans change nothing", () => {
  const { claim } = scan();
  for (let i = 0; i < 10; i++) {
    assertEquals(claim(i % 3 === 0 ? quick : slow), queues[0]!);
  }
});

Deno.test("after three consecutive slow scans, claims begin near the first task of the last full scan", () => {
  const { claim } = scan();
  for (let i = 0; i < 3; i++) claim(slow);
  assertEquals(claim(slow), { name: "default", limit: 10, dueFrom: 39_900 });
});

Deno.test("a queue without due tasks is scanned from about now", () => {
  const { claim } = scan();
  for (let i = 0; i < 3; i++) claim({ ...slow, tasks: [] });
  assertEquals(claim(slow), { name: "default", limit: 10, dueFrom: 49_900 });
});

Deno.test("a full scan is repeated after 20 times its duration", async () => {
  const { clock, claim } = scan();
  for (let i = 0; i < 3; i++) claim(slow);
  await clock.advance(1_999);
  assertEquals(claim(slow), { name: "default", limit: 10, dueFrom: 39_900 });
  await clock.advance(1);
  assertEquals(claim(quick), queues[0]!, "20 times the 100 ms have passed");
  assertEquals(claim(quick), queues[0]!, "and it is quick again");
});

Deno.test("another queue is scanned from its start", () => {
  const { scan: theScan, claim } = scan();
  for (let i = 0; i < 3; i++) claim(slow);
  assertEquals(theScan.begin([{ name: "email" }]), [{ name: "email" }]);
});

Deno.test("each queue's claims begin near its own first task", () => {
  const { scan: claims } = scan();
  const both = ["a", "b"].map((name) => ({ name }));
  const tasks = [{ queue: "b", dueAt: 20_000 }, { queue: "a", dueAt: 30_000 }];
  for (let times = 0; times < 3; times++) {
    claims.learn(claims.begin(both), { now: 50_000, walkMs: 100, tasks });
  }
  assertEquals(claims.begin(both).map(({ dueFrom }) => dueFrom), [29_900, 19_900]);
});

// Batches are sent in one order, whatever order the caller has them in.

import { assertEquals } from "@std/assert";
import { byLock, inLockOrder } from "../../../drivers/sqlserver/lock_order.ts";

const ids = [
  "f0000000-0000-7000-8000-000000000001",
  "01900000-0000-7000-9000-000000000000",
  "01900000-0000-7000-8000-00000000000B",
  "01900000-0000-7000-8000-00000000000a",
  "01900000-0000-7000-8000-000000000009",
];
const sorted = [ids[1], ids[0], ids[4], ids[3], ids[2]];

Deno.test("ids are sorted by their last six bytes first, as the database sorts them", () => {
  assertEquals(byLock(ids, (id) => id), sorted);
  assertEquals(byLock([...ids].reverse(), (id) => id), sorted);
});

Deno.test("answers come back in the caller's order", async () => {
  const sent: string[] = [];
  const answers = await inLockOrder(ids, (id) => id, (batch) => {
    sent.push(...batch);
    return Promise.resolve(batch.map((id) => `answer to ${id}`));
  });
  assertEquals(sent, sorted);
  assertEquals(answers, ids.map((id) => `answer to ${id}`));
});

Deno.test("an empty batch is not sent", async () => {
  assertEquals(await inLockOrder([], String, () => Promise.reject(new Error("sent"))), []);
});

// Batches are sent in one order, whatever order the caller has them in.

import { assertEquals } from "@std/assert";
import { byLock, inLockOrder } from "@evertask/evertask/storage";

const ids = ["c", "a", "d", "b"];
const sorted = ["a", "b", "c", "d"];
const backwards = (id: string) => String.fromCharCode(255 - id.charCodeAt(0));

Deno.test("items are sorted by their keys, whatever order they come in", () => {
  assertEquals(byLock(ids, (id) => id), sorted);
  assertEquals(byLock(ids.toReversed(), (id) => id), sorted);
  assertEquals(byLock(ids, backwards), ["d", "c", "b", "a"]);
});

Deno.test("the answers to a sorted batch come back in the caller's order", async () => {
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

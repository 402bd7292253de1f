// Tests that batches are sent in a fixed order, regardless of the caller's order.

import { assertEquals, assertRejects } from "@std/assert";
import { InvalidArgumentError } from "@evertask/evertask";
import { byLock, inLockOrder } from "@evertask/evertask/storage";

const ids = ["c", "a", "d", "b"];
const sorted = ["a", "b", "c", "d"];
const backwards = (id: string) => String.fromCharCode(255 - id.charCodeAt(0));

Deno.test("items in any order are sorted by their keys", () => {
  assertEquals(byLock(ids, (id) => id), sorted);
  assertEquals(byLock(ids.toReversed(), (id) => id), sorted);
  assertEquals(byLock(ids, backwards), ["d", "c", "b", "a"]);
});

Deno.test("the answers to a sorted batch are returned in the caller's order", async () => {
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

Deno.test("a wrong number of answers is rejected", async () => {
  for (const answers of [["a"], ["a", "b", "c"], undefined]) {
    const sent = inLockOrder(["b", "a"], String, () => Promise.resolve(answers as string[]));
    await assertRejects(() => sent, InvalidArgumentError, "an answer for each item");
  }
});

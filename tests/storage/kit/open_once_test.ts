// Tests that a storage opens and closes its resource once.

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { OpenOnce, StorageClosedError } from "@evertask/evertask/storage";

/** Openings that the test completes, and a record of closings. */
function openings() {
  const pending: PromiseWithResolvers<{ id: number }>[] = [];
  const closed: number[] = [];
  const once = new OpenOnce({
    what: "example storage",
    open: () => {
      const opening = Promise.withResolvers<{ id: number }>();
      pending.push(opening);
      return opening.promise;
    },
    close: ({ id }) => void closed.push(id),
  });
  return { once, pending, closed };
}

Deno.test("concurrent and repeated calls of open() open the resource once", async () => {
  const { once, pending } = openings();
  const both = [once.open(), once.open()];
  pending[0]!.resolve({ id: 1 });
  assertEquals(await Promise.all(both), [{ id: 1 }, { id: 1 }]);
  assertEquals(await once.open(), { id: 1 });
  assertEquals(pending.length, 1);
  assertEquals([once.isOpen, once.opened], [true, { id: 1 }]);
});

Deno.test("a failed opening can be retried, and leaves nothing to close", async () => {
  const { once, pending, closed } = openings();
  const first = once.open();
  pending[0]!.reject(new Error("no server"));
  await assertRejects(() => first, Error, "no server");
  await once.close();
  const second = once.open();
  pending[1]!.resolve({ id: 2 });
  assertEquals(await second, { id: 2 });
  assertEquals(closed, []);
});

Deno.test("closing waits for a pending opening, and closes its resource", async () => {
  const { once, pending, closed } = openings();
  const opening = once.open();
  const closing = once.close();
  pending[0]!.resolve({ id: 1 });
  await opening;
  await closing;
  assertEquals([closed, once.isOpen], [[1], false]);
});

Deno.test("closing twice closes once, and the storage can be opened again", async () => {
  const { once, pending, closed } = openings();
  const first = once.open();
  pending[0]!.resolve({ id: 1 });
  await first;
  await Promise.all([once.close(), once.close()]);
  const second = once.open();
  pending[1]!.resolve({ id: 2 });
  await second;
  assertEquals([closed, once.opened], [[1], { id: 2 }]);
});

Deno.test("using a closed resource throws an error with its name", async () => {
  const { once, pending } = openings();
  const refuse = () =>
    assertThrows(() => once.opened, StorageClosedError, "The example storage is not open");
  refuse();
  const opening = once.open();
  refuse();
  pending[0]!.resolve({ id: 1 });
  await opening;
  await once.close();
  refuse();
});

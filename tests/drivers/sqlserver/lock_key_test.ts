// Sorting of ids in SQL Server's order.

import { assertEquals } from "@std/assert";
import { byLock } from "@evertask/evertask/storage";
import { lockKey } from "../../../drivers/sqlserver/lock_key.ts";

const ids = [
  "f0000000-0000-7000-8000-000000000001",
  "01900000-0000-7000-9000-000000000000",
  "01900000-0000-7000-8000-00000000000B",
  "01900000-0000-7000-8000-00000000000a",
  "01900000-0000-7000-8000-000000000009",
];
const sorted = [ids[1], ids[0], ids[4], ids[3], ids[2]];

Deno.test("ids are sorted by their last six bytes first, as the database sorts them", () => {
  assertEquals(byLock(ids, lockKey), sorted);
  assertEquals(byLock([...ids].reverse(), lockKey), sorted);
});

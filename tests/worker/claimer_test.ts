// When a worker claims, and when it does not.

import { assert, assertEquals } from "@std/assert";
import { defineTask, type Storage } from "../../mod.ts";
import { Fleet } from "../support/fleet.ts";

Deno.test("a due task that a transaction keeps locked is not claimed in a hot loop, and runs once it is free", async () => {
  await using fleet = new Fleet();
  let runs = 0;
  const task = defineTask<null>({ type: "task", handle: () => void runs++ });
  let locked = true;
  let claims = 0;
  // As in a database that skips locked rows.
  const wrap = (storage: Storage) =>
    new Proxy(storage, {
      get(target, name) {
        const member = target[name as keyof Storage];
        if (typeof member !== "function") return member;
        if (name !== "claim") return member.bind(target);
        return (...args: unknown[]) => {
          claims++;
          const nothing = Promise.resolve({ now: fleet.clock.now(), tasks: [] });
          return locked ? nothing : Reflect.apply(member, target, args);
        };
      },
    });
  await fleet.start({ tasks: [task], wrap });
  const web = fleet.create({ tasks: [task] });
  const { id } = await web.dispatch(task, null);
  await fleet.pass(60_000, 1_000);
  assert(claims < 60, `${claims} claims in a minute`);
  locked = false;
  await fleet.pass(2_000, 100);
  assertEquals(runs, 1);
  assertEquals((await web.get(id))?.status, "Completed");
});

// When a worker claims, and when it does not.

import { assert, assertEquals } from "@std/assert";
import { defineTask, type Storage, StorageUnavailableError } from "../../mod.ts";
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

Deno.test("a claim that storage carries out long after it was given up keeps no task from being run", async () => {
  await using fleet = new Fleet();
  let runs = 0;
  const task = defineTask<null>({ type: "task", handle: () => void runs++ });
  let stalls = false;
  let late: (() => Promise<unknown>) | undefined;
  // As a server whose disk stalls: the driver gives a claim up, others wait behind it, and then the server commits it.
  const wrap = (storage: Storage) =>
    new Proxy(storage, {
      get(target, name) {
        const member = target[name as keyof Storage];
        if (typeof member !== "function") return member;
        return (...args: unknown[]) => {
          const call = () => Reflect.apply(member, target, args);
          if (name !== "claim" || !stalls) return call();
          if (late !== undefined) return Promise.resolve({ now: fleet.clock.now(), tasks: [] });
          late = call;
          return Promise.reject(new StorageUnavailableError("no answer"));
        };
      },
    });
  const everTask = await fleet.start({ tasks: [task], wrap });
  const web = fleet.create({ tasks: [task] });
  stalls = true;
  const { id } = await web.dispatch(task, null);
  await fleet.pass(5_000, 500);
  await late!();
  stalls = false;
  await fleet.pass(5_000, 500);
  assertEquals([(await web.get(id))!.workerId, runs], [everTask.workerId, 0], "nobody knows of it");
  await fleet.pass(10_000, 500);
  assertEquals([(await web.get(id))!.status, runs], ["Completed", 1]);
});

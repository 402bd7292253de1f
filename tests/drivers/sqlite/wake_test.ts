// Notifications of other processes, and their low cost.

import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { NodeSqliteDatabase, SqliteValue } from "../../../drivers/sqlite/mod.ts";
import type { WakeSignal } from "../../../src/storage/requests.ts";
import { FakeClock } from "../../../src/testing/mod.ts";
import { newTask } from "../../support/new_task.ts";
import { Scratch } from "./support.ts";

const worker = { id: "01890000-0000-7000-8000-00000000000a", host: "here" };

Deno.test("a worker is notified of another process's tasks, pauses and cancel requests within a poll interval", async () => {
  await using scratch = new Scratch();
  const clock = new FakeClock();
  const here = await scratch.open({ clock });
  const there = await scratch.open({ clock });
  const signals: WakeSignal[] = [];
  const end = here.onWake((signal) => signals.push(signal));
  const heard = async () => {
    await clock.advance(here.polling.busyMs);
    return signals.splice(0);
  };

  const task = newTask();
  await there.persist([task]);
  assertEquals(await heard(), [{ kind: "tasks" }]);
  await there.setQueuePaused("mail", true);
  assertEquals(await heard(), [{ kind: "queues" }]);
  await here.registerWorker(worker);
  await here.claim({
    workerId: worker.id,
    types: [task.type],
    queues: [{ name: "default", limit: 1 }],
  });
  await there.requestCancel([task.id]);
  assertEquals(await heard(), [{ kind: "cancel", taskIds: [task.id] }]);
  end();
});

Deno.test("heartbeats and finished tasks of another process wake no worker", async () => {
  await using scratch = new Scratch();
  const clock = new FakeClock();
  const here = await scratch.open({ clock });
  const there = await scratch.open({ clock });
  await there.registerWorker(worker);
  const task = newTask({ claimFor: worker.id });
  await there.persist([task]);
  const signals: WakeSignal[] = [];
  const end = here.onWake((signal) => signals.push(signal));
  await there.heartbeat(worker.id, 60_000);
  await there.setStatus(task.id, "Completed", null, "Full");
  await clock.advance(3 * here.polling.busyMs);
  assertEquals(signals, []);
  end();
});

Deno.test("a listener stays when another one is removed", async () => {
  await using scratch = new Scratch();
  const clock = new FakeClock();
  const [here, there] = [await scratch.open({ clock }), await scratch.open({ clock })];
  const heard: WakeSignal[] = [];
  const endFirst = here.onWake(() => {});
  const end = here.onWake((signal) => heard.push(signal));
  endFirst();
  await there.persist([newTask()]);
  await clock.advance(here.polling.busyMs);
  assertEquals(heard, [{ kind: "tasks" }]);
  end();
});

Deno.test("a worker is notified of tasks in a transaction of this process when it has ended, and no sooner", async () => {
  await using scratch = new Scratch();
  const clock = new FakeClock();
  const storage = await scratch.open({ clock });
  const heard: WakeSignal[] = [];
  const end = storage.onWake((signal) => heard.push(signal));
  const own = new DatabaseSync(scratch.path);
  for (const how of ["COMMIT", "ROLLBACK"]) {
    own.exec("BEGIN IMMEDIATE");
    await storage.persist([newTask()], { connection: own });
    await clock.advance(100);
    assertEquals(heard, []);
    own.exec(how);
    await clock.advance(20);
    assertEquals(heard.splice(0), [{ kind: "tasks" }]);
    await clock.advance(2 * storage.polling.busyMs);
    heard.length = 0; // ignores the next poll, which sees the commit of another connection
  }
  own.close();
  end();
});

Deno.test("after a failed check for changes, workers are notified to poll", async () => {
  await using scratch = new Scratch();
  const clock = new FakeClock();
  const database = new DatabaseSync(scratch.path);
  let isBusy = false;
  const flawed: NodeSqliteDatabase = {
    prepare(sql) {
      const statement = database.prepare(sql);
      return {
        run: (...values: SqliteValue[]) => statement.run(...values),
        all: (...values: SqliteValue[]) => statement.all(...values),
        get(...values: SqliteValue[]) {
          if (isBusy && sql === "PRAGMA data_version") throw new Error("database is locked");
          return statement.get(...values);
        },
      };
    },
    exec: (sql) => database.exec(sql),
    close: () => database.close(),
    isTransaction: false,
  };
  const storage = await scratch.open({ database: flawed, clock });
  const heard: WakeSignal[] = [];
  isBusy = true;
  const end = storage.onWake((signal) => heard.push(signal));
  await clock.advance(storage.polling.busyMs);
  assertEquals(heard, [], "nothing is known yet");
  isBusy = false;
  await clock.advance(storage.polling.busyMs);
  assertEquals(heard, [{ kind: "tasks" }]);
  end();
  await storage.close();
  database.close();
});

Deno.test("a check that fails after it has seen a change tells the change later", async () => {
  await using scratch = new Scratch();
  const clock = new FakeClock();
  const database = new DatabaseSync(scratch.path);
  let isFaulty = false;
  const flawed: NodeSqliteDatabase = {
    prepare(sql) {
      const statement = database.prepare(sql);
      return {
        run: (...values: SqliteValue[]) => statement.run(...values),
        get: (...values: SqliteValue[]) => statement.get(...values),
        all(...values: SqliteValue[]) {
          if (isFaulty && sql.endsWith("WHERE cancel_requested = 1")) throw new Error("I/O error");
          return statement.all(...values);
        },
      };
    },
    exec: (sql) => database.exec(sql),
    close: () => database.close(),
    isTransaction: false,
  };
  const [here, there] = [await scratch.open({ database: flawed, clock }), await scratch.open()];
  const task = newTask();
  await here.persist([task]);
  await here.registerWorker({ id: "worker", host: "host" });
  const queues = [{ name: task.queue, limit: 1 }];
  await here.claim({ workerId: "worker", types: [task.type], queues });
  const heard: WakeSignal[] = [];
  const end = here.onWake((signal) => heard.push(signal));
  await clock.advance(here.polling.busyMs);
  heard.length = 0;
  isFaulty = true;
  await there.requestCancel([task.id]);
  await there.persist([newTask()]);
  await clock.advance(here.polling.busyMs);
  assertEquals(heard, []);
  isFaulty = false;
  await clock.advance(here.polling.busyMs);
  assertEquals(heard, [{ kind: "cancel", taskIds: [task.id] }, { kind: "tasks" }]);
  end();
  await here.close();
  database.close();
});

Deno.test("an idle storage reads data_version once per poll interval, and only with listeners", async () => {
  await using scratch = new Scratch();
  const clock = new FakeClock();
  const database = new DatabaseSync(scratch.path);
  const statements: string[] = [];
  const counted = <Args extends unknown[], R>(sql: string, execute: (...args: Args) => R) => {
    return (...args: Args): R => {
      statements.push(sql);
      return execute(...args);
    };
  };
  const counting: NodeSqliteDatabase = {
    prepare(sql) {
      const statement = database.prepare(sql);
      return {
        run: counted(sql, (...values: SqliteValue[]) => statement.run(...values)),
        get: counted(sql, (...values: SqliteValue[]) => statement.get(...values)),
        all: counted(sql, (...values: SqliteValue[]) => statement.all(...values)),
      };
    },
    exec: (sql) => database.exec(sql),
    close: () => database.close(),
    isTransaction: false,
  };
  const storage = await scratch.open({ database: counting, clock });
  assertEquals(clock.timerCount, 0);
  const end = storage.onWake(() => {});
  statements.length = 0;
  await clock.advance(60 * storage.polling.busyMs);
  assertEquals(statements, Array(60).fill("PRAGMA data_version"));
  end();
  assertEquals(clock.timerCount, 0);
  await storage.close();
  database.close();
});

for (const options of [{ exclusive: true }, { path: ":memory:" }]) {
  Deno.test(`a storage with ${JSON.stringify(options)} does not check for changes`, async () => {
    await using scratch = new Scratch();
    const clock = new FakeClock();
    const storage = await scratch.open({ ...options, clock });
    const end = storage.onWake(() => {});
    assertEquals(clock.timerCount, 0);
    assertEquals(storage.polling.idleMs, Infinity);
    end();
  });
}

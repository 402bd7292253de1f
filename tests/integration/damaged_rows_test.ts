// Rows that were damaged by hand: their tasks are set aside and logged, and all others continue.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import postgres from "postgres";
import { createEverTask, defineTask, type EverTask } from "../../mod.ts";
import { type Place, type PlaceKind, Places } from "../support/places.ts";
import { startEngine } from "../support/engine.ts";

/** Runs a statement on a place's database by hand, as an administrator would. */
async function byHand(kind: PlaceKind, { address }: Place, statement: string): Promise<void> {
  if (kind === "SQLite") {
    const database = new DatabaseSync(address);
    try {
      database.exec(`PRAGMA busy_timeout = 10000; ${statement}`);
    } finally {
      database.close();
    }
    return;
  }
  const sql = postgres(address, { max: 1, onnotice: () => {} });
  try {
    await sql.unsafe(`SET search_path TO evertask; ${statement}`);
  } finally {
    await sql.end();
  }
}

/** The damage to a row, and the property that is found to be invalid. */
type Damages = readonly (readonly [assignment: string, member: string, isSeries?: true])[];

const damages: Readonly<Record<"SQLite" | "PostgreSQL", Damages>> = {
  SQLite: [
    ["attempt = 2147483647", "attempt"],
    ["attempt = 9223372036854775807", "attempt"],
    ["lease_token = 9223372036854775807", "leaseToken"],
    ["lost_count = 9007199254740993", "lostCount"],
    ["created_at_utc = -9007199254740993", "createdAt"],
    ["due_at_utc = -9223372036854775807", "dueAt"],
    ["rate_slot_utc = 9007199254740993", "rateSlotAt"],
    ["anchor_utc = 9223372036854775807", "series.anchorAt", true],
    ["run_until = 253402300800000", "series.runUntil", true],
    ["next_run_utc = -9223372036854775807", "series.nextRunAt", true],
    ["current_run_count = 9223372036854775807", "series.runCount", true],
  ],
  PostgreSQL: [
    ["attempt = 2147483647", "attempt"],
    ["lease_token = 2147483647", "leaseToken"],
    ["lost_count = 2147483647", "lostCount"],
    ["created_at_utc = 'infinity'", "createdAt"],
    ["created_at_utc = '10000-01-01'", "createdAt"],
    ["created_at_utc = '294276-12-31'", "createdAt"],
    ["due_at_utc = '-infinity'", "dueAt"],
    ["due_at_utc = '0001-01-01 BC'", "dueAt"],
    ["rate_slot_utc = 'infinity'", "rateSlotAt"],
    ["anchor_utc = 'infinity'", "series.anchorAt", true],
    ["run_until = 'infinity'", "series.runUntil", true],
    ["next_run_utc = '-infinity'", "series.nextRunAt", true],
  ],
};

const fine = defineTask<unknown>({ type: "fine", handle() {} });
const tasks = [fine];

/** Calls the methods that read the rows of many tasks. */
async function readAll(everTask: EverTask): Promise<void> {
  await everTask.list();
  await everTask.recurring.list();
  await everTask.statistics();
  await everTask.queues.backlog();
}

const places = await Places.start();
Deno.test.afterAll(() => places.stop());

for (const kind of ["SQLite", "PostgreSQL"] as const) {
  Deno.test(`${kind}: tasks whose rows are damaged are set aside, named in the log, and the others run`, async () => {
    await using place = await places.create(kind);
    await using web = createEverTask({ storage: place.connect(), tasks });
    const past = kind === "SQLite" ? `${Date.now() - 1_000}` : "now() - interval '1 second'";
    const damaged = new Map<string, string>();
    for (const [assignment, member, isSeries] of damages[kind]) {
      const { id } = isSeries
        ? await web.dispatch(fine, 1, { recurring: "0 0 1 1 *", taskKey: member })
        : await web.dispatch(fine, 1, { delay: { hours: 1 } });
      damaged.set(id, member);
      const due = assignment.startsWith("due_at") ? "" : `, due_at_utc = ${past}`;
      await byHand(kind, place, `UPDATE queued_tasks SET ${assignment}${due} WHERE id = '${id}'`);
    }
    await readAll(web);
    const others = await web.dispatchMany(fine, [1, 2, 3]);
    await using engine = await startEngine({ storage: place.connect(), tasks });
    const { everTask, complaints, ended } = engine;
    for (const { id } of others) assertEquals((await ended(id)).kind, "completed");
    for (const [id, member] of damaged) {
      assertEquals((await ended(id)).kind, "failed", member);
      const record = (await everTask.get(id))!;
      assertEquals([record.status, record.workerId, record.dueAt], ["Failed", null, null], member);
      assertMatch(record.exception!, /row in storage is damaged/);
      assert(record.exception!.includes(`${member} is `), `${member}: ${record.exception}`);
      assertEquals(record.series?.nextRunAt ?? null, null, `${member}: the series has ended`);
      assert(
        complaints.some((text) => text.includes(id) && text.includes("damaged")),
        `${member} is not in the log`,
      );
    }
    await readAll(everTask);
    // A series can be registered again.
    const recurring = { recurring: "0 0 1 1 *", taskKey: "series.runUntil" } as const;
    assertEquals((await everTask.dispatch(fine, 1, recurring)).outcome, "updated");
    const { id } = await everTask.dispatch(fine, 1);
    assertEquals((await ended(id)).kind, "completed");
  });

  Deno.test(`${kind}: tasks of a worker whose row was deleted or never existed run again`, async () => {
    await using place = await places.create(kind);
    await using web = createEverTask({ storage: place.connect(), tasks });
    const lost = place.connect();
    await lost.open();
    const { id } = await web.dispatch(fine, 1);
    const { id: ghost } = await web.dispatch(fine, 1, { delay: { hours: 1 } });
    await lost.registerWorker({ id: "deleted", host: "" });
    const queues = [{ name: "default", limit: 1 }];
    const { tasks: [claimed] } = await lost.claim({ workerId: "deleted", types: ["fine"], queues });
    assertEquals(claimed?.id, id);
    await lost.close();
    await byHand(
      kind,
      place,
      `DELETE FROM workers;
       UPDATE queued_tasks SET worker_id = 'ghost', due_at_utc = NULL WHERE id = '${ghost}'`,
    );
    await using engine = await startEngine({ storage: place.connect(), tasks, leaseDuration: 300 });
    const { everTask, ended } = engine;
    for (const each of [id, ghost]) assertEquals((await ended(each)).kind, "completed");
    assertEquals((await everTask.workers()).length, 1);
  });
}

Deno.test("PostgreSQL: a task of an unknown worker is found among many tasks", async () => {
  await using place = await places.create("PostgreSQL");
  await using web = createEverTask({ storage: place.connect(), tasks });
  const { id } = await web.dispatch(fine, 1, { delay: { hours: 1 } });
  await web.dispatchMany(fine, Array(2_500).fill(1), { delay: { hours: 1 } });
  await byHand(
    "PostgreSQL",
    place,
    `UPDATE queued_tasks SET worker_id = 'ghost', due_at_utc = NULL WHERE id = '${id}'`,
  );
  await using engine = await startEngine({ storage: place.connect(), tasks, leaseDuration: 300 });
  assertEquals((await engine.ended(id)).kind, "completed");
});

// The notification channel of one process, with a simulated client and a fake clock.

import { assertEquals } from "@std/assert";
import type { PostgresClient } from "../../../drivers/postgres/connection.ts";
import { WakeChannel } from "../../../drivers/postgres/wake.ts";
import type { WakeSignal } from "../../../src/storage/requests.ts";
import { FakeClock } from "../../../src/testing/mod.ts";

/** Returns a channel, its sent and received notifications, and a simulated database. */
function makeChannel() {
  const clock = new FakeClock();
  const sent: object[] = [];
  const heard: WakeSignal[] = [];
  const listens: string[] = [];
  const database = {
    refusals: 0,
    begin: () => {},
    tell: (_message: object) => {},
  };
  const listen: PostgresClient["listen"] = (name, onMessage, onListening) => {
    listens.push(name);
    if (database.refusals > 0) {
      database.refusals--;
      return Promise.reject(new Error("out of reach"));
    }
    database.begin = onListening;
    database.tell = (message) => onMessage(JSON.stringify(message));
    onListening();
    return Promise.resolve({ unlisten: () => Promise.resolve(listens.push("over")) });
  };
  const channel = new WakeChannel({
    clock,
    sql: { listen } as unknown as PostgresClient,
    name: "evertask",
    sender: "me",
    send: (message) => Promise.resolve(sent.push(message)),
    onSignal: (signal) => heard.push(signal),
  });
  return { channel, clock, sent, heard, listens, database };
}

const tasks = { kind: "tasks", from: "me" };

Deno.test("each time a process begins to listen, it polls for missed changes", () => {
  const { channel, heard, listens, database } = makeChannel();
  channel.listen();
  channel.listen();
  assertEquals(listens, ["evertask"]);
  assertEquals(heard.splice(0), [{ kind: "tasks" }, { kind: "queues" }]);
  database.begin();
  assertEquals(heard, [{ kind: "tasks" }, { kind: "queues" }]);
});

Deno.test("a process gets the notifications of others, but not its own, until it is closed", async () => {
  const { channel, heard, listens, database } = makeChannel();
  channel.listen();
  heard.length = 0;
  database.tell({ kind: "tasks", from: "me" });
  database.tell({ kind: "tasks", from: "another" });
  database.tell({ kind: "queues" });
  database.tell({ kind: "cancel", from: "another", taskIds: ["a", "b"] });
  assertEquals(heard.splice(0), [
    { kind: "tasks" },
    { kind: "queues" },
    { kind: "cancel", taskIds: ["a", "b"] },
  ]);
  await channel.close();
  assertEquals(listens, ["evertask", "over"]);
  database.tell({ kind: "tasks", from: "another" });
  assertEquals(heard, []);
});

Deno.test("a message in the caller's transaction has no sender, so that this process receives it, too", () => {
  const { channel } = makeChannel();
  assertEquals(channel.messageToAll(), { kind: "tasks" });
  assertEquals(channel.message("queues"), { kind: "queues", from: "me" });
});

Deno.test("of notifications within the minimum time, the first is sent at once and the others are combined", async () => {
  const { channel, clock, sent } = makeChannel();
  await clock.advance(10);
  assertEquals(channel.takeTasksMessage(), tasks);
  assertEquals(channel.takeTasksMessage(), null);
  channel.tellOfTasks();
  channel.tellOfTasks();
  assertEquals(sent, []);
  await clock.advance(1);
  assertEquals(sent, [tasks]);
  assertEquals(channel.takeTasksMessage(), null, "a message was just sent");
  await clock.advance(1);
  assertEquals(channel.takeTasksMessage(), tasks);
  await channel.close();
});

Deno.test("close sends pending notifications, and none are sent after it", async () => {
  const { channel, clock, sent } = makeChannel();
  channel.takeTasksMessage();
  channel.tellOfTasks();
  await channel.close();
  assertEquals(sent, [tasks]);
  channel.tellOfTasks();
  await clock.advance(1_000);
  assertEquals(sent, [tasks]);
  assertEquals(clock.timerCount, 0);
});

Deno.test("listening is retried until there is a connection, and not after the close", async () => {
  const { channel, clock, heard, listens, database } = makeChannel();
  database.refusals = 2;
  channel.listen();
  await clock.advance(60_000);
  assertEquals(listens.length, 3);
  assertEquals(heard.length, 2);

  const other = makeChannel();
  other.database.refusals = Infinity;
  other.channel.listen();
  await other.clock.advance(0);
  await other.channel.close();
  const { length } = other.listens;
  await other.clock.advance(60_000);
  assertEquals(other.listens.length, length);
});

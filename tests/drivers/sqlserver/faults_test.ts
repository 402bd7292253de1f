// Deadlocks, time-outs, broken connections, an exhausted pool: the driver's errors, and its
// recovery afterwards.

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { deadline, delay } from "@std/async";
import { sqlServerStorage } from "../../../drivers/sqlserver/mod.ts";
import { loadMssql } from "../../../drivers/sqlserver/load_mssql.ts";
import { InvalidArgumentError } from "../../../src/guards/errors.ts";
import {
  StorageError,
  StorageFullError,
  StorageReadOnlyError,
  StorageUnavailableError,
} from "../../../src/storage/errors.ts";
import { TcpProxy } from "../../support/tcp_proxy.ts";
import { type Reply, TdsServer } from "../../support/tds_server/server.ts";
import {
  applied,
  connectionTo,
  insist,
  isStateQuery,
  rows,
  schemaState,
  withScript,
} from "./scripted.ts";

const taskId = "01900000-0000-7000-8000-00000000000a";
const deadlock = { message: { number: 1205, message: "You have been chosen as the victim." } };
const duplicate = { message: { number: 2627, message: "Violation of UNIQUE KEY constraint." } };

/** Returns a function that gives the replies one after the other, and then repeats the last one. */
function inTurn(...replies: readonly Reply[]) {
  const left = [...replies];
  return () => left.length > 1 ? left.shift()! : left[0]!;
}

const errors: [number: number, kind: new (...args: never[]) => StorageError, transient: boolean][] =
  [
    [1205, StorageUnavailableError, true],
    [1222, StorageUnavailableError, true],
    [40613, StorageUnavailableError, true],
    [40501, StorageUnavailableError, true],
    [49918, StorageUnavailableError, true],
    [9002, StorageFullError, true],
    [1105, StorageFullError, true],
    [3906, StorageReadOnlyError, false],
    [2812, StorageError, false],
    [8134, StorageError, false],
  ];

for (const [number, kind, transient] of errors) {
  Deno.test(`error ${number} is a ${kind.name}, with the server's message and error in it`, async () => {
    const reply = { message: { number, message: "So it is." } };
    await withScript(() => reply, async ({ storage, sent }) => {
      const error = await assertRejects(() => storage.setStatus(taskId, "Queued", null, "Full"));
      assertInstanceOf(error, kind);
      assertEquals([error.constructor, error.transient], [kind, transient]);
      assert(error.message.includes("So it is.") && error.message.includes(String(number)));
      assertEquals((error.cause as { number: number }).number, number);
      assertEquals(sent().length, 1);
    });
  });
}

const mssql = await loadMssql();

Deno.test("a call that was a deadlock's victim can be retried until it succeeds", async () => {
  await withScript(inTurn(deadlock, deadlock, applied), async ({ storage, sent }) => {
    const result = await insist(() => storage.setStatus(taskId, "Completed", null, "Full"));
    assertEquals([result, sent().length], [{ applied: true }, 3]);
  });
});

Deno.test("a call is retried at once if another process stores the same new row", async () => {
  const stored = {
    recordsets: [rows({ Id: "id", Outcome: "text", Claimed: "int" }, [taskId, "existing", 0])],
  };
  await withScript(inTurn(duplicate, stored), async ({ storage, sent }) => {
    await storage.registerWorker({ id: "w", host: "h" });
    assertEquals(sent().map(({ text }) => text), [
      "[EverTask].[usp_RegisterWorker]",
      "[EverTask].[usp_RegisterWorker]",
    ]);
  });
});

Deno.test("a unique violation that does not go away is a transient error after six attempts", async () => {
  await withScript(() => duplicate, async ({ storage, sent }) => {
    const error = await assertRejects(
      () => storage.setQueuePaused("q", true),
      StorageUnavailableError,
    );
    assert(error.message.includes("2627"));
    assertEquals(sent().length, 6);
  });
});

Deno.test("in the caller's transaction nothing is retried, because the error ended it", async () => {
  await using server = new TdsServer({
    answer: (request) => isStateQuery(request) ? schemaState() : duplicate,
  });
  const pool = new mssql.ConnectionPool({ ...connectionTo(server), validateConnection: "socket" });
  const storage = sqlServerStorage(pool);
  await storage.open();
  const connection = pool.transaction();
  await connection.begin();
  const change = () => storage.setStatus(taskId, "Queued", null, "Full", { connection });
  await assertRejects(change, StorageUnavailableError, "2627");
  await connection.rollback();
  const kinds = server.requests.slice(1).map(({ kind, transaction }) => [kind, transaction > 0n]);
  assertEquals(kinds, [["begin", false], ["call", true], ["rollback", true]]);
  await storage.close();
  await pool.close();
});

Deno.test("a connection that is not a transaction of mssql is refused", async () => {
  await withScript(() => applied, async ({ storage, sent }) => {
    for (const connection of [{}, null, "mssql://x", 5]) {
      await assertRejects(
        () => storage.setStatus(taskId, "Queued", null, "Full", { connection }),
        InvalidArgumentError,
        "Transaction",
      );
    }
    assertEquals(sent(), []);
  });
});

for (const breaks of ["before", "within"] as const) {
  Deno.test(`a connection that breaks ${breaks} the answer is a transient error, and the next call uses another connection`, async () => {
    const answer = inTurn({ ...applied, breaks }, applied);
    await withScript(answer, async ({ storage }) => {
      const change = () => storage.setStatus(taskId, "Completed", null, "Full");
      await assertRejects(change, StorageUnavailableError);
      assertEquals(await change(), { applied: true });
    });
  });
}

Deno.test("a connection that broke while idle is not used", async () => {
  await withScript(() => applied, async ({ storage, server }) => {
    const change = () => storage.setStatus(taskId, "Completed", null, "Full");
    assertEquals(await change(), { applied: true });
    const before = server.logins.length;
    server.disconnectAll();
    assertEquals(await insist(change), { applied: true });
    assertEquals(server.logins.length, before + 1);
  });
});

Deno.test("an answer that does not come in time is a transient error; the server cancels the request, and the connection stays usable", async () => {
  const never = Promise.withResolvers<void>();
  const answer = inTurn({ ...applied, after: never.promise }, applied);
  const options = { requestTimeout: 100, pool: { max: 1 } };
  await withScript(answer, async ({ storage, server }) => {
    const change = () => storage.setStatus(taskId, "Completed", null, "Full");
    const error = await assertRejects(change, StorageUnavailableError);
    assert(/timeout/i.test(error.message), error.message);
    const logins = server.logins.length;
    assertEquals(await insist(change), { applied: true });
    assertEquals(
      server.logins.length,
      logins,
      "the same connection, because the server answered the attention",
    );
  }, options);
});

Deno.test("requests that the network drops are given up in time, and the next use a new connection", async () => {
  await using server = new TdsServer({
    answer: (request) => isStateQuery(request) ? schemaState() : applied,
  });
  await using proxy = await TcpProxy.start(`mssql://127.0.0.1:${server.port}`);
  const { options, ...address } = connectionTo(server);
  const storage = sqlServerStorage({
    ...address,
    port: Number(new URL(proxy.urlOf("mssql://127.0.0.1")).port),
    options: { ...options, cancelTimeout: 100 },
    requestTimeout: 100,
    connectionTimeout: 100,
  });
  await insist(() => storage.open());
  const change = () => storage.setStatus(taskId, "Completed", null, "Full");
  await insist(change);
  proxy.swallow();
  await assertRejects(() => deadline(change(), 60_000), StorageUnavailableError);
  await assertRejects(() => deadline(change(), 60_000), StorageUnavailableError, "connect");
  await proxy.pass();
  assertEquals(await insist(change), { applied: true });
  await storage.close();
});

Deno.test("a report has ten times the timeout of other requests", async () => {
  const late = () => ({ ...applied, after: delay(600) });
  await withScript(late, async ({ storage }) => {
    const change = () => storage.setStatus(taskId, "Completed", null, "Full");
    await assertRejects(change, StorageUnavailableError, "imeout");
    const error = await assertRejects(() => storage.list());
    assert(
      !(error instanceof StorageUnavailableError),
      "it was answered, though not as expected",
    );
  }, { requestTimeout: 300 });
});

Deno.test("a request that the caller's pool cancels is a transient error", async () => {
  const never = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  await using server = new TdsServer({
    answer(request) {
      if (isStateQuery(request)) return schemaState();
      asked.resolve();
      return { ...applied, after: never.promise };
    },
  });
  const pool = new mssql.ConnectionPool({ ...connectionTo(server), validateConnection: "socket" });
  const requests: { cancel(): void }[] = [];
  const storage = sqlServerStorage(
    new Proxy(pool, {
      get(target, property) {
        const member = Reflect.get(target, property, target);
        if (typeof member !== "function") return member;
        return (...args: unknown[]) => {
          const result = Reflect.apply(member, target, args);
          if (property === "request") requests.push(result as { cancel(): void });
          return result;
        };
      },
    }),
  );
  await storage.open();
  const change = storage.setStatus(taskId, "Completed", null, "Full");
  await asked.promise;
  requests.at(-1)!.cancel();
  await assertRejects(() => change, StorageUnavailableError);
  await storage.close();
  await pool.close();
});

Deno.test("a pool without a free connection is a transient error", async () => {
  const release = Promise.withResolvers<void>();
  const answer = inTurn({ ...applied, after: release.promise }, applied);
  const pool = { max: 1, acquireTimeoutMillis: 100 };
  await withScript(answer, async ({ storage }) => {
    const change = () => storage.setStatus(taskId, "Completed", null, "Full");
    const first = change();
    const [second] = await Promise.allSettled([change()]);
    release.resolve();
    assertEquals(await first, { applied: true });
    assert(second.status === "rejected");
    assertInstanceOf(second.reason, StorageUnavailableError);
    assert(second.reason.message.includes("pool"), second.reason.message);
    assertEquals(await insist(change), { applied: true });
  }, { pool });
});

Deno.test("calls beyond the number of connections wait for a free one", async () => {
  await withScript(() => applied, async ({ storage, server, sent }) => {
    const calls = Array.from(
      { length: 20 },
      () => storage.setStatus(taskId, "Completed", null, "Full"),
    );
    assert((await Promise.all(calls)).every((result) => result.applied));
    assertEquals(sent().length, 20);
    assert(server.logins.length <= 1 + 3, "the first login only tries the configuration");
  }, { pool: { max: 3 } });
});

// The statements of a migration: two transactions with a lock, one with every batch of every
// missing numbered file, and one with the procedures.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { deadline } from "@std/async";
import { sqlServerStorage } from "../../../drivers/sqlserver/mod.ts";
import {
  batchesOf,
  knownVersion,
  migrationFiles,
  type ProcedureName,
  procedureNames,
  versionOf,
} from "../../../drivers/sqlserver/script.ts";
import {
  SchemaVersionError,
  StorageError,
  StorageFullError,
  StorageUnavailableError,
} from "../../../src/storage/errors.ts";
import { type Reply, TdsServer } from "../../support/tds_server/server.ts";
import { connectionTo, isStateQuery, rows, schemaState, type ScriptedSchema } from "./scripted.ts";

/**
 * Starts a server whose schema has `version` until a transaction commits, and then no procedures
 * until the next one commits.
 */
function serverAt(version: number, answer: (batch: string) => Reply = () => ({})): TdsServer {
  let commits = 0;
  return new TdsServer({
    answer(request) {
      if (isStateQuery(request)) {
        if (commits > 1) return schemaState();
        const state = commits === 0 ? { version } : {};
        return schemaState({ ...state, missing: procedureNames });
      }
      if (request.kind === "commit") commits++;
      if (request.text.includes("sp_getapplock")) {
        return { recordsets: [rows({ Result: "int" }, [0])] };
      }
      return answer(request.text);
    },
  });
}

const procedureBatches = procedureNames.flatMap((name) => batchesOf(`${name}.sql`, "EverTask"));

/** A procedure's text as a tool on Windows stores it. */
function withOtherLineEnds(name: ProcedureName): string {
  return `\r\n${batchesOf(`${name}.sql`, "EverTask").at(-1)!.replaceAll("\n", "\r\n")}\r\n`;
}

Deno.test("only procedures whose text has changed are recreated", async () => {
  const definitions: Record<string, string> = Object.fromEntries(
    procedureNames.map((name) => [name, withOtherLineEnds(name)]),
  );
  const before = {
    ...definitions,
    usp_Heartbeat: definitions.usp_Heartbeat!.replace("SET XACT_ABORT ON", "SET XACT_ABORT OFF"),
    usp_Purge: "CREATE PROCEDURE [EverTask].[usp_Purge] AS SELECT 1;",
  };
  let commits = 0;
  await using server = new TdsServer({
    answer(request) {
      if (isStateQuery(request)) {
        return schemaState({ definitions: commits > 1 ? definitions : before });
      }
      if (request.kind === "commit") commits++;
      return { recordsets: [rows({ Result: "int" }, [0])] };
    },
  });
  const storage = sqlServerStorage(connectionTo(server));
  await storage.open();
  await storage.close();
  const made = server.requests.flatMap(({ text }) =>
    /^CREATE PROCEDURE \S+\.\[(\w+)\]/m.exec(text)?.[1] ?? []
  );
  assertEquals(made, ["usp_Heartbeat", "usp_Purge"]);

  const again = sqlServerStorage(connectionTo(server));
  await again.open();
  await again.close();
  assert(isStateQuery(server.requests.at(-1)!));
});

Deno.test("with migrate off, procedures whose text differs are used unchanged", async () => {
  const definitions = { usp_Purge: "CREATE PROCEDURE [EverTask].[usp_Purge] AS SELECT 1;" };
  await using server = new TdsServer({ answer: () => schemaState({ definitions }) });
  const storage = sqlServerStorage({ connection: connectionTo(server), migrate: false });
  await storage.open();
  await storage.close();
  assertEquals(server.requests.length, 1);
});

/** Opens a storage on a server with a schema, and returns the batches after the lock. */
async function batchesFor(schema: ScriptedSchema): Promise<string[]> {
  await using server = new TdsServer({
    answer: (request) =>
      isStateQuery(request) ? schemaState(schema) : { recordsets: [rows({ Result: "int" }, [0])] },
  });
  const storage = sqlServerStorage(connectionTo(server));
  await storage.open();
  await storage.close();
  return server.requests.filter((request) => request.kind === "batch" && !isStateQuery(request))
    .map(({ text }) => text).filter((text) => !text.includes("[EverTask].migration"));
}

Deno.test("if procedures are missing, so may be types: their files are applied again", async () => {
  const missing = { missing: procedureNames };
  assertEquals(await batchesFor(missing), procedureBatches);
  const types = { NameList: [], EventPositionList: [] };
  const files = ["0004_types.sql", "0009_event_relay.sql"] as const;
  const numbered = files.flatMap((file) => batchesOf(file, "EverTask"));
  assertEquals(await batchesFor({ ...missing, types }), [...numbered, ...procedureBatches]);
  assertEquals(await batchesFor({ types }), [], "nothing needs the types");
});

Deno.test("a type with the name of one of ours is an error before anything is changed", async () => {
  const types = { NameList: "scalar", LogLineList: ["Ordinal", "Text"] } as const;
  for (const schema of [{ version: 0 }, { missing: procedureNames }]) {
    const error = await assertRejects(() => batchesFor({ ...schema, types }), StorageError);
    assertEquals(
      error.message,
      "The schema EverTask has types that EverTask did not create, but whose names it needs: " +
        "[EverTask].[LogLineList], [EverTask].[NameList]. Nothing was changed. Remove each by DROP " +
        "TYPE [EverTask].[LogLineList]; or choose another schema by the option `schema`.",
    );
  }
  assertEquals(await batchesFor({ types }), [], "nothing is missing");
  const unseen = { missing: procedureNames, types: { NameList: [null] } };
  assertEquals(await batchesFor(unseen), procedureBatches, "the user does not see its columns");
});

for (const version of [0, 2, knownVersion]) {
  Deno.test(`a schema of version ${version} gets the migrations after it in one transaction, and all procedures in the next`, async () => {
    await using server = serverAt(version);
    const storage = sqlServerStorage(connectionTo(server));
    await storage.open();
    await storage.close();
    const [first, ...rest] = server.requests;
    assert(isStateQuery(first!) && isStateQuery(rest.pop()!));
    const within = rest.filter(({ transaction }) => transaction > 0n);
    const transactions = Map.groupBy(within, ({ transaction }) => transaction);
    const batches = [...transactions.values()].map((requests) => {
      const [lock, state, ...others] = requests.filter(({ kind }) => kind === "batch");
      assert(lock!.text.includes("sp_getapplock") && isStateQuery(state!));
      return others.map(({ text }) => text);
    });
    const numbered = migrationFiles.filter((file) => versionOf(file) > version)
      .flatMap((file) => batchesOf(file, "EverTask"));
    assertEquals(batches, [numbered, procedureBatches]);
  });
}

Deno.test("a migration that is the victim of a deadlock is rolled back, and starts again", async () => {
  let victims = 2;
  const deadlock = { message: { number: 1205, message: "You are the victim." } };
  await using server = serverAt(
    0,
    (batch) => batch.includes("CREATE PROCEDURE") && victims-- > 0 ? deadlock : {},
  );
  const storage = sqlServerStorage(connectionTo(server));
  await storage.open();
  await storage.close();
  const ends = server.requests.map(({ kind }) => kind).filter((kind) =>
    kind === "commit" || kind === "rollback"
  );
  assertEquals(ends, ["commit", "rollback", "rollback", "commit"]);
  const locks = server.requests.filter(({ text }) => text.includes("[EverTask].migration"));
  assertEquals(locks.length, 4);
});

Deno.test("a batch that fails rolls everything back, and open can be retried", async () => {
  let failures = 1;
  const full = { message: { number: 9002, message: "The transaction log is full." } };
  await using server = serverAt(
    0,
    (batch) => batch.includes("CREATE PROCEDURE") && failures-- > 0 ? full : {},
  );
  const storage = sqlServerStorage(connectionTo(server));
  // `open` then closes the pool, which waits for open transactions.
  await assertRejects(() => deadline(storage.open(), 20_000), StorageFullError);
  assertEquals(server.requests.at(-1)!.kind, "rollback");
  await storage.open();
  await storage.close();
});

for (const point of ["begin", "batch", "commit"] as const) {
  for (const breaks of ["before", "within"] as const) {
    Deno.test(`a connection that breaks ${breaks} the answer to a migration's ${point} is a transient error, and open can be retried`, async () => {
      let failures = 1;
      await using server = serverAt(0);
      const { answer } = server;
      server.answer = async (request) => {
        if (request.kind === point && failures-- > 0) return { breaks };
        return await answer(request);
      };
      const storage = sqlServerStorage(connectionTo(server));
      await assertRejects(() => storage.open(), StorageUnavailableError);
      await storage.open();
      await storage.close();
    });
  }
}

Deno.test("migrations of another process during the wait for the lock are not repeated", async () => {
  let asked = 0;
  await using server = new TdsServer({
    answer(request) {
      if (isStateQuery(request)) return schemaState(asked++ === 0 ? { version: 0 } : {});
      return { recordsets: [rows({ Result: "int" }, [1])] };
    },
  });
  const storage = sqlServerStorage(connectionTo(server));
  await storage.open();
  await storage.close();
  const kinds = server.requests.map(({ kind }) => kind);
  assertEquals(kinds, ["query", "begin", "batch", "batch", "commit", "query"]);
});

Deno.test("the procedures of a newer EverTask are not replaced", async () => {
  let asked = 0;
  await using server = new TdsServer({
    answer(request) {
      if (isStateQuery(request)) return schemaState({ version: asked++ === 0 ? 0 : 9999 });
      return { recordsets: [rows({ Result: "int" }, [1])] };
    },
  });
  await assertRejects(() => sqlServerStorage(connectionTo(server)).open(), SchemaVersionError);
  assertEquals(server.requests.at(-1)!.kind, "rollback");
});

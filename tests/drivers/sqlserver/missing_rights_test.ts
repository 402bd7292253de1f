// Errors about missing rights on SQL Server and Babelfish name the statements that grant them.

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { sqlServerStorage } from "../../../drivers/sqlserver/mod.ts";
import { SchemaVersionError, StorageReadOnlyError } from "../../../src/storage/errors.ts";
import { type Reply, TdsServer } from "../../support/tds_server/server.ts";
import { connectionTo, isStateQuery, rows, schemaState, withScript } from "./scripted.ts";

/** Answers the query of the user's name. */
function grantee(text: string, { hasSchema = true, isBabelfish = false } = {}): Reply | null {
  if (!text.startsWith("SELECT USER_NAME()")) return null;
  const columns = { User: "text", Schema: "int", Babelfish: "int" } as const;
  return { recordsets: [rows(columns, ["a]b", hasSchema ? 5 : null, isBabelfish ? 1 : null])] };
}

const use = "GRANT EXECUTE, SELECT ON SCHEMA::[EverTask] TO [a]]b];";
const useOnBabelfish =
  "EXEC (N'GRANT EXECUTE, SELECT, INSERT, UPDATE, DELETE ON SCHEMA::[EverTask] TO [a]]b]');";

const denials: [number: number, message: string, statement: string, isBabelfish?: boolean][] = [
  [
    229,
    "The EXECUTE permission was denied on the object 'usp_SetTaskStatus', database 'shop', schema 'EverTask'.",
    use,
  ],
  [
    229,
    "The INSERT permission was denied on the object 'StatusAudit', database 'shop', schema 'EverTask'.",
    "GRANT EXECUTE, SELECT, INSERT ON SCHEMA::[EverTask] TO [a]]b];",
  ],
  [
    230,
    "The SELECT permission was denied on the column 'Status' of the object 'QueuedTasks', database 'shop', schema 'EverTask'.",
    use,
  ],
  [33557097, "permission denied for procedure usp_settaskstatus", useOnBabelfish, true],
  [33557097, "permission denied for table queuedtasks", useOnBabelfish, true],
];

for (const [number, message, statement, isBabelfish = false] of denials) {
  Deno.test(`the error for "${message}" names the statement that grants the right`, async () => {
    const answer = ({ text }: { readonly text: string }) =>
      grantee(text, { isBabelfish }) ?? { message: { number, message } };
    await withScript(answer, async ({ storage }) => {
      for (const call of [() => storage.unregisterWorker("w"), () => storage.workers()]) {
        const error = await assertRejects(call);
        assertInstanceOf(error, StorageReadOnlyError);
        assert(error.message.includes(message) && error.message.includes(statement), error.message);
      }
    }, { isBabelfish });
  });
}

const migrationDenials: [number: number, message: string, isBabelfish?: boolean][] = [
  [262, "CREATE TABLE permission denied in database 'shop'."],
  [
    2760,
    'The specified schema name "EverTask" either does not exist or you do not have permission to use it.',
  ],
  [
    3701,
    "Cannot drop the procedure 'usp_Purge', because it does not exist or you do not have permission.",
  ],
  [33557097, "permission denied for database bbf", true],
  [33557097, "permission denied for schema shop_evertask", true],
  [33557097, "must be owner of procedure usp_purge", true],
];

for (const [number, message, isBabelfish = false] of migrationDenials) {
  for (const hasSchema of [false, true]) {
    const where = hasSchema ? "in a schema that exists" : "without a schema";
    Deno.test(`the error for "${message}" ${where} names the statements that let the user migrate`, async () => {
      await using server = new TdsServer({
        answer(request) {
          const { kind, text } = request;
          if (isStateQuery(request)) return schemaState({ version: 0, isBabelfish });
          const asked = grantee(text, { hasSchema, isBabelfish });
          if (asked !== null) return asked;
          if (text.includes("sp_getapplock")) {
            return { recordsets: [rows({ Result: "int" }, [0])] };
          }
          return kind === "batch" ? { message: { number, message } } : {};
        },
      });
      const storage = sqlServerStorage(connectionTo(server));
      const error = await assertRejects(() => storage.open(), StorageReadOnlyError, message);
      const owner = hasSchema && !isBabelfish
        ? "ALTER AUTHORIZATION ON SCHEMA::[EverTask] TO [a]]b];"
        : "CREATE SCHEMA [EverTask] AUTHORIZATION [a]]b];";
      const create = "GRANT CREATE TABLE, CREATE PROCEDURE, CREATE TYPE TO [a]]b];";
      assert(error.message.includes(owner), error.message);
      assertEquals(error.message.includes(create), !isBabelfish);
      assert(error.message.includes(isBabelfish ? useOnBabelfish : use));
    });
  }
}

Deno.test("the error about a missing schema also names the grant for a schema that the user may not see", async () => {
  await using server = new TdsServer({
    answer: (request) =>
      isStateQuery(request) ? schemaState({ version: 0 }) : grantee(request.text) ?? {},
  });
  const storage = sqlServerStorage({ connection: connectionTo(server), migrate: false });
  await assertRejects(() => storage.open(), SchemaVersionError, use);
});

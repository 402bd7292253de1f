// The options that sqlServerStorage refuses, and the errors.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { sqlServerStorage } from "../../../drivers/sqlserver/mod.ts";
import { InvalidArgumentError } from "../../../src/guards/errors.ts";

const connection = "mssql://user:hunter2@localhost/shop";

/** Passes options as a program without type checks would. */
function storageWith(options: unknown) {
  return sqlServerStorage(options as string);
}

const refused: [title: string, options: unknown, argument: string][] = [
  ["no connection", undefined, "connection"],
  ["an empty connection", "", "connection"],
  ["a number for a connection", { connection: 5 }, "connection"],
  ["a text that names no server", "Database=shop", "connection"],
  ["an unknown option of a URL", `${connection}?encript=true`, "connection"],
  ["a password that cuts the URL short", "mssql://user:hunter2#x@localhost/shop", "connection"],
  ["an unknown option", { connection, shema: "Jobs" }, "options.shema"],
  ["an option among those of mssql", { server: "localhost", schema: "Jobs" }, "schema"],
  ["a schema that is not a string", { connection, schema: null }, "schema"],
  ["migrate that is not a boolean", { connection, migrate: "no" }, "migrate"],
];

for (const [title, options, argument] of refused) {
  Deno.test(`${title} is refused, and the error names ${argument}`, () => {
    const error = assertThrows(() => storageWith(options), InvalidArgumentError);
    assertEquals(error.argument, argument);
    assert(!error.message.includes("hunter2"), error.message);
  });
}

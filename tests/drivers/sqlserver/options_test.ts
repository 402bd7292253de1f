// What sqlServerStorage refuses, and how it says so; what it assumes where nothing is said.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { sqlServerStorage } from "../../../drivers/sqlserver/mod.ts";
import { InvalidArgumentError } from "../../../src/errors.ts";

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
  ["a schema that is no text", { connection, schema: null }, "schema"],
  ["migrate that is no truth value", { connection, migrate: "no" }, "migrate"],
  ["polling that is a number", { connection, polling: 100 }, "polling"],
  ["an unknown pause", { connection, polling: { idle: 100 } }, "polling.idle"],
  ["a pause of nothing", { connection, polling: { busyMs: 0 } }, "polling.busyMs"],
  ["a pause that is no number", { connection, polling: { idleMs: "5" } }, "polling.idleMs"],
  ["a pause without an end", { connection, polling: { idleMs: Infinity } }, "polling.idleMs"],
  ["a busy pause above the idle one", {
    connection,
    polling: { busyMs: 500, idleMs: 100 },
  }, "polling.busyMs"],
];

for (const [title, options, argument] of refused) {
  Deno.test(`${title} is refused: ${argument}`, () => {
    const error = assertThrows(() => storageWith(options), InvalidArgumentError);
    assertEquals(error.argument, argument);
    assert(!error.message.includes("hunter2"), error.message);
  });
}

Deno.test("pauses have defaults, and the busy one is never above the idle one", () => {
  const pauses = (polling?: object) =>
    storageWith({ connection, ...polling && { polling } }).polling;
  assertEquals(pauses(), { busyMs: 50, idleMs: 1000 });
  assertEquals(pauses({ idleMs: 20 }), { busyMs: 20, idleMs: 20 });
  assertEquals(pauses({ busyMs: 5, idleMs: 250 }), { busyMs: 5, idleMs: 250 });
});

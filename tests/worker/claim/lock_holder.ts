// Holds the write lock of a SQLite file until its input ends; for busy_file_test.ts.

import { DatabaseSync } from "node:sqlite";

const database = new DatabaseSync(Deno.args[0]!);
database.exec("PRAGMA busy_timeout = 10000; BEGIN IMMEDIATE");
console.log("locked");
for await (const _ of Deno.stdin.readable) { /* until it ends */ }
database.exec("COMMIT");
database.close();

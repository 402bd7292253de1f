// The option `pollInterval`, on every store whose workers poll.

import { assertEquals, assertThrows } from "@std/assert";
import { postgresStorage } from "../../drivers/postgres/mod.ts";
import { sqliteStorage } from "../../drivers/sqlite/mod.ts";
import { sqlServerStorage } from "../../drivers/sqlserver/mod.ts";
import { type Duration, InvalidArgumentError } from "../../mod.ts";

const postgres = (more: object) => postgresStorage({ url: "postgres://localhost/shop", ...more });
const sqlServer = (more: object) =>
  sqlServerStorage({ connection: "mssql://localhost/s", ...more });
const sqlite = (more: object) => sqliteStorage({ path: "shop.db", ...more });

const pausesOf = {
  "PostgreSQL": [
    [{}, { busyMs: 1000, idleMs: 2000 }],
    [{ notify: false }, { busyMs: 100, idleMs: 1000 }],
    [{ pollInterval: { seconds: 30 } }, { busyMs: 1000, idleMs: 30_000 }],
    [{ pollInterval: 20 }, { busyMs: 20, idleMs: 20 }],
  ],
  "SQL Server": [
    [{}, { busyMs: 50, idleMs: 1000 }],
    [{ pollInterval: { hours: 1 } }, { busyMs: 50, idleMs: 3_600_000 }],
    [{ pollInterval: 1 }, { busyMs: 1, idleMs: 1 }],
  ],
  // SQLite detects changes by data_version, and needs no other polls while idle.
  "SQLite": [
    [{}, { busyMs: 1000, idleMs: Infinity }],
    [{ pollInterval: 20 }, { busyMs: 20, idleMs: Infinity }],
    [{ pollInterval: 20, exclusive: true }, { busyMs: Infinity, idleMs: Infinity }],
  ],
} as const;

const stores = { "PostgreSQL": postgres, "SQL Server": sqlServer, "SQLite": sqlite };

for (const [name, make] of Object.entries(stores)) {
  Deno.test(`${name}: pollInterval sets the pauses between polls`, () => {
    for (const [options, pauses] of pausesOf[name as keyof typeof pausesOf]) {
      assertEquals(make(options).polling, pauses, JSON.stringify(options));
    }
  });

  Deno.test(`${name}: pollInterval is refused below a millisecond and above an hour`, () => {
    const refused: readonly unknown[] = [0, 0.4, -1, NaN, Infinity, "5", null, { hours: 1.1 }, {
      seconds: 0,
    }];
    for (const pollInterval of refused as Duration[]) {
      const error = assertThrows(() => make({ pollInterval }), InvalidArgumentError);
      assertEquals(error.argument.split(".")[0], "pollInterval");
    }
  });
}

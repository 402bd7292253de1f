// Describes the functions of the storage contract, and those that create storages. None of them
// connects.

import { DatabaseSync } from "node:sqlite";
import { MemoryDatabase, memoryStorage } from "../../../drivers/memory/mod.ts";
import { postgresStorage } from "../../../drivers/postgres/mod.ts";
import { sqliteStorage } from "../../../drivers/sqlite/mod.ts";
import { sqlServerStorage } from "../../../drivers/sqlserver/mod.ts";
import * as storage from "../../../src/storage/mod.ts";
import { kitSubjects } from "./driver_kit.ts";
import {
  allOptional,
  anything,
  duration,
  errorClasses,
  optionalOptions,
  options,
  type Shape,
  type Subjects,
  takes,
} from "../shapes.ts";

const clock = takes(storage.systemClock);

/** Allows options, or a string (a path or a URL) in place of them. */
const optionsOrText = (members: Readonly<Record<string, Shape>>): Shape => ({
  ...options(members),
  kinds: new Set(["object", "text"]),
});

export const storageSubjects: Subjects = {
  ...errorClasses(storage),
  ...kitSubjects,
  mostRowsRead: "constant",
  systemClock: [{
    call: (...args) => Reflect.apply(storage.systemClock.setTimer, storage.systemClock, args)(),
    args: [takes(() => {}), takes(5), optionalOptions({ unref: takes(true) })],
  }],
  isError: [{
    call: (...args) => Reflect.apply(storage.isError, null, args),
    args: [anything("Failed"), anything(null)],
  }],
  keepsHistory: [{
    call: (...args) => Reflect.apply(storage.keepsHistory, null, args),
    args: [anything("Full")],
  }],
  shouldCreateStatusAudit: [{
    call: (...args) => Reflect.apply(storage.shouldCreateStatusAudit, null, args),
    args: [anything("Full"), anything("Failed"), anything(null)],
  }],
  shouldCreateRunsAudit: [{
    call: (...args) => Reflect.apply(storage.shouldCreateRunsAudit, null, args),
    args: [anything("Full"), anything("Failed"), anything(null)],
  }],
};

export const memorySubjects: Subjects = {
  memoryStorage: [
    {
      name: "with a clock",
      call: (given) => memoryStorage(given),
      args: [optionalOptions({ clock, keepEnded: takes(5) })],
    },
    {
      name: "with a database",
      call: (given) => memoryStorage(given),
      args: [optionalOptions({ database: takes(new MemoryDatabase()) })],
    },
  ],
  MemoryDatabase: [{
    call: (given) => new MemoryDatabase(given),
    args: [optionalOptions({ clock, keepEnded: takes(5) })],
  }],
};

const sqliteOptions = allOptional({
  synchronous: takes("full"),
  busyTimeout: duration,
  exclusive: takes(true),
  pollInterval: duration,
  migrate: takes(true),
  clock,
});

export const sqliteSubjects: Subjects = {
  sqliteStorage: [
    { name: "with a path", call: (path) => sqliteStorage(path), args: [takes("a.db")] },
    {
      name: "with options",
      call: (given) => sqliteStorage(given),
      args: [optionsOrText({ path: takes("a.db"), ...sqliteOptions })],
    },
    {
      name: "with a database",
      call: (given) => sqliteStorage(given),
      args: [optionsOrText({ database: takes(new DatabaseSync(":memory:")), ...sqliteOptions })],
    },
  ],
};

const postgresOptions = allOptional({
  schema: takes("jobs"),
  migrate: takes(true),
  notify: takes(true),
  prepare: takes(true),
  maxConnections: takes(5),
  queryTimeout: duration,
  pollInterval: duration,
});

const postgresJs = Object.assign(() => {}, {
  unsafe: () => {},
  begin: () => {},
  listen: () => {},
});

export const postgresSubjects: Subjects = {
  postgresStorage: [
    {
      name: "with a URL",
      call: (url) => postgresStorage(url),
      args: [takes("postgres://127.0.0.1:1/app")],
    },
    { name: "with an instance", call: (sql) => postgresStorage(sql), args: [takes(postgresJs)] },
    {
      name: "with options",
      call: (given) => postgresStorage(given),
      args: [optionsOrText({ url: takes("postgres://127.0.0.1:1/app"), ...postgresOptions })],
    },
    {
      name: "with an instance among options",
      call: (given) => postgresStorage(given),
      args: [optionsOrText({ sql: takes(postgresJs), ...postgresOptions })],
    },
  ],
};

export const sqlServerSubjects: Subjects = {
  sqlServerStorage: [
    {
      name: "with a URL",
      call: (url) => sqlServerStorage(url),
      args: [takes("mssql://127.0.0.1:1/app")],
    },
    {
      name: "with options",
      call: (given) => sqlServerStorage(given),
      args: [optionsOrText({
        connection: takes("mssql://127.0.0.1:1/app"),
        ...allOptional({
          schema: takes("Jobs"),
          migrate: takes(true),
          pollInterval: duration,
        }),
      })],
    },
  ],
};

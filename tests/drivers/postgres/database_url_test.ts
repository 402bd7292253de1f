// The parsing of a database's URL, compared with libpq, and the errors for unsupported parts.

import { assertEquals, assertObjectMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type DatabaseUrl, parseDatabaseUrl } from "../../../drivers/postgres/database_url.ts";
import type { Environment } from "../../../drivers/postgres/environment.ts";
import { InvalidArgumentError } from "../../../src/guards/errors.ts";

function environmentOf(variables: Record<string, string>): Environment {
  return { variable: (name) => variables[name], userName: () => "system" };
}

const empty = environmentOf({});

/** An environment that Deno denies access to. */
const forbidden: Environment = {
  variable: (name) => {
    throw new Error(`Requires env access to "${name}"`);
  },
  userName: () => {
    throw new Error("Requires sys access");
  },
};

/** The servers of a URL, as libpq writes them in its own messages. */
function serversOf(url: string, environment = empty): string[] {
  return parseDatabaseUrl(url, environment).servers
    .map(({ host, port, path }) => path ?? `${host} ${port}`);
}

const servers: [url: string, servers: string[]][] = [
  ["postgres://u@db", ["db 5432"]],
  ["postgresql://u@db:6432/x", ["db 6432"]],
  ["postgres://u@[::1]/x", ["::1 5432"]],
  ["postgres://u@[2001:db8::1]:6432/x", ["2001:db8::1 6432"]],
  ["postgres://u@[::1],127.0.0.1:1/x", ["::1 5432", "127.0.0.1 1"]],
  ["postgres://u@a:1,b,c:3/x", ["a 1", "b 5432", "c 3"]],
  ["postgres://u@%2Fvar%2Frun/x", ["/var/run/.s.PGSQL.5432"]],
  ["postgres://u@%2Fvar%2Frun:6432,db/x", ["/var/run/.s.PGSQL.6432", "db 5432"]],
  ["postgres://u@/x?host=/var/run&port=6432", ["/var/run/.s.PGSQL.6432"]],
  ["postgres:///x?host=%2Fvar%2Frun", ["/var/run/.s.PGSQL.5432"]],
  ["postgres:///x?host=::1", ["::1 5432"]],
  ["postgres://?host=a,b&port=1,2", ["a 1", "b 2"]],
  ["postgres://?host=a,b&port=6432", ["a 6432", "b 6432"]],
  ["postgres://db:1/x?port=2", ["db 2"]],
  ["postgres://db:1/x?host=other", ["other 1"]],
  ["postgres://", ["localhost 5432"]],
  ["postgres:///x", ["localhost 5432"]],
];
for (const [url, expected] of servers) {
  Deno.test(`the servers of ${url} are ${expected.join(", ")}`, () =>
    assertEquals(serversOf(url), expected));
}

const says: [url: string, what: Partial<DatabaseUrl>][] = [
  ["postgres://ann@db", { user: "ann", password: null, database: "ann" }],
  ["postgres://ann:s3cret@db/shop", { user: "ann", password: "s3cret", database: "shop" }],
  ["postgres://a%40b:%23%2F%3F%25@db/two%20w%C3%B6rds", {
    user: "a@b",
    password: "#/?%",
    database: "two wörds",
  }],
  ["postgres://a:b:c@db/x+y", { password: "b:c", database: "x+y" }],
  ["postgres://a@db/b?user=c&password=d%26&dbname=e%2Ff", {
    user: "c",
    password: "d&",
    database: "e/f",
  }],
  ["postgres://u@db", { ssl: false, mustWrite: false }],
  ["postgres://u@db?sslmode=require", { ssl: "require" }],
  ["postgres://u@db?sslmode=allow", { ssl: "prefer" }],
  ["postgres://u@db?sslmode=verify-ca", { ssl: "verify-full" }],
  ["postgres://u@%2Frun?sslmode=require", { ssl: false }],
  ["postgres://u@a,b?target_session_attrs=read-write", { mustWrite: true }],
  ["postgres://u@a,b?target_session_attrs=any", { mustWrite: false }],
  ["postgres://u@db?connect_timeout=3", { connectTimeoutMs: 3_000 }],
  ["postgres://u@db?connect_timeout=0", { connectTimeoutMs: null }],
  ["postgres://u@db", { settings: { application_name: "evertask" } }],
  ["postgres://u@db?application_name=shop&options=-c%20work_mem%3D1MB", {
    settings: { application_name: "shop", options: "-c work_mem=1MB" },
  }],
];
for (const [url, what] of says) {
  Deno.test(`${url} means ${JSON.stringify(what)}`, () => {
    assertObjectMatch(parseDatabaseUrl(url, empty), what);
  });
}

Deno.test("any user, password and database are accepted, percent-encoded", () => {
  const text = fc.string({ unit: "binary", minLength: 1 })
    .map((text) => text.toWellFormed().replaceAll("\0", "0"));
  fc.assert(fc.property(text, text, text, (user, password, database) => {
    const [u, p, d] = [user, password, database].map(encodeURIComponent);
    const expected = { user, password, database };
    assertObjectMatch(parseDatabaseUrl(`postgres://${u}:${p}@db/${d}`, empty), expected);
    assertObjectMatch(
      parseDatabaseUrl(`postgres:///?user=${u}&password=${p}&dbname=${d}`, empty),
      expected,
    );
  }));
});

Deno.test("only missing parts of a URL come from the environment", () => {
  const variables = { PGHOST: "a,/run", PGPORT: "1,2", PGUSER: "ann", PGDATABASE: "shop" };
  const environment = environmentOf(variables);
  assertEquals(serversOf("postgres://", environment), ["a 1", "/run/.s.PGSQL.2"]);
  assertEquals(serversOf("postgres://db:9", environment), ["db 9"]);
  assertEquals(serversOf("postgres://db", environmentOf({ PGPORT: "6432" })), ["db 6432"]);
  assertObjectMatch(parseDatabaseUrl("postgres://", environment), {
    user: "ann",
    password: null,
    database: "shop",
  });
  assertObjectMatch(parseDatabaseUrl("postgres://bob@/books", environment), {
    user: "bob",
    database: "books",
  });
  assertObjectMatch(parseDatabaseUrl("postgres://", empty), { user: "system", database: "system" });
});

Deno.test("a complete URL needs no access to the environment", () => {
  assertObjectMatch(parseDatabaseUrl("postgres://ann@db/shop", forbidden), {
    servers: [{ host: "db", port: 5432, path: null }],
    user: "ann",
    database: "shop",
  });
});

const refused: [url: unknown, remedy: string][] = [
  ["", "begins with postgres://"],
  ["Postgres://db", "begins with postgres://"],
  [5, "begins with postgres://"],
  ["postgres://ann:12#3@db", "percent-encoded"],
  ["postgres://ann:12@3@db", "percent-encoded"],
  ["postgres://ann:%zz@db", "percent-encoded"],
  ["postgres://a%00user%00b@db", "%00"],
  ["postgres://db/a/b", "percent-encoded"],
  ["postgres://db:0", "ports"],
  ["postgres://db?port=65536", "ports"],
  ["postgres://?host=a,b&port=1,2,3", "one port"],
  ["postgres://?host=db:5432", "name hosts"],
  ["postgres://?host=[::1]", "name hosts"],
  ["postgres://db?host=a%20b", "name hosts"],
  ["postgres://db?schema=jobs", "the parameter schema: pass the option schema"],
  ["postgres://db?pgbouncer=true", "the parameter pgbouncer: pass prepare: false"],
  ["postgres://db?connection_limit=1", "connection_limit: pass the option maxConnections"],
  ["postgres://db?sslmode=require&channel_binding=require", "the parameter channel_binding"],
  ["postgres://db?ssl=true", "the parameter ssl: write sslmode=require"],
  ["postgres://db?sslrootcert=ca.pem", "the parameter sslrootcert: make a postgres.js instance"],
  ["postgres://db?passfile=x", "the parameter passfile: leave it out"],
  ["postgres://db?hunter2=x", "no other parameters than host, port"],
  ["postgres://db?sslmode", "no other parameters than host, port"],
  ["postgres://db?sslmode=on", "disable, allow, prefer, require"],
  ["postgres://db?sslmode=toString", "disable, allow, prefer, require"],
  ["postgres://db?target_session_attrs=standby", "any, read-write, primary"],
  ["postgres://db?connect_timeout=soon", "whole seconds"],
];
for (const [url, remedy] of refused) {
  Deno.test(`${url} is refused, with a remedy`, () => {
    const { message } = assertThrows(
      () => parseDatabaseUrl(url, empty),
      InvalidArgumentError,
      remedy,
    );
    assertEquals(/hunter2|12#|a b/.test(message), false, message);
  });
}

const unreadable: [url: string, permission: string][] = [
  ["postgres://ann@/shop", "--allow-env=PGHOST"],
  ["postgres://db/shop", "--allow-env=PGUSER"],
  ["postgres://ann@db", "--allow-env=PGDATABASE"],
];
for (const [url, permission] of unreadable) {
  Deno.test(`the error about ${url} names the missing permission`, () => {
    assertThrows(() => parseDatabaseUrl(url, forbidden), InvalidArgumentError, permission);
  });
}

Deno.test("the error about an unknown user name names the missing permission", () => {
  const environment = { ...forbidden, variable: () => undefined };
  assertThrows(
    () => parseDatabaseUrl("postgres://db", environment),
    InvalidArgumentError,
    "--allow-sys",
  );
});

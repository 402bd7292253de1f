// Checks of the .sql files without a server: they are complete, split correctly, and match the
// code.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { loadMssql } from "../../../drivers/sqlserver/load_mssql.ts";
import {
  batchesOf,
  forSchema,
  knownVersion,
  migrationFiles,
  procedureNames,
  splitBatches,
  versionOf,
} from "../../../drivers/sqlserver/script.ts";
import { type SqlFileName, sqlFiles } from "../../../drivers/sqlserver/sql.generated.ts";
import * as tableTypes from "../../../drivers/sqlserver/table_types.ts";

const mssql = await loadMssql();
const files = Object.entries(sqlFiles) as [SqlFileName, string][];
const driver = new URL("../../../drivers/sqlserver/", import.meta.url);

/** Returns the text of a file without its comments. */
function code(text: string): string {
  return text.replace(/--.*$/gm, "");
}

Deno.test("migrations are numbered from 1 without a gap, and each records its number", () => {
  assertEquals(migrationFiles.map(versionOf), migrationFiles.map((_, index) => index + 1));
  assertEquals(knownVersion, migrationFiles.length);
  for (const file of migrationFiles) {
    const record = `INSERT INTO [EverTask].[SchemaVersions] ([Version], [AppliedAtUtc]) VALUES (${
      versionOf(file)
    }, SYSUTCDATETIME())`;
    assert(batchesOf(file, "EverTask").at(-1)!.includes(record), file);
  }
});

Deno.test("an index is made only where the schema lacks it, so that a file can be run again", () => {
  for (const file of migrationFiles) {
    const guard = `NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = ${
      versionOf(file)
    })`;
    for (const batch of batchesOf(file, "EverTask").map(code)) {
      if (!/CREATE (UNIQUE |CLUSTERED )*INDEX|ADD CONSTRAINT .* CLUSTERED/.test(batch)) continue;
      // A guard cannot look for the index, because Babelfish changes its name in the catalog.
      assert(batch.includes(guard) || batch.includes("COL_LENGTH("), batch);
    }
  }
});

Deno.test("every file is a migration or a procedure, and every batch of it has a statement", () => {
  assertEquals(files.length, migrationFiles.length + procedureNames.length);
  for (const [file] of files) {
    const batches = batchesOf(file, "EverTask");
    assert(batches.length > 0, file);
    for (const batch of batches) assertMatch(code(batch), /\S/, file);
  }
});

Deno.test("a procedure's file sets the options of its creation, drops it and creates it", () => {
  for (const name of procedureNames) {
    const batches = batchesOf(`${name}.sql`, "EverTask").map((batch) => code(batch).trim());
    assertEquals(batches.length, 3, name);
    assertEquals(batches[0], "SET QUOTED_IDENTIFIER ON;\nSET ANSI_NULLS ON;");
    assertEquals(batches[1], `DROP PROCEDURE IF EXISTS [EverTask].[${name}];`);
    assert(batches[2]!.startsWith(`CREATE PROCEDURE [EverTask].[${name}]`), name);
    assertMatch(batches[2]!, /SET NOCOUNT ON;\s+SET XACT_ABORT ON;/);
  }
});

Deno.test("the schema is always in brackets, so that another name can replace it", () => {
  for (const [file, text] of files) {
    const other = forSchema(code(text), "Jobs");
    assert(!/EverTask/i.test(other), `${file}: ${/.*EverTask.*/i.exec(other)}`);
  }
});

Deno.test("the files use no syntax that a supported engine lacks", () => {
  const avoided = [
    ...[/CREATE OR ALTER/i, /\bMERGE\b/i, /\bWAITFOR\b/i, /\bdm_/i, /\bOPENJSON\b/i],
    ...[/OUTPUT[^;]*\bdeleted\./i, /\bWITH\s+\w+\s+AS\s*\(/i],
    // Newer than SQL Server 2016, or in need of a compatibility level.
    ...[/\bSTRING_(AGG|SPLIT|ESCAPE)\b/i, /\bTRIM\s*\(/i, /\bCONCAT_WS\b/i, /\bTRANSLATE\s*\(/i],
    ...[/\b(GREATEST|LEAST)\s*\(/i, /\bDATETRUNC\b/i, /\bDATE_BUCKET\b/i, /\bGENERATE_SERIES\b/i],
    ...[/\bIS\s+(NOT\s+)?DISTINCT\s+FROM\b/i, /\bJSON_(OBJECT|ARRAY)\b/i, /\|\|/, /\bWINDOW\b/i],
    ...[/\bOPTIMIZE_FOR_SEQUENTIAL_KEY\b/i, /\bRESUMABLE\b/i, /\bAPPROX_/i],
  ];
  for (const [file, text] of files) {
    for (const wording of avoided) assert(!wording.test(code(text)), `${file}: ${wording}`);
  }
});

Deno.test("an UPDATE with OUTPUT has no alias for its target, and OUTPUT goes into a table", () => {
  for (const [file, text] of files) {
    for (const [statement] of code(text).matchAll(/\bUPDATE\b[^;]*;/g)) {
      if (!statement.includes("OUTPUT")) continue;
      assertMatch(statement, /^UPDATE \[EverTask\]/, file);
      assertMatch(statement, /OUTPUT inserted\.\[Id\] INTO @/, file);
    }
  }
});

Deno.test("a statement over a list starts with the list, and seeks the row of each item", () => {
  let lists = 0;
  for (const [file, text] of files) {
    for (const [statement] of code(text).matchAll(/\b(UPDATE|INSERT|SELECT)\b[^;]*;/g)) {
      // The tables that the statement joins with variables. These are lists.
      const from = /\bFROM\b([^;]*)/.exec(statement)?.[1] ?? "";
      const joined = [...from.matchAll(/(?:INNER JOIN|LEFT JOIN|,) \[EverTask\]\.\[\w+\][^\n]*/g)];
      if (joined.length === 0 || !/\bFROM (@|\()/.test(statement)) continue;
      lists++;
      for (const [join] of joined) {
        // Tasks are found by worker in a small filtered index. FORCESEEK would make a plan without
        // this index an error.
        const isFiltered = join.includes("t.[WorkerId] = ");
        assertEquals(join.includes("FORCESEEK"), !isFiltered, `${file}: ${join}`);
      }
      assertMatch(statement, /OPTION \(LOOP JOIN, FORCE ORDER\);$/, `${file}: ${statement}`);
    }
    assert(!/OPTION \(LOOP JOIN\)/.test(text), file);
  }
  assert(lists > 12, String(lists));
});

Deno.test("locked rows are skipped in every database: READPAST is used with READCOMMITTEDLOCK, at READ COMMITTED", () => {
  for (const [file, text] of files) {
    const hints = [...code(text).matchAll(/WITH \(([^)]*READPAST[^)]*)\)/g)].map(([, hint]) =>
      hint!
    );
    assert(hints.every((hint) => hint.includes("READCOMMITTEDLOCK")), `${file}: ${hints}`);
    const setsLevel = code(text).includes("SET TRANSACTION ISOLATION LEVEL READ COMMITTED;");
    assertEquals(setsLevel, hints.length > 0, file);
  }
});

// The procedures repeat the conditions of src/storage/kit/audit_policy.ts. If a function had them,
// the user that migrates would need one more right (CREATE FUNCTION).
Deno.test("each procedure that writes history uses the same conditions, in the same words", () => {
  const isError = "(STATUS IN (N'Failed', N'ServiceStopped') OR EXCEPTION IS NOT NULL)";
  const decisions: [decision: string, wording: string, procedures: string[]][] = [
    [
      "a status audit row",
      `ISNULL(LEVEL, 0) NOT IN (1, 2, 3) OR (LEVEL IN (1, 2) AND ${isError})`,
      [
        ...["usp_SetTaskStatus", "usp_SetTaskStatuses"],
        ...["usp_UpdateCurrentRun", "usp_UpdateCurrentRuns"],
      ],
    ],
    [
      "a runs audit row",
      `ISNULL(LEVEL, 0) NOT IN (2, 3) OR (LEVEL = 2 AND ${isError})`,
      ["usp_UpdateCurrentRun", "usp_UpdateCurrentRuns"],
    ],
    [
      "the last execution stays",
      "TIME IS NULL OR LEVEL = 3",
      ["usp_SetTaskStatus", "usp_SetTaskStatuses"],
    ],
    [
      "a status audit row without an error",
      "ISNULL(LEVEL, 0) NOT IN (1, 2, 3)",
      ["usp_EditTasks", "usp_MakeDue", "usp_RequestCancel"],
    ],
    ["a status audit row of a new task", "LEVEL NOT IN (1, 2, 3)", ["usp_PersistTasks"]],
    ["a status audit row of an error", "ISNULL(LEVEL, 0) <> 3", ["usp_ReleaseLost"]],
  ];
  const found = new Map(decisions.map(([decision]) => [decision, [] as string[]]));
  for (const name of procedureNames) {
    let text = code(batchesOf(`${name}.sql`, "EverTask").at(-1)!)
      .replace(/\s+/g, " ")
      .replace(/@AuditLevel|\b[clrt]\.\[AuditLevel\]/g, "LEVEL")
      .replace(/@Status\b|\bs\.\[Status\]/g, "STATUS")
      .replace(/@Exception\b|\bs\.\[Exception\]/g, "EXCEPTION")
      .replace(/@ExecutionTimeMs|\bl\.\[ExecutionTimeMs\]/g, "TIME");
    for (const [decision, wording] of decisions) {
      if (text.includes(wording)) found.get(decision)!.push(name);
      text = text.replaceAll(wording, "");
    }
    assert(!/LEVEL (<>|IN|NOT|IS|= \d)|ISNULL\(LEVEL/.test(text), `${name} decides otherwise`);
  }
  assertEquals(decisions.map(([decision]) => found.get(decision)), decisions.map((it) => it[2]));
});

Deno.test("the driver calls every procedure, and only procedures that have a file", async () => {
  const called = new Set<string>();
  for await (const { name } of Deno.readDir(driver)) {
    if (!name.endsWith(".ts") || name.includes(".generated.")) continue;
    const source = await Deno.readTextFile(new URL(name, driver));
    for (const [, procedure] of source.matchAll(/"(usp_\w+)"/g)) called.add(procedure!);
  }
  // Upstream's procedure, which only people and other programs call.
  called.add("usp_CompleteRecurringRun");
  // Called by usp_Purge.
  called.add("usp_ForgetActions");
  assertEquals([...called].sort(), [...procedureNames].sort());
});

Deno.test("procedures have upstream's parameters first, and all further ones are optional", () => {
  const parameters = (name: string) =>
    [...sqlFiles[`${name}.sql` as SqlFileName].matchAll(/^ {4}(@\w+)\s+([^,\n]*?),?\s*(--.*)?$/gm)]
      .map(([, parameter, type]) => `${parameter} ${type!.replace(/\s+/g, " ").trim()}`);
  const status = parameters("usp_SetTaskStatus");
  assertEquals(status.slice(0, 4), [
    "@TaskId uniqueidentifier",
    "@Status nvarchar(15)",
    "@Exception nvarchar(max) = NULL",
    "@AuditLevel int = 0",
  ]);
  assert(status.slice(4).every((parameter) => parameter.includes(" = ")), status.join());
  const run = parameters("usp_UpdateCurrentRun");
  assertEquals(run.slice(0, 4), [
    "@TaskId uniqueidentifier",
    "@ExecutionTimeMs float",
    "@NextRunUtc datetimeoffset(3) = NULL",
    "@AuditLevel int = 0",
  ]);
  assert(run.slice(4).every((parameter) => parameter.includes(" = ")), run.join());
  assertEquals(parameters("usp_CompleteRecurringRun"), run.slice(0, 4));
});

Deno.test("the table types of the code have the columns of the .sql file, in its order and of its types", () => {
  const text = migrationFiles.map((file) => sqlFiles[file]).join("\n");
  const inSql = [...text.matchAll(/CREATE TYPE \[EverTask\]\.\[(\w+)\] AS TABLE \(([^;]*)\);/g)]
    .map(([, name, body]) => [
      name,
      [...body!.matchAll(/^ {8}\[(\w+)\]\s+(\w+(\(\w+\))?)/gm)].map(([, column, type]) => [
        column,
        type,
      ]),
    ]);
  const typeName = (type: { type: unknown; length?: number }) => {
    const name = (type.type as { name?: string }).name!.toLowerCase();
    return type.length === undefined
      ? name
      : `${name}(${type.length > 4000 ? "max" : type.length})`;
  };
  const inCode = Object.values(tableTypes).map(({ name, columns }) => [
    name,
    Object.entries(columns).map(([column, type]) => [column, typeName(type(mssql))]),
  ]);
  assertEquals(inCode.sort(), inSql.sort());
});

Deno.test("batches are split at lines that contain only GO", () => {
  const script = "-- heading\nGO\nSELECT 1;\n go \r\nPRINT 'GO';\nGO2;\nGO\n\n-- end\nGO\n";
  assertEquals(splitBatches(script).map((batch) => batch.trim()), [
    "SELECT 1;",
    "PRINT 'GO';\nGO2;",
  ]);
});

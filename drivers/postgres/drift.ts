// Finds what differs between the schema of a database and the files of sql/postgres/.

import { onlyValue, type RunStatement } from "./connection.ts";
import { fromJson } from "./json_text.ts";
import { migrationFiles, scriptOf } from "./script.ts";

/** The objects that the files create. */
interface KnownObjects {
  readonly tables: readonly string[];
  readonly indexes: readonly string[];
  /** The functions, each with its body. */
  readonly functions: readonly { readonly name: string; readonly body: string }[];
}

/** Objects that are missing or differ, by name. */
export interface Drift {
  readonly missingTables: readonly string[];
  readonly missingIndexes: readonly string[];
  readonly missingFunctions: readonly string[];
  readonly changedFunctions: readonly string[];
}

/** Returns the objects that the files create. */
export function knownObjects(): KnownObjects {
  const tables = new Set<string>();
  const indexes = new Set<string>();
  for (const file of migrationFiles) {
    for (const [, verb, kind, name] of scriptOf(file).matchAll(objectStatement)) {
      const names = kind === "TABLE" ? tables : indexes;
      if (verb === "DROP") names.delete(name!);
      else names.add(name!);
    }
  }
  const functions = Array.from(
    scriptOf("functions.sql").matchAll(functionStatement),
    ([, name, , body]) => ({ name: name!, body: body! }),
  );
  return { tables: [...tables], indexes: [...indexes], functions };
}

const objectStatement =
  /^(CREATE|DROP)(?: UNIQUE| UNLOGGED)? (TABLE|INDEX) (?:IF (?:NOT )?EXISTS )?([a-z_0-9]+)/gm;
const functionStatement =
  /^CREATE OR REPLACE (?:FUNCTION|PROCEDURE) ([a-z_0-9]+)\s*\([\s\S]*?\bAS (\$\w*\$)([\s\S]*?)\2/gm;

const catalog = `
  SELECT json_build_object(
    'relations', (SELECT coalesce(json_agg(c.relname), '[]') FROM pg_class AS c
      WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'i', 'I')),
    'functions', (SELECT coalesce(json_agg(json_build_object('name', f.proname, 'body', f.prosrc)), '[]')
      FROM pg_proc AS f WHERE f.pronamespace = n.oid))::text
  FROM pg_namespace AS n WHERE n.nspname = $1::text`;

/** Compares the schema of a database with the files. */
export async function findDrift(run: RunStatement, schema: string): Promise<Drift> {
  const known = knownObjects();
  const found = fromJson(String(onlyValue(await run(catalog, [schema], "long")))) as {
    readonly relations: readonly string[];
    readonly functions: KnownObjects["functions"];
  };
  const relations = new Set(found.relations);
  const bodies = new Map<string, Set<string>>();
  for (const { name, body } of found.functions) {
    bodies.set(name, (bodies.get(name) ?? new Set()).add(body));
  }
  const lacks = (name: string) => !relations.has(name);
  return {
    missingTables: known.tables.filter(lacks),
    missingIndexes: known.indexes.filter(lacks),
    missingFunctions: known.functions.filter(({ name }) => !bodies.has(name)).map(nameOf),
    changedFunctions: known.functions.filter(({ name, body }) =>
      bodies.get(name)?.has(body) === false
    ).map(nameOf),
  };
}

function nameOf({ name }: { readonly name: string }): string {
  return name;
}

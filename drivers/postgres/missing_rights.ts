// Finds the rights that a role lacks, as the statements that grant them.

import { type StorageError, StorageReadOnlyError } from "../../src/storage/errors.ts";
import { onlyValue, type RunStatement } from "./connection.ts";
import { codeOf, toStorageError } from "./errors.ts";
import { fromJson } from "./json_text.ts";

/** The SQLSTATE insufficient_privilege. */
export const denied = "42501";

/**
 * Finds the missing rights. $1 is the schema. $2 is whether the role creates or changes the schema
 * instead of only using it.
 */
const missingGrants = `
  WITH purpose AS (SELECT $1::text AS schema, $2::text::boolean AS migrates),
  namespace AS (SELECT n.oid, n.nspname FROM pg_namespace AS n, purpose AS p WHERE n.nspname = p.schema),
  missing (place, grants) AS (
    SELECT 1, format('CREATE ON DATABASE %I', current_database()) FROM purpose AS p
    WHERE p.migrates AND NOT EXISTS (SELECT FROM namespace)
      AND NOT has_database_privilege(current_database(), 'CREATE')
    UNION ALL
    SELECT 2, format('USAGE ON SCHEMA %I', n.nspname) FROM namespace AS n
    WHERE NOT has_schema_privilege(n.oid, 'USAGE')
    UNION ALL
    SELECT 3, format('CREATE ON SCHEMA %I', n.nspname) FROM namespace AS n, purpose AS p
    WHERE p.migrates AND NOT has_schema_privilege(n.oid, 'CREATE')
    UNION ALL
    SELECT 4, format('%s ON ALL TABLES IN SCHEMA %I', string_agg(DISTINCT r.name, ', '), n.nspname)
    FROM namespace AS n JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relkind = 'r'
      CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS r (name)
    WHERE NOT has_table_privilege(c.oid, r.name)
    GROUP BY n.nspname
    UNION ALL
    SELECT 5, format('EXECUTE ON ALL FUNCTIONS IN SCHEMA %I', n.nspname) FROM namespace AS n
    WHERE EXISTS (
      SELECT FROM pg_proc AS f WHERE f.pronamespace = n.oid AND NOT has_function_privilege(f.oid, 'EXECUTE')
    )
    UNION ALL
    SELECT 6, quote_ident(pg_get_userbyid(o.owner)) FROM (
      SELECT c.relowner FROM pg_class AS c JOIN namespace AS n ON n.oid = c.relnamespace
      UNION
      SELECT f.proowner FROM pg_proc AS f JOIN namespace AS n ON n.oid = f.pronamespace
    ) AS o (owner), purpose AS p
    WHERE p.migrates AND NOT pg_has_role(o.owner, 'USAGE')
  )
  SELECT coalesce(json_agg(format('GRANT %s TO %I', m.grants, current_user) ORDER BY m.place), '[]')::text
  FROM missing AS m`;

/**
 * Converts the error of a statement to a storage error. Names the missing right, if one is missing.
 *
 * @param run Queries the database.
 * @param purpose The use that the role was about to make of the schema.
 */
export async function withMissingRights(
  error: unknown,
  run: RunStatement,
  schema: string,
  purpose: "use" | "migrate",
): Promise<StorageError> {
  const told = toStorageError(error);
  if (codeOf(told.cause) !== denied) return told;
  const { message, severity } = told.cause as { message: string; severity?: string };
  const grants = severity === "FATAL" // the session was not even begun
    ? ["GRANT CONNECT ON DATABASE name TO role"]
    : await readMissingRights(run, schema, purpose === "migrate").catch(() => []);
  if (grants.length === 0) return told;
  return new StorageReadOnlyError(
    `PostgreSQL: ${message}. The role lacks rights. Let the administrator run: ${
      grants.join("; ")
    };`,
    { cause: told.cause },
  );
}

/**
 * Returns the rights that the role lacks, each as a statement that grants it.
 *
 * @param migrates Whether the role needs to create or change the schema instead of only using it.
 */
export async function readMissingRights(
  run: RunStatement,
  schema: string,
  migrates: boolean,
): Promise<readonly string[]> {
  const rows = await run(missingGrants, [schema, `${migrates}`]);
  return fromJson(String(onlyValue(rows))) as readonly string[];
}

// Describes a schema by PostgreSQL's catalog, so that tests can compare two schemas.

import { connect } from "./support.ts";

/** Returns the objects of a schema, one line each. */
export async function describe(url: string, schema = "evertask"): Promise<string[]> {
  await using sql = connect(url);
  const rows = await sql<{ item: string }[]>`
    WITH space AS (SELECT to_regnamespace(${schema})::oid AS oid)
    SELECT format('function %s owner %s acl %s', pg_get_functiondef(f.oid), f.proowner::regrole,
      f.proacl) AS item
    FROM pg_proc AS f, space WHERE f.pronamespace = space.oid
    UNION ALL
    SELECT format('relation %s %s options %s owner %s acl %s', c.relname, c.relkind, c.reloptions,
      c.relowner::regrole, c.relacl)
    FROM pg_class AS c, space WHERE c.relnamespace = space.oid
    UNION ALL
    SELECT format('column %s.%s %s %s null %s default %s generated %s collation %s', c.relname,
      a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
      pg_get_expr(d.adbin, d.adrelid), a.attgenerated::text || a.attidentity::text, a.attcollation::regcollation)
    FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
      LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum, space
    WHERE c.relnamespace = space.oid
    UNION ALL
    SELECT format('index %s', pg_get_indexdef(i.indexrelid))
    FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid, space
    WHERE c.relnamespace = space.oid
    UNION ALL
    SELECT format('constraint %s %s', k.conname, pg_get_constraintdef(k.oid))
    FROM pg_constraint AS k, space WHERE k.connamespace = space.oid
    UNION ALL
    SELECT format('type %s %s', t.typname, t.typtype) FROM pg_type AS t, space
    WHERE t.typnamespace = space.oid
    ORDER BY 1`;
  return rows.map(({ item }) => item.replaceAll(`${schema}.`, ""));
}

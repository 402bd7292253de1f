// Turns the .sql files of each store, sql/<store>/, into the one module that the store's driver
// loads at run time, drivers/<store>/sql.generated.ts: Node cannot import text, and importing one
// driver must not load another's SQL. Run it with `deno task sql` after a change of a .sql file;
// sql_embedded_test.ts fails while a module is stale.

/** One store's module as it should be. */
export interface EmbeddedSql {
  /** The module's file. */
  readonly module: URL;
  /** What should be in it. */
  readonly source: string;
}

const root = new URL("../", import.meta.url);

/** The modules of all stores that have a folder under sql/. */
export async function embedSql(): Promise<readonly EmbeddedSql[]> {
  const modules: EmbeddedSql[] = [];
  for (const store of await namesIn("sql/", (entry) => entry.isDirectory)) {
    const names = await namesIn(`sql/${store}/`, (entry) => entry.name.endsWith(".sql"));
    const files = await Promise.all(names.map(async (name) => ({
      name,
      text: await Deno.readTextFile(new URL(`sql/${store}/${name}`, root)),
    })));
    modules.push({
      module: new URL(`drivers/${store}/sql.generated.ts`, root),
      source: moduleSource(store, files),
    });
  }
  return modules;
}

async function namesIn(folder: string, wanted: (entry: Deno.DirEntry) => boolean) {
  const names: string[] = [];
  for await (const entry of Deno.readDir(new URL(folder, root))) {
    if (wanted(entry)) names.push(entry.name);
  }
  return names.sort();
}

function moduleSource(store: string, files: readonly { name: string; text: string }[]): string {
  const union = files.map(({ name }) => JSON.stringify(name)).join(" | ") || "never";
  const entries = files.map(({ name, text }) => `  ${JSON.stringify(name)}: ${literal(text)},\n`);
  return `// deno-fmt-ignore-file
// Generated from sql/${store}/ by \`deno task sql\`. Change the .sql files, not this one.

/** The names of the files in sql/${store}/. */
export type SqlFileName = ${union};

/** The files of sql/${store}/, in the order of their names. */
export const sqlFiles: Readonly<Record<SqlFileName, string>> = {
${entries.join("")}};
`;
}

/**
 * A template literal that stands for exactly this text, with its lines as they are so that diffs
 * can be read.
 */
function literal(text: string): string {
  return `\`${text.replaceAll("\r\n", "\n").replaceAll(/[\\`]|\$\{/g, "\\$&")}\``;
}

if (import.meta.main) {
  for (const { module, source } of await embedSql()) await Deno.writeTextFile(module, source);
}

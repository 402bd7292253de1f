// Turns the .sql files of each store, sql/<store>/, into the one module that the store's driver
// loads at run time, drivers/<store>/sql.generated.ts: Node cannot import text, and importing one
// driver must not load another's SQL. Run it with `deno task sql` after a change of a .sql file;
// sql_embedded_test.ts fails while a module is stale.
//
// If a store has a folder functions/, also writes sql/<store>/functions.sql, which applies all
// functions in one transaction.

import { functionsScript, type SqlFile } from "./functions_script.ts";

/** A generated file. */
export interface GeneratedFile {
  readonly file: URL;
  /** The content that the file should have. */
  readonly source: string;
}

const root = new URL("../", import.meta.url);

/** Returns the generated files of all stores that have a folder under sql/. */
export async function embedSql(): Promise<readonly GeneratedFile[]> {
  const generated: GeneratedFile[] = [];
  for (const store of await namesIn("sql/", (entry) => entry.isDirectory)) {
    const files = await readFiles(store, "");
    const functions = await readFiles(store, "functions/");
    if (functions.length > 0) {
      const script = files.find(({ name }) => name === "functions.sql")!;
      const source = await functionsScript(functions, script.text);
      generated.push({ file: new URL(`sql/${store}/functions.sql`, root), source });
      files.splice(files.indexOf(script), 1, { name: script.name, text: source }, ...functions);
    }
    generated.push({
      file: new URL(`drivers/${store}/sql.generated.ts`, root),
      source: moduleSource(store, files),
    });
  }
  return generated;
}

/** Reads the .sql files of a folder of a store. Returns none if the folder does not exist. */
async function readFiles(store: string, folder: string): Promise<SqlFile[]> {
  const path = `sql/${store}/${folder}`;
  const names = await namesIn(path, (entry) => entry.name.endsWith(".sql"));
  return await Promise.all(names.map(async (name) => ({
    name: `${folder}${name}`,
    text: (await Deno.readTextFile(new URL(`${path}${name}`, root))).replaceAll("\r\n", "\n"),
  })));
}

async function namesIn(folder: string, wanted: (entry: Deno.DirEntry) => boolean) {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(new URL(folder, root))) {
      if (wanted(entry)) names.push(entry.name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names.sort();
}

function moduleSource(store: string, files: readonly SqlFile[]): string {
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
 * Returns a template literal for a text. It keeps the line breaks, so that diffs are readable.
 */
function literal(text: string): string {
  return `\`${text.replaceAll(/[\\`]|\$\{/g, "\\$&")}\``;
}

if (import.meta.main) {
  for (const { file, source } of await embedSql()) await Deno.writeTextFile(file, source);
}

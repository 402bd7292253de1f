// Runs the command line in a process of its own.

import config from "../../deno.json" with { type: "json" };

/**
 * Returns the arguments of Deno that run the program.
 *
 * @param folder The folder for an import map. It replaces the configuration, which an installed
 * program does not have.
 */
export async function programArgs(folder: string): Promise<string[]> {
  const imports = { ...config.imports, ...config.scopes["file:///"] };
  const map = `${folder}/imports.json`;
  await Deno.writeTextFile(map, JSON.stringify({ imports }));
  const program = new URL("../../src/cli/mod.ts", import.meta.url).pathname;
  return ["run", "-A", "--no-lock", "--no-check", `--import-map=${map}`, program];
}

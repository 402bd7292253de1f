// The program as a process.

import config from "../../deno.json" with { type: "json" };

/**
 * Returns the arguments of Deno that run the program.
 *
 * @param folder A folder for the import map: the program gets no configuration, as after its
 * installation.
 */
export async function programArgs(folder: string): Promise<string[]> {
  const imports = { ...config.imports, ...config.scopes["file:///"] };
  const map = `${folder}/imports.json`;
  await Deno.writeTextFile(map, JSON.stringify({ imports }));
  const program = new URL("../../src/cli/mod.ts", import.meta.url).pathname;
  return ["run", "-A", "--no-lock", "--no-check", `--import-map=${map}`, program];
}

// Runs test files in groups. Deno starts an isolate for each file that it is given, and loads all
// modules that the file imports into it. For most files, that takes longer than their tests.

import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Modules that import test files. Disposing of them removes them. */
export interface GroupedFiles extends AsyncDisposable {
  /** Their paths. */
  readonly paths: readonly string[];
}

/** Options of {@linkcode groupFiles}. */
export interface Grouping {
  /** The folder whose folder `tests` contains the files. */
  readonly cwd: string;
  /** The files that come first, and each in a group of its own; relative to `cwd`. */
  readonly first: readonly string[];
  /** The number of other files in a group. They are neighbours, which import the same modules. */
  readonly size: number;
}

/** Writes modules that import all test files of a folder. */
export async function groupFiles({ cwd, first, size }: Grouping): Promise<GroupedFiles> {
  const all = await Array.fromAsync(testFiles(cwd, "tests"));
  const others = all.filter((file) => !first.includes(file)).sort();
  const groups = first.map((file) => [file]);
  while (others.length > 0) groups.push(others.splice(0, size));
  // In the project, because Deno ignores no files of it if a path outside is among the arguments.
  const folder = await Deno.makeTempDir({ dir: cwd, prefix: ".tests-" });
  const paths = await Promise.all(groups.map(async (group, index) => {
    const path = join(folder, `group_${index + 1}.ts`);
    const imports = group.map((file) => `import "${pathToFileURL(join(cwd, file))}";\n`);
    await Deno.writeTextFile(path, imports.join(""));
    return path;
  }));
  return { paths, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

/** Yields the paths of the test files in a folder, relative to `cwd`. */
async function* testFiles(cwd: string, folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(join(cwd, folder))) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* testFiles(cwd, path);
    else if (name.endsWith("_test.ts")) yield path;
  }
}

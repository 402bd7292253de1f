// Groups test files. Deno starts an isolate for each file that it is given, and loads all modules
// that the file imports into it. For most files, that takes longer than their tests.

import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Modules that import test files. Disposing of them removes them. */
export interface GroupedFiles extends AsyncDisposable {
  /** Their paths. */
  readonly paths: readonly string[];
}

/** Options of {@linkcode groupFiles}. Paths are relative to `cwd`. */
export interface Grouping {
  /** The project's folder, whose folder `tests` contains the files. */
  readonly cwd: string;
  /** The files that come first, each in a group of its own. */
  readonly first: readonly string[];
  /** The folders whose other files are in groups. */
  readonly folders: readonly string[];
  /** The maximum number of files in a group, which are of one folder. */
  readonly size: number;
}

/**
 * Writes a module for each group of test files, which imports them. Each file that is not in one of
 * the folders has its own module. Their names tell the files or the folder, because the report of a
 * test begins with the name of its module.
 */
export async function groupFiles(
  { cwd, first, folders, size }: Grouping,
): Promise<GroupedFiles> {
  const all = await Array.fromAsync(testFiles(cwd, "tests"));
  const rest = new Set(all.filter((file) => !first.includes(file)).sort());
  const groups: [name: string, files: readonly string[]][] = [];
  for (const folder of folders) {
    const files = [...rest].filter((file) => file.startsWith(`${folder}/`));
    for (const file of files) rest.delete(file);
    for (let number = 1; files.length > 0; number++) {
      groups.push([`${folder}/group_${number}`, files.splice(0, size)]);
    }
  }
  groups.push(...[...rest].map(alone));
  // By name, so that tests that compute and tests that wait run at the same time.
  groups.sort(([one], [other]) => one < other ? -1 : 1);
  groups.unshift(...first.map(alone));
  // In the project, because Deno ignores no files of it if a path outside is among the arguments. In
  // one folder, because Deno keeps the order of arguments only for files of the same depth.
  const folder = await Deno.makeTempDir({ dir: cwd, prefix: ".tests-" });
  const paths = await Promise.all(groups.map(async ([name, files]) => {
    const path = join(folder, `${name.replace("tests/", "").replaceAll("/", ".")}.ts`);
    const imports = files.map((file) => `import "${pathToFileURL(join(cwd, file))}";\n`);
    await Deno.writeTextFile(path, imports.join(""));
    return path;
  }));
  return { paths, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

function alone(file: string): [name: string, files: readonly string[]] {
  return [file.replace(/_test\.ts$/, ""), [file]];
}

/** Yields the paths of the test files in a folder, relative to `cwd`. */
async function* testFiles(cwd: string, folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(join(cwd, folder))) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* testFiles(cwd, path);
    else if (name.endsWith("_test.ts")) yield path;
  }
}

// Lists the programs in examples/, and the services that each needs.

const root = new URL("../../", import.meta.url);

/** A program in examples/. */
export interface Example {
  /** Its path from the root of the project. */
  readonly path: string;
  /** The services in a comment of its first lines: `// needs: postgres, deno`. */
  readonly needs: readonly string[];
  /** Its imports. */
  readonly imports: readonly string[];
}

/**
 * Lists the programs in examples/: each file directly in it, and of each folder the main.ts, or
 * every file if there is no main.ts. Deeper folders contain only modules of the programs.
 */
export async function listExamples(): Promise<Example[]> {
  const paths: string[] = [];
  for (const { name, isDirectory } of await readFolder(new URL("examples/", root))) {
    if (isDirectory) paths.push(...await programsIn(`examples/${name}/`));
    else if (name.endsWith(".ts")) paths.push(`examples/${name}`);
  }
  return await Promise.all(
    paths.sort().map(async (path) => {
      const source = await Deno.readTextFile(new URL(path, root));
      const head = source.split("\n", 10).join("\n");
      const needs = head.match(/^(?:\/\/| \*) needs: (.+)$/m)?.[1]?.split(/,\s*/) ?? [];
      const imports = [...source.matchAll(/^(?:import|}) .*"(.+)";$/gm)].map(([, name]) => name!);
      return { path, needs, imports };
    }),
  );
}

async function programsIn(folder: string): Promise<string[]> {
  const entries = await readFolder(new URL(folder, root));
  const programs = entries.filter(({ name, isFile }) => isFile && name.endsWith(".ts"));
  const main = programs.filter(({ name }) => name === "main.ts");
  return (main.length > 0 ? main : programs).map(({ name }) => folder + name);
}

/**
 * The imports of a portable program: the package, modules of every server runtime, and a validator.
 */
const portableImport = /^(@evertask\/evertask|node:|zod$)/;

/** Lists the single-file programs that need no services other than `given`. */
export async function listPortableExamples(...given: string[]): Promise<Example[]> {
  const examples = await listExamples();
  return examples.filter(({ needs, imports }) =>
    needs.every((need) => given.includes(need)) &&
    imports.every((specifier) => portableImport.test(specifier))
  );
}

async function readFolder(folder: URL): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(folder));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

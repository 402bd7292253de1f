// The programs in examples/, and what each says that it needs.

const root = new URL("../../", import.meta.url);

/** A program in examples/. */
export interface Example {
  /** Its path from the root of the project. */
  readonly path: string;
  /** What a comment in its first lines asks for: `// needs: postgres, deno`. */
  readonly needs: readonly string[];
  /** What it imports. */
  readonly imports: readonly string[];
}

/**
 * Every program in examples/: the files in it, and of each folder in it the main.ts or, where there
 * is none, every file (but not what is in folders further down, which serves the programs).
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
 * What a program may import to be portable: the package, what every server's runtime has, and a
 * validator.
 */
const portableImport = /^(@evertask\/evertask|node:|zod$)/;

/** The programs that can be copied elsewhere: of one file, needing nothing but what is given. */
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

// The programs in examples/, and what each says that it needs.

const root = new URL("../../", import.meta.url);

/** A program in examples/. */
export interface Example {
  /** Its path from the root of the project. */
  readonly path: string;
  /** What a comment in its first lines asks for: `// needs: postgres, deno`. */
  readonly needs: readonly string[];
}

/** Every program in examples/: the files in it, and the main.ts of each folder in it. */
export async function listExamples(): Promise<Example[]> {
  const paths: string[] = [];
  for (const { name, isDirectory } of await readFolder(new URL("examples/", root))) {
    if (isDirectory) paths.push(`examples/${name}/main.ts`);
    else if (name.endsWith(".ts")) paths.push(`examples/${name}`);
  }
  return await Promise.all(
    paths.sort().map(async (path) => {
      const head = (await Deno.readTextFile(new URL(path, root))).split("\n", 10).join("\n");
      const needs = head.match(/^(?:\/\/| \*) needs: (.+)$/m)?.[1]?.split(/,\s*/) ?? [];
      return { path, needs };
    }),
  );
}

/** The programs that can be copied elsewhere: of one file, needing nothing but what is given. */
export async function listPortableExamples(...given: string[]): Promise<Example[]> {
  const examples = await listExamples();
  return examples.filter(({ path, needs }) =>
    !path.endsWith("/main.ts") && needs.every((need) => given.includes(need))
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

// Finds files, and folders, that import each other in a circle. Type-only imports and re-exports
// count, because a reader of one file in a circle must read all of them.

import { onImports, resolveImport } from "./architecture_rules.ts";

/** The imports of each file (or folder), as paths from the root of the project. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** Reports the path of each relative import. */
const collector: Deno.lint.Plugin = {
  name: "collector",
  rules: {
    imports: {
      create: (context) =>
        onImports((node) => {
          const specifier = String(node.value);
          if (!specifier.startsWith(".")) return;
          context.report({ node, message: resolveImport(context.filename, specifier) });
        }),
    },
  },
};

/** The relative imports of a source text, as paths from the root of the project. */
export function importsOf(path: string, source: string): string[] {
  return Deno.lint.runPlugin(collector, path, source).map(({ message }) => message);
}

/** The folders of files, and the other folders that each of them imports. */
export function foldersOf(graph: ImportGraph, folderOf: (file: string) => string): ImportGraph {
  const folders = new Map<string, string[]>();
  for (const [file, imported] of graph) {
    const folder = folderOf(file);
    const others = imported.map(folderOf).filter((other) => other !== folder);
    folders.set(folder, [...folders.get(folder) ?? [], ...others]);
  }
  return folders;
}

/** The groups of files (or folders) that reach each other by imports; sorted, as is each group. */
export function findCircles(graph: ImportGraph): string[][] {
  const reached = new Map([...graph.keys()].map((file) => [file, reachableFrom(file, graph)]));
  const circles = new Map<string, string[]>();
  for (const [file, ahead] of reached) {
    if (!ahead.has(file)) continue;
    const circle = [...ahead].filter((other) => reached.get(other)?.has(file)).sort();
    circles.set(circle[0]!, circle);
  }
  return [...circles.values()].sort((a, b) => a[0]! < b[0]! ? -1 : 1);
}

/** The files that a file reaches by one or more imports. */
function reachableFrom(file: string, graph: ImportGraph): Set<string> {
  const reached = new Set<string>();
  const waiting = [...graph.get(file) ?? []];
  while (waiting.length > 0) {
    const next = waiting.pop()!;
    if (reached.has(next)) continue;
    reached.add(next);
    waiting.push(...graph.get(next) ?? []);
  }
  return reached;
}

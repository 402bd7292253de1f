// Compiles a program that uses the package from npm with each version of TypeScript. It checks the
// package's declarations (`skipLibCheck: false`), but not those of the compiler itself, with each
// setting that a program may have.

import config from "../../deno.json" with { type: "json" };
import { makeNpmProject, type NpmProject } from "../support/npm_project.ts";
import { runCommand } from "../support/run_command.ts";

/** The newest version of each supported TypeScript release. */
export const compilers = ["5.4", "5.5", "5.6", "5.7", "5.8", "5.9", "6", "7"];

/** The settings that differ between the programs of users. */
export interface Setting {
  readonly module: "node16" | "nodenext" | "bundler";
  /** Whether the DOM's types are loaded. */
  readonly dom: boolean;
  /** Whether `@types/node` is installed. */
  readonly node: boolean;
}

/** All settings. */
export const settings: readonly Setting[] = (["node16", "nodenext", "bundler"] as const).flatMap(
  (module) => [false, true].flatMap((dom) => [false, true].map((node) => ({ module, dom, node }))),
);

/** Returns a readable name of a setting. */
export function nameOf({ module, dom, node }: Setting): string {
  return `module ${module}, lib es2022${dom ? " and dom" : ""}${node ? ", @types/node" : ""}`;
}

const entryPoints = Object.keys(config.exports).map((path) => path.replace(/^\./, config.name));

/**
 * A program that imports everything, and uses types that differ between compilers and their
 * libraries.
 */
const program = `
${entryPoints.map((name, i) => `import * as entry${i} from "${name}";`).join("\n")}
import { createEverTask } from "${config.name}";
import { memoryStorage } from "${config.name}/memory";

export const everything = [${entryPoints.map((_, i) => `entry${i}`).join(", ")}];

export async function main(): Promise<void> {
  const random = (bytes: Uint8Array) => void bytes.fill(7);
  await using everTask = createEverTask({ storage: memoryStorage(), tasks: [], random });
  await everTask.start();
}
`;

const typeTests = ["json", "no_payload", "payload", "schedule", "task"].map((name) =>
  `${name}_types.ts`
);

/** Makes a project with the package and compilers in it. */
export async function makeCompilerProject(versions: readonly string[]): Promise<NpmProject> {
  const aliases = versions.map((version) => `typescript-${version}@npm:typescript@${version}`);
  const project = await makeNpmProject(
    ["zod", "@opentelemetry/api", "@types/node@22", ...aliases],
    [],
  );
  await Deno.writeTextFile(`${project.folder}/program.ts`, program);
  for (const name of typeTests) {
    const source = new URL(`../types/${name}`, import.meta.url);
    await Deno.copyFile(source, `${project.folder}/${name}`);
  }
  return project;
}

/**
 * Compiles the program with each setting. With `nodenext` and `@types/node`, also compiles the
 * tests of the package's types. Compiles all settings in one process, because a new process is slow
 * at first.
 *
 * @throws {Error} With the compiler's output, if there is any.
 */
export async function compile(
  { folder }: NpmProject,
  version: string,
  settings: readonly Setting[],
): Promise<void> {
  const projects = await Promise.all(settings.map(async (setting) => {
    const name = `tsconfig ${version} ${nameOf(setting)}.json`.replace(/[^\w.]+/g, "-");
    await Deno.writeTextFile(`${folder}/${name}`, JSON.stringify(configOf(setting)));
    return name;
  }));
  const compiler = `${folder}/node_modules/typescript-${version}/bin/tsc`;
  const options = { cwd: folder, timeout: 600_000 }; // takes seconds on an idle machine
  await runCommand("node", [compiler, "--build", ...projects], options);
}

function configOf({ module, dom, node }: Setting): object {
  const withTypeTests = node && module === "nodenext";
  return {
    compilerOptions: {
      noEmit: true,
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      skipDefaultLibCheck: true,
      target: "es2022",
      lib: dom ? ["es2022", "dom"] : ["es2022"],
      types: node ? ["node"] : [],
      ...(module === "bundler" ? { module: "esnext", moduleResolution: module } : { module }),
    },
    files: withTypeTests ? ["program.ts", ...typeTests] : ["program.ts"],
  };
}

// A project with the package as users of npm get it: packed and installed in an empty folder, with
// the versions of Node to test.

import config from "../../deno.json" with { type: "json" };
import { packForNpm } from "../../.ci/pack_npm.ts";
import { runCommand } from "./run_command.ts";

/** A folder with packages installed. */
export interface NpmProject extends AsyncDisposable {
  /** Where it is. */
  readonly folder: string;
  /** Installs more packages: in the versions of deno.json, or as `name@version`. */
  install(packages: readonly string[]): Promise<void>;
  /** The program of a requested version of Node. */
  nodeProgram(version: string): string;
}

/** Whether npm is installed here. */
export async function hasNpm(): Promise<boolean> {
  try {
    await runCommand("npm", ["--version"]);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Makes a project.
 *
 * @param packages The packages to install with it: see {@linkcode NpmProject.install}.
 * @param nodeVersions Which versions of Node to install; `22` is its newest.
 */
export async function makeNpmProject(
  packages: readonly string[],
  nodeVersions: readonly string[],
): Promise<NpmProject> {
  const folder = await Deno.makeTempDir({ prefix: "evertask-npm-" });
  await packForNpm(`${folder}/package.tgz`);
  const os = Deno.build.os === "windows" ? "win" : Deno.build.os;
  const arch = Deno.build.arch === "x86_64" ? "x64" : "arm64";
  const imports: Record<string, string> = { ...config.imports, ...config.scopes["file:///"] };
  const dependencies: Record<string, string> = { [config.name]: "file:package.tgz" };
  const install = async (packages: readonly string[]) => {
    for (const wanted of packages) {
      const [, name = wanted, version] = wanted.match(/^(@?[^@]+)@(.+)$/) ?? [];
      dependencies[name] = version ?? imports[name]!.replace(`npm:${name}@`, "");
    }
    const project = { private: true, type: "module", dependencies };
    await Deno.writeTextFile(`${folder}/package.json`, JSON.stringify(project));
    const quiet = ["--no-audit", "--no-fund", "--no-package-lock", "--prefer-offline"];
    await runCommand("npm", ["install", "--ignore-scripts", ...quiet], {
      cwd: folder,
      timeout: 600_000,
    });
  };
  for (const version of nodeVersions) {
    dependencies[`node${version}`] = `npm:node-${os}-${arch}@${version}`;
  }
  await install(packages);
  return {
    folder,
    install,
    nodeProgram: (version) => `${folder}/node_modules/node${version}/bin/node`,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

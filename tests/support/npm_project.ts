// Makes a project that uses the package as npm users get it: packed, and installed in an empty
// folder. Also provides the versions of Node to run the project with.

import { delimiter, join } from "node:path";
import config from "../../deno.json" with { type: "json" };
import { packForNpm } from "../../.ci/pack_npm.ts";
import { runCommand } from "./run_command.ts";
import { sharedByRun } from "./shared_by_run.ts";

/** A folder with packages installed. */
export interface NpmProject extends AsyncDisposable {
  /** Where it is. */
  readonly folder: string;
  /** Copies it, with the packages. Takes a tenth of the time of an installation. */
  copy(): Promise<NpmProject>;
  /** Installs more packages: in the versions of deno.json, or as `name@version`. */
  install(packages: readonly string[]): Promise<void>;
  /** The program of a requested version of Node. */
  nodeProgram(version: string): string;
}

/** Whether npm is installed here. */
export async function hasNpm(): Promise<boolean> {
  const folders = (Deno.env.get("PATH") ?? "").split(delimiter);
  const found = await Promise.all(folders.map((folder) => isFile(join(folder, "npm"))));
  return found.includes(true);
}

function isFile(path: string): Promise<boolean> {
  return Deno.stat(path).then(({ isFile }) => isFile, () => false);
}

/**
 * Makes a project.
 *
 * @param packages The packages to install with it: see {@linkcode NpmProject.install}.
 * @param nodeVersions The versions of Node to run programs with; `22` is the newest 22.x.
 */
export async function makeNpmProject(
  packages: readonly string[],
  nodeVersions: readonly string[],
): Promise<NpmProject> {
  const folder = await Deno.makeTempDir({ prefix: "evertask-npm-" });
  const nodes = await nodePrograms(nodeVersions, folder);
  const packed = await sharedByRun("npmPackage");
  if (packed === null) await packForNpm(`${folder}/package.tgz`);
  else await Deno.copyFile(packed, `${folder}/package.tgz`);
  const project = projectIn(folder, { [config.name]: "file:package.tgz" }, nodes);
  await project.install(packages);
  return project;
}

function projectIn(
  folder: string,
  dependencies: Record<string, string>,
  nodes: ReadonlyMap<string, string>,
): NpmProject {
  const imports: Record<string, string> = { ...config.imports, ...config.scopes["file:///"] };
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
  return {
    folder,
    async copy() {
      const other = await Deno.makeTempDir({ prefix: "evertask-npm-" });
      // With the times of the files, which npm compares.
      await runCommand("cp", ["-a", `${folder}/.`, other]);
      return projectIn(other, { ...dependencies }, nodes);
    },
    install,
    nodeProgram: (version) => nodes.get(version)!,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/**
 * Downloads versions of Node to Deno's cache, and returns the path of each program. npm would
 * unpack 120 MB per version for every project.
 *
 * @param folder A folder without a configuration that would change the result.
 */
async function nodePrograms(
  versions: readonly string[],
  folder: string,
): Promise<Map<string, string>> {
  const programs = new Map<string, string>();
  if (versions.length === 0) return programs;
  const os = Deno.build.os === "windows" ? "win" : Deno.build.os;
  const arch = Deno.build.arch === "x86_64" ? "x64" : "arm64";
  const specifier = (version: string) => `npm:node-${os}-${arch}@${version}`;
  const deno = (...args: string[]) => runCommand(Deno.execPath(), args, { cwd: folder });
  await deno("cache", "--no-lock", ...versions.map(specifier));
  for (const version of versions) {
    const { stdout } = await deno("info", "--no-lock", "--json", specifier(version));
    const { npmPackages }: { npmPackages: Record<string, { localPath: string }> } = JSON.parse(
      stdout,
    );
    programs.set(version, `${Object.values(npmPackages)[0]!.localPath}/bin/node`);
  }
  return programs;
}

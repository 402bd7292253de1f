// Installs the other libraries and their runtimes from npm into a temporary folder, so that this
// project does not depend on them.

import { runCommand } from "../../tests/support/run_command.ts";

const system = Deno.build.os === "windows" ? "win" : Deno.build.os;
const processor = Deno.build.arch === "x86_64" ? "x64" : "arm64";

const packages: Readonly<Record<string, string>> = {
  "bullmq": "6",
  "bun-runtime": `npm:@oven/bun-${system}-${processor}@1`,
  "graphile-worker": "0.18",
  "ioredis": "5",
  "node-runtime": `npm:node-${system}-${processor}@24`,
  "pg-boss": "12",
  "plainjob": "0.0.14",
};

/** A folder in which the contenders can be run. */
export interface Installation extends AsyncDisposable {
  readonly folder: string;
  readonly node: string;
  readonly bun: string;
  /** The installed packages, with versions. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Installs the libraries, and copies our programs that use them. */
export async function installPeers(): Promise<Installation> {
  const folder = await Deno.makeTempDir({ prefix: "evertask-peers-" });
  const project = { private: true, type: "module", dependencies: packages };
  await Deno.writeTextFile(`${folder}/package.json`, JSON.stringify(project));
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"];
  await runCommand("npm", ["install", ...options], { cwd: folder, timeout: 300_000 });
  const programs = new URL("contenders/", import.meta.url);
  for await (const { name } of Deno.readDir(programs)) {
    if (name.endsWith(".mjs")) await Deno.copyFile(new URL(name, programs), `${folder}/${name}`);
  }
  const versions: Record<string, string> = {};
  for (const name of Object.keys(packages)) {
    const manifest = await Deno.readTextFile(`${folder}/node_modules/${name}/package.json`);
    versions[name] = JSON.parse(manifest).version;
  }
  return {
    folder,
    node: `${folder}/node_modules/node-runtime/bin/node`,
    bun: `${folder}/node_modules/bun-runtime/bin/bun`,
    versions,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

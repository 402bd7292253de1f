// A project of its own for Node, with the packed package in it, as users of npm have it.

import config from "../../../deno.json" with { type: "json" };
import { runCommand } from "../../support/run_command.ts";

const root = new URL("../../../", import.meta.url);

/** A folder with packages installed, and a Node to run programs in it. */
export interface NodeProject extends AsyncDisposable {
  /** Starts a program of tests/monitor/node/; its output is read line by line. */
  start(program: string, ...args: string[]): RunningProgram;
}

/** A program that runs. */
export interface RunningProgram extends AsyncDisposable {
  /** Resolves to the next line that it writes, parsed as JSON. */
  next<T>(): Promise<T>;
  /** Closes its input, which these programs take as a request to end, and waits for the end. */
  end(): Promise<void>;
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

/** Makes a project with the package and some dependencies, named as in deno.json or with a version. */
export async function makeNodeProject(...packages: string[]): Promise<NodeProject> {
  const folder = await Deno.makeTempDir({ prefix: "evertask-node-" });
  await runCommand(Deno.execPath(), ["pack", "--allow-dirty", `--output=${folder}/package.tgz`], {
    cwd: root,
  });
  const os = Deno.build.os === "windows" ? "win" : Deno.build.os;
  const arch = Deno.build.arch === "x86_64" ? "x64" : "arm64";
  const imports: Record<string, string> = config.imports;
  const dependencies = Object.fromEntries(
    packages.map((name) => [name, imports[name]!.replace(`npm:${name}@`, "")]),
  );
  await Deno.writeTextFile(
    `${folder}/package.json`,
    JSON.stringify({
      private: true,
      type: "module",
      dependencies: {
        ...dependencies,
        [config.name]: "file:package.tgz",
        node: `npm:node-${os}-${arch}@22`,
      },
    }),
  );
  const quiet = ["--no-audit", "--no-fund", "--no-package-lock", "--prefer-offline"];
  await runCommand("npm", ["install", "--ignore-scripts", ...quiet], {
    cwd: folder,
    timeout: 180_000,
  });
  return {
    start: (program, ...args) => startProgram(folder, program, args),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

function startProgram(folder: string, program: string, args: string[]): RunningProgram {
  Deno.copyFileSync(new URL(`../node/${program}`, import.meta.url), `${folder}/${program}`);
  const child = new Deno.Command(`${folder}/node_modules/node/bin/node`, {
    args: ["--disable-warning=ExperimentalWarning", program, ...args],
    cwd: folder,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const lines = readLines(child.stdout);
  const end = async () => {
    await child.stdin.close().catch(() => {});
    for await (const _ of lines);
    const { code } = await child.status;
    if (code !== 0) throw new Error(`${program} ended with exit code ${code}.`);
  };
  return {
    async next() {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${program} ended too early.`);
      return JSON.parse(value);
    },
    end,
    [Symbol.asyncDispose]: end,
  };
}

async function* readLines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

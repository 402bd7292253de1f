// Runs the programs of tests/monitor/node/ with Node, in a project with the packed package
// installed.

import type { NpmProject } from "../../support/npm_project.ts";

const nodeVersion = "22";

/** A program that runs. */
export interface RunningProgram extends AsyncDisposable {
  /** Resolves to the next line that it writes, parsed as JSON. */
  next<T>(): Promise<T>;
  /** Closes its input, which asks these programs to end, and waits for the exit. */
  end(): Promise<void>;
}

/** Starts a program of tests/monitor/node/; its output is read line by line. */
export function startProgram(
  project: NpmProject,
  program: string,
  ...args: string[]
): RunningProgram {
  const { folder } = project;
  Deno.copyFileSync(new URL(`../node/${program}`, import.meta.url), `${folder}/${program}`);
  const child = new Deno.Command(project.nodeProgram(nodeVersion), {
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

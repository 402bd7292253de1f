// Tests each mutant in a copy of the project, so that the checkout never changes.

import { join } from "node:path";
import { runCommand } from "../support/run_command.ts";
import type { Mutant } from "./mutant.ts";

const root = new URL("../../", import.meta.url).pathname;

/** The result of a mutant. */
export interface Finding {
  readonly mutant: Mutant;
  readonly verdict:
    /** A test failed. */
    | "noticed"
    /** All tests passed. */
    | "unnoticed"
    /** The tests did not end in time, so no assertion detected it. */
    | "hang"
    /** The tests could not be loaded, so none of them detected it. */
    | "broken"
    /** The original code does not occur in the file, or occurs more than once. */
    | "gone";
  /** The test that failed first, and its error's first line. */
  readonly by: string | null;
  readonly seconds: number;
}

/** A copy of the files under version control. */
export class Workshop implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(): Promise<Workshop> {
    const folder = await Deno.makeTempDir({ prefix: "evertask-mutants-" });
    const list = ["ls-files", "--cached", "--others", "--exclude-standard"];
    const { stdout } = await runCommand("git", list, { cwd: root });
    for (const path of stdout.trim().split("\n")) {
      const target = join(folder, path);
      await Deno.mkdir(join(target, ".."), { recursive: true });
      await Deno.copyFile(join(root, path), target).catch(ignoreDeleted);
    }
    return new Workshop(folder);
  }

  /** Applies the mutant, runs its tests, and reverts it. */
  async examine(mutant: Mutant, limitSeconds: number): Promise<Finding> {
    const path = join(this.#folder, mutant.file);
    const source = await Deno.readTextFile(path).catch(() => "");
    if (source.split(mutant.original).length !== 2) {
      return { mutant, verdict: "gone", by: null, seconds: 0 };
    }
    await this.#write(mutant.file, source.replace(mutant.original, () => mutant.replacement));
    try {
      return { mutant, ...await this.#test(mutant, limitSeconds) };
    } finally {
      await this.#write(mutant.file, source);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }

  /** Writes a file; SQL is embedded into the module that the drivers load. */
  async #write(file: string, text: string): Promise<void> {
    await Deno.writeTextFile(join(this.#folder, file), text);
    if (!file.endsWith(".sql")) return;
    await runCommand(Deno.execPath(), ["task", "sql"], { cwd: this.#folder });
  }

  async #test(mutant: Mutant, limitSeconds: number): Promise<Omit<Finding, "mutant">> {
    const startedAt = performance.now();
    const filter = mutant.filter === undefined ? [] : ["--filter", mutant.filter];
    const options = ["-A", "--no-check", "--fail-fast", "--permit-no-files", ...filter];
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "tests/offline/deno.ts", "test", ...options, ...mutant.tests],
      cwd: this.#folder,
      env: { NO_COLOR: "1", ...mutant.env },
      stdout: "piped",
      stderr: "piped",
      // A process group of its own: the tests start processes, which must not outlive them.
      detached: true,
    }).spawn();
    let hangs = false;
    const timer = setTimeout(() => {
      hangs = true;
      Deno.kill(-command.pid, "SIGKILL");
    }, limitSeconds * 1000);
    const { success, stdout, stderr } = await command.output();
    clearTimeout(timer);
    const seconds = (performance.now() - startedAt) / 1000;
    if (hangs) return { verdict: "hang", by: null, seconds };
    if (success) return { verdict: "unnoticed", by: null, seconds };
    const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    const by = firstFailure(output);
    return { verdict: by === null ? "broken" : "noticed", by, seconds };
  }
}

/** The name of the first test that failed, and its error; null when no test did. */
function firstFailure(output: string): string | null {
  const [, name, error] = output.match(/ERRORS\s+\n(.+?) => [^\n]+\nerror: ([^\n]*)/) ?? [];
  return name === undefined || /\(uncaught error\)/.test(name) ? null : `${name}: ${error}`;
}

function ignoreDeleted(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

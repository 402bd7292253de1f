// Runs the command line in the process of the tests, on a terminal that records what is written.

import type { ExitCode } from "../../src/cli/frame/command.ts";
import type { Host } from "../../src/cli/frame/host.ts";
import type { Output } from "../../src/cli/text/output.ts";
import { LocalStore } from "../../src/cli/process/local_store.ts";
import { openDashboard } from "../../src/cli/process/open_dashboard.ts";
import { openMaintenance } from "../../src/cli/process/open_maintenance.ts";
import { makeStorage } from "../../src/cli/process/open_storage.ts";
import { runProgram } from "../../src/cli/program.ts";
import { RemoteStore } from "../../src/cli/remote/remote_store.ts";
import { Requests } from "../../src/cli/remote/requests.ts";
import type { Target } from "../../src/cli/frame/target.ts";
import { type Clock, systemClock } from "../../src/time/clock.ts";

/** The surroundings of a run. */
export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  /** The width of the terminal; without it, the output is a pipe. */
  readonly columns?: number;
  /** The answer of the person to the question that is asked. */
  readonly answer?: string;
  readonly configured?: Target;
  readonly clock?: Clock;
  readonly interrupted?: AbortSignal;
  /** Called with each text that is written to the standard output. */
  readonly onOutput?: (text: string) => void;
}

/** The result of a run. */
export interface Run {
  readonly code: ExitCode;
  readonly out: string;
  readonly err: string;
}

/** The name of the operator in tests. */
export const operator = "ada@web-1";

/** Runs a command. */
export async function runCli(argv: readonly string[], around: Surroundings = {}): Promise<Run> {
  const written = { out: "", err: "" };
  const output = (name: "out" | "err"): Output => ({
    isTerminal: around.columns !== undefined,
    columns: around.columns ?? 80,
    hasColours: false,
    write(text) {
      written[name] += text;
      if (name === "out") around.onOutput?.(text);
      return Promise.resolve();
    },
  });
  const host: Host = {
    stdout: output("out"),
    stderr: output("err"),
    clock: around.clock ?? systemClock,
    user: operator,
    interrupted: around.interrupted ?? new AbortController().signal,
    env: (name) => around.env?.[name],
    readTextFile: (path) => Promise.resolve(around.files?.[path] ?? ""),
    ask(question) {
      written.err += question;
      return Promise.resolve(around.answer ?? null);
    },
    configured: () => Promise.resolve(around.configured ?? null),
    async open(target) {
      if (target.kind === "api") return new RemoteStore(new Requests(target));
      return new LocalStore(await makeStorage(target), target.tasks);
    },
    storage: makeStorage,
    maintain: openMaintenance,
    serve: openDashboard,
  };
  const code = await runProgram(argv, "1.2.3", host);
  return { code, ...written };
}

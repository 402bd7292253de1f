// The process of the program: signals, broken pipes and the exit code.

import { constants } from "node:os";
import process from "node:process";
import { isBrokenPipe, runProgram } from "../program.ts";
import { version } from "../../ids/version.ts";
import { processHost } from "./host.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs the program `evertask`, and ends the process. The first signal ends the program after the
 * current change; a second signal ends the program at once.
 *
 * @param args The arguments. @default the arguments of the process
 */
export async function main(args: readonly string[] = process.argv.slice(2)): Promise<never> {
  const interrupted = new AbortController();
  let received: (typeof signals)[number] | null = null;
  for (const signal of signals) {
    process.on(signal, () => {
      if (received !== null) process.exit(128 + constants.signals[signal]);
      received = signal;
      interrupted.abort();
    });
  }
  // Node warns that node:sqlite is experimental. Users of the program cannot change that.
  process.removeAllListeners("warning");
  // Without a listener, a broken pipe would end the process with a stack trace. The write that
  // fails reports the error.
  process.stdout.on("error", () => {});
  process.stderr.on("error", () => {});
  const code = await run(args, interrupted.signal);
  process.exit(received === null ? code : 128 + constants.signals[received]);
}

/**
 * Runs the program. Returns its exit code, which is the code of SIGPIPE if the output has no
 * reader.
 */
async function run(args: readonly string[], interrupted: AbortSignal): Promise<number> {
  try {
    return await runProgram(args, version, processHost(interrupted));
  } catch (error) {
    if (isBrokenPipe(error)) return 128 + constants.signals.SIGPIPE;
    throw error;
  }
}

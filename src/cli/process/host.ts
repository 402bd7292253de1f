// The host of the command line: this process, in Deno, Node or Bun.

import { readFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import process from "node:process";
import { createInterface } from "node:readline/promises";
import type { WriteStream } from "node:tty";
import { messageOf } from "../../thrown/describe_error.ts";
import { systemClock } from "../../time/clock.ts";
import { nextMacrotask } from "../../time/macrotask.ts";
import type { Host } from "../frame/host.ts";
import type { Output } from "../text/output.ts";
import { RemoteStore } from "../remote/remote_store.ts";
import { Requests } from "../remote/requests.ts";
import { UsageError } from "../frame/usage_error.ts";
import { readConfiguration } from "./configuration.ts";
import { LocalStore } from "./local_store.ts";
import { openDashboard } from "./open_dashboard.ts";
import { openMaintenance } from "./open_maintenance.ts";
import { makeStorage } from "./open_storage.ts";

const defaultColumns = 80;

/** Makes the host of this process. */
export function processHost(interrupted: AbortSignal): Host {
  const stdout = outputOf(process.stdout);
  const stderr = outputOf(process.stderr);
  return {
    stdout,
    stderr,
    clock: systemClock,
    user: operatingUser(),
    interrupted,
    env: (name) => process.env[name] || undefined,
    readTextFile(path) {
      try {
        return Promise.resolve(readFileSync(path === "-" ? 0 : path, "utf8"));
      } catch (error) {
        throw new UsageError(`${path} cannot be read: ${messageOf(error)}`, { cause: error });
      }
    },
    async ask(question) {
      if (!process.stdin.isTTY || !stderr.isTerminal) return null;
      const lines = createInterface({ input: process.stdin, output: process.stderr });
      // The input may end without an answer, for example after Ctrl-D.
      const ended = new Promise<null>((resolve) => lines.once("close", () => resolve(null)));
      // While the question is open, Ctrl-C arrives as a character instead of a signal.
      lines.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
      try {
        const answer = lines.question(question, { signal: interrupted });
        const given = await Promise.race([answer, ended]);
        if (given === null) await stderr.write("\n");
        return given ?? "";
      } catch (error) {
        if (!interrupted.aborted) throw error;
        return "";
      } finally {
        lines.close();
      }
    },
    configured: readConfiguration,
    async open(target) {
      if (target.kind === "api") return new RemoteStore(new Requests(target));
      return new LocalStore(await makeStorage(target), target.tasks);
    },
    storage: makeStorage,
    maintain: openMaintenance,
    serve: openDashboard,
  };
}

function outputOf(stream: NodeJS.WriteStream | WriteStream): Output {
  const isTerminal = stream.isTTY === true;
  return {
    isTerminal,
    // A terminal may not tell its size, as in some containers.
    get columns() {
      return isTerminal && stream.columns > 0 ? stream.columns : defaultColumns;
    },
    hasColours: isTerminal && !process.env.NO_COLOR && process.env.TERM !== "dumb",
    // A write to a terminal is synchronous. The turn of the event loop lets signals arrive, too.
    write: (text) =>
      new Promise((resolve, reject) => {
        stream.write(text, (error) => error ? reject(error) : nextMacrotask(resolve));
      }),
  };
}

/**
 * Returns the user and the host, such as `ada@web-1`. A container may have no name for its user.
 */
function operatingUser(): string {
  const name = () => {
    try {
      return userInfo().username;
    } catch {
      return process.env.USER ?? `user ${process.getuid?.() ?? "unknown"}`;
    }
  };
  return `${name()}@${hostname()}`.slice(0, 200);
}

// Describes this process to the operators of other processes. The core is independent of runtimes,
// so it reads what all of them tell.

import { version } from "../ids/version.ts";
import type { WorkerProcess } from "../storage/records.ts";
import { readMember } from "../thrown/reading.ts";

/** Describes the process by what a runtime has as its globals. */
export function describeProcess(globals: unknown): WorkerProcess {
  const own = readMember(globals, "process");
  const pid = readMember(own, "pid");
  const userAgent = readMember(readMember(globals, "navigator"), "userAgent");
  const node = readMember(readMember(own, "versions"), "node");
  const runtime = typeof userAgent === "string" && userAgent !== ""
    ? userAgent
    : typeof node === "string"
    ? `Node.js/${node}`
    : "";
  return { version, runtime, pid: typeof pid === "number" && pid > 0 ? pid : null };
}

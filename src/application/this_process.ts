// Describes this process to the operators of other processes. The core must work in any runtime, so
// it reads only globals, and each of them may be missing.

import { version } from "../ids/version.ts";
import type { WorkerProcess } from "../storage/records.ts";
import { readMember } from "../thrown/reading.ts";

/**
 * Returns the version of this library, and the runtime and process id that `globals` has.
 *
 * @param globals The runtime's global object.
 */
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

// Describes this process to the operators of other processes. The core must work in any runtime, so
// it reads only globals, and each of them may be missing.

import { version } from "../ids/version.ts";
import type { WorkerProcess } from "../storage/records.ts";
import { readMember } from "../thrown/reading.ts";

/**
 * Returns the version of this library, and the runtime and process id that `globals` has.
 *
 * @param globals The runtime's global object.
 * @param applicationVersion The version of the application; null if unknown.
 */
export function describeProcess(
  globals: unknown,
  applicationVersion: string | null,
): WorkerProcess {
  const own = readMember(globals, "process");
  const pid = readMember(own, "pid");
  return {
    version,
    applicationVersion,
    runtime: runtimeOf(globals),
    pid: typeof pid === "number" && pid > 0 ? pid : null,
  };
}

/**
 * Returns the host name of this machine. Never asks for a permission: without
 * `--allow-sys=hostname`, Deno does not tell the name, and the result is the name of the runtime.
 *
 * @param globals The runtime's global object.
 */
export function hostOf(globals: unknown): string {
  const name = readHostName(globals);
  return typeof name === "string" && name !== "" ? name : runtimeOf(globals);
}

function readHostName(globals: unknown): unknown {
  const deno = readMember(globals, "Deno") as DenoRuntime | undefined;
  const node = readMember(globals, "process") as NodeProcess | undefined;
  try {
    if (deno === undefined) return node?.getBuiltinModule("node:os").hostname();
    const { state } = deno.permissions.querySync({ name: "sys", kind: "hostname" });
    return state === "granted" ? deno.hostname() : undefined;
  } catch {
    return undefined; // the runtime has no such function
  }
}

/** What Deno has for reading the host name. */
interface DenoRuntime {
  readonly permissions: {
    querySync(permission: { name: "sys"; kind: "hostname" }): { readonly state: string };
  };
  hostname(): string;
}

/** What Node has for reading the host name. */
interface NodeProcess {
  getBuiltinModule(name: "node:os"): { hostname(): string };
}

function runtimeOf(globals: unknown): string {
  const own = readMember(globals, "process");
  const userAgent = readMember(readMember(globals, "navigator"), "userAgent");
  const node = readMember(readMember(own, "versions"), "node");
  if (typeof userAgent === "string" && userAgent !== "") return userAgent;
  return typeof node === "string" ? `Node.js/${node}` : "";
}

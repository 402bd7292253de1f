// Runs a deno command with the packages that deno.json declares or, if the JSR registry is
// unreachable, with substitutes for those that the tests need. Only this program uses the lock
// file: Deno installs every package that a lock file names, and the demo needs only a few of them.
//
//   deno run -A tests/offline/deno.ts test …
//
// No other file depends on whether the packages or their substitutes are used. Resources that test
// files share exist until this process ends.

import { offerShared } from "../support/shared_by_run.ts";
import { testEverything } from "./test_everything.ts";

const standIns: Record<string, string> = {
  "@std/assert": import.meta.resolve("./assert.ts"),
  "@std/async": import.meta.resolve("./async.ts"),
};

const root = new URL("../../", import.meta.url);

async function isReachable(registry: string): Promise<boolean> {
  try {
    const url = new URL("@std/assert/meta.json", registry);
    const response = await fetch(url, { signal: AbortSignal.timeout(3000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

async function importMapWithStandIns(): Promise<string> {
  const config = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  const imports = { ...config.imports, ...config.scopes["file:///"], ...standIns };
  return `data:application/json,${encodeURIComponent(JSON.stringify({ imports }))}`;
}

const [command = "test", ...args] = Deno.args;
const options = [`--lock=${new URL("tests/deno.lock", root).pathname}`];
if (!await isReachable(Deno.env.get("JSR_URL") ?? "https://jsr.io/")) {
  console.log("JSR is out of reach: using the stand-ins of tests/offline/ for @std packages.");
  options.push(`--import-map=${await importMapWithStandIns()}`);
}
// The number of test files that run at once. It is greater than the number of cores, because many
// files mostly wait.
const jobs = Deno.env.get("DENO_JOBS") || `${navigator.hardwareConcurrency + 3}`;
const shared = offerShared();
const env = { ...shared.env, DENO_JOBS: jobs };
const namesFiles = args.some((arg) => !arg.startsWith("-"));
const code = command === "test" && !namesFiles
  ? await testEverything({ args: [...options, ...args], env })
  : (await new Deno.Command(Deno.execPath(), { args: [command, ...options, ...args], env })
    .spawn().status).code;
await shared[Symbol.asyncDispose]();
Deno.exit(code);

// Runs `deno doc --lint` on every entry point that deno.json exports, so that a new one cannot be
// forgotten.

import config from "../../deno.json" with { type: "json" };

const root = new URL("../../", import.meta.url);
const entryPoints = Object.values<string>(config.exports);
const deno = new Deno.Command(Deno.execPath(), {
  args: ["doc", "--lint", ...entryPoints],
  cwd: root,
  stdout: "null",
});
Deno.exit((await deno.spawn().status).code);

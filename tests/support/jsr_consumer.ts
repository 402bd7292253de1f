// An empty project that depends on the package as a registry like JSR serves it.

import config from "../../deno.json" with { type: "json" };
import { type CommandOutput, runCommand } from "./run_command.ts";

const deno = Deno.execPath();

/** A project. */
export interface JsrConsumer extends AsyncDisposable {
  /** Where it is. */
  readonly folder: string;
  /** Its cache of packages. */
  readonly cache: string;
  /** Runs a deno command in it. */
  run(...args: string[]): Promise<CommandOutput>;
}

/**
 * Makes a project. Deno gets a separate cache, since entries of a registry on a temporary port are
 * useless later.
 *
 * @param env The environment variables that point Deno to the registry.
 * @param options `sharesNpm`: whether the npm packages of the machine's cache count as downloaded.
 */
export async function makeJsrConsumer(
  env: Record<string, string>,
  { sharesNpm = true } = {},
): Promise<JsrConsumer> {
  const folder = await Deno.makeTempDir({ prefix: "evertask-consumer-" });
  const cache = `${folder}/.deno`;
  await Deno.mkdir(cache);
  if (sharesNpm) {
    const { npmCache } = JSON.parse((await runCommand(deno, ["info", "--json"])).stdout);
    await Deno.symlink(npmCache, `${cache}/npm`);
  }
  const imports = {
    [config.name]: `jsr:${config.name}@${config.version}`,
    zod: config.imports.zod,
  };
  await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify({ imports, lock: false }));
  return {
    folder,
    cache,
    run: (...args) => runCommand(deno, args, { cwd: folder, env: { ...env, DENO_DIR: cache } }),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

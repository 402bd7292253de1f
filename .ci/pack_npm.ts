// Packs the package for npm. Extends the output of `deno pack` with settings that deno.json cannot
// express.
//
//   deno task pack evertask.tgz

const root = new URL("../", import.meta.url);

/** The used part of the package.json that `deno pack` writes. */
interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, { readonly types: string }>>;
}

/**
 * Packages that applications install themselves if they need them. OpenTelemetry's API must be the
 * copy that the application's SDK uses, because any other copy silently records nothing. The others
 * are needed only for `@evertask/evertask/api` and `/dashboard`.
 */
const broughtAlong = ["@opentelemetry/api", "@hono/zod-openapi", "hono"];

/** Returns a package.json with the settings that `deno pack` does not write. */
function complete(written: Manifest): object {
  const entries = Object.entries(written.dependencies);
  const isBroughtAlong = ([name]: [string, string]) => broughtAlong.includes(name);
  // mssql is loaded when a SQL Server store is opened, so users of other stores do not need it.
  const peers = { mssql: ">=11", ...Object.fromEntries(entries.filter(isBroughtAlong)) };
  return {
    ...written,
    bin: { evertask: "./bin/evertask.js" },
    dependencies: Object.fromEntries(entries.filter((entry) => !isBroughtAlong(entry))),
    engines: { node: ">=22.13" },
    peerDependencies: peers,
    peerDependenciesMeta: Object.fromEntries(
      Object.keys(peers).map((name) => [name, { optional: true }]),
    ),
  };
}

/** Adds a reference to runtime.d.ts to the declarations of every entry point. */
async function declareRuntime(folder: string, { exports }: Manifest): Promise<void> {
  await Deno.copyFile(new URL("runtime.d.ts", import.meta.url), `${folder}/runtime.d.ts`);
  for (const { types } of Object.values(exports)) {
    const depth = types.split("/").length - 2; // 0 for ./mod.d.ts
    const reference = `/// <reference path="./${"../".repeat(depth)}runtime.d.ts" />\n`;
    const declarations = `${folder}/${types}`;
    const text = await Deno.readTextFile(declarations);
    // The declarations of the program `./cli` are empty. Without an export, no module could import
    // it.
    const end = /^export\b/m.test(text) ? "" : "export {};\n";
    await Deno.writeTextFile(declarations, reference + text + end);
  }
}

/** Adds the program, which `npx evertask` runs. In Deno, the entry point `./cli` is a program. */
async function addProgram(folder: string): Promise<void> {
  await Deno.mkdir(`${folder}/bin`);
  const source = `#!/usr/bin/env node
import { main } from "../src/cli/process/main.js";

await main();
`;
  await Deno.writeTextFile(`${folder}/bin/evertask.js`, source, { mode: 0o755 });
}

/** Writes the package to a file, without source maps, which would triple its size. */
export async function packForNpm(file: string): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "evertask-pack-" });
  try {
    const packed = `${folder}/packed.tgz`;
    await run(Deno.execPath(), "pack", "--allow-dirty", "--no-source-maps", `--output=${packed}`);
    await run("tar", "-xzf", packed, "-C", folder);
    const manifest = `${folder}/package/package.json`;
    const written: Manifest = JSON.parse(await Deno.readTextFile(manifest));
    await Deno.writeTextFile(manifest, JSON.stringify(complete(written), null, 2));
    await declareRuntime(`${folder}/package`, written);
    await addProgram(`${folder}/package`);
    await run("tar", "-czf", file, "-C", folder, "package");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function run(program: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args, cwd: root }).output();
  if (!success) throw new Error(`${program} failed:\n${new TextDecoder().decode(stderr)}`);
}

if (import.meta.main) {
  const [file] = Deno.args;
  if (file === undefined) throw new Error("Name the file to write: deno task pack evertask.tgz");
  await packForNpm(file);
}

// Tests the package as JSR serves it: publishes it to a local registry, and imports it from there
// in Deno.

import { assertEquals, assertStringIncludes } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { listPortableExamples } from "../support/examples.ts";
import { makeJsrConsumer } from "../support/jsr_consumer.ts";
import { startLocalJsr } from "../support/local_jsr_server.ts";
import { runCommand } from "../support/run_command.ts";

const root = new URL("../../", import.meta.url);
const deno = Deno.execPath();

Deno.test("the package contains only what its users need", async () => {
  // Without a check of the types: the next test checks them in the published package.
  const args = ["publish", "--allow-dirty", "--no-provenance", "--dry-run", "--no-check"];
  const { stderr: report } = await runCommand(deno, args, { cwd: root, env: { NO_COLOR: "1" } });
  const files = [...report.matchAll(/^\s+(file:\S+) \(/gm)].map(([, url]) =>
    url!.slice(root.href.length)
  );
  const foreign = files.filter((path) =>
    !/^(CHANGELOG\.md|LICENSE|README\.md|deno\.json|mod\.ts|(src|drivers|sql)\/.+\.(ts|sql|md|css|html|svg)|(bench|examples|src\/dashboard\/screenshots)\/.+\.(md|svg|png))$/
      .test(path)
  );
  assertEquals(foreign, []);
  for (const entry of Object.values<string>(config.exports)) {
    assertStringIncludes(files.join("\n"), entry.slice("./".length));
  }
  // The package's pages on JSR have only its own files, so links to other files are dead.
  const dead: string[] = [];
  for (const path of files.filter((path) => path.endsWith(".md"))) {
    const guide = new URL(path, root);
    const links = (await Deno.readTextFile(guide)).matchAll(/\]\((?!https?:|#|mailto:)([^)\s#]+)/g);
    for (const [, target] of links) {
      const linked = new URL(target!, guide).href.slice(root.href.length);
      if (!files.includes(linked)) dead.push(`${path}: ${target}`);
    }
  }
  assertEquals(dead, []);
  // Two imports have a specifier that is known only at run time: mssql, which the driver imports
  // when it is opened, and the configuration file of the command line.
  const warnings = report.matchAll(/^warning\[(\S+)\].*\n\s*--> (.*?):\d/gm);
  assertEquals(
    Array.from(warnings, ([, kind, path]) => [kind, path!.slice(root.pathname.length)]),
    [
      ["unanalyzable-dynamic-import", "drivers/sqlserver/load_mssql.ts"],
      ["unanalyzable-dynamic-import", "src/cli/process/configuration.ts"],
    ],
  );
});

Deno.test("a program in Deno imports every entry point of the published package", async (t) => {
  await using registry = await startLocalJsr();
  const env = { JSR_URL: registry.url, NO_COLOR: "1" };
  await using consumer = await makeJsrConsumer(env);
  const programs = new Map<string, string>();
  const write = async (name: string, source: string) => {
    const path = `program${programs.size}.ts`;
    await Deno.writeTextFile(`${consumer.folder}/${path}`, source);
    programs.set(name, path);
  };
  const entryPoints = Object.keys(config.exports).map((path) => path.replace(/^\./, config.name));
  for (const name of entryPoints) {
    await write(
      name,
      `(self as unknown as Worker).postMessage(Object.keys(await import("${name}")).sort());`,
    );
  }
  await write("all", inWorkers(programs));
  const examples = await listPortableExamples("deno");
  for (const { path } of examples) await write(path, await Deno.readTextFile(new URL(path, root)));

  await t.step("its types are complete", async () => {
    await consumer.run("check", ...programs.values());
  });
  await t.step("each entry point can be imported alone", async () => {
    const { stdout } = await consumer.run("run", "-A", programs.get("all")!);
    const expected = await Promise.all(
      entryPoints.map(async (name) => [name, Object.keys(await import(name)).sort()]),
    );
    assertEquals(JSON.parse(stdout), Object.fromEntries(expected));
  });
  await t.step("the program evertask runs", async () => {
    const cli = `jsr:${config.name}@${config.version}/cli`;
    const storage = ["--storage=sqlite:program.db", "--json"];
    await consumer.run("run", "-A", cli, "migrate", ...storage);
    const { stdout } = await consumer.run("run", "-A", cli, "status", ...storage);
    assertEquals(JSON.parse(stdout).due, 0);
  });
  for (const { path } of examples) {
    await t.step(path, () => consumer.run("run", "-A", programs.get(path)!).then(() => {}));
  }
});

/**
 * Returns a program that runs each of `programs` in a separate worker, so that they share no
 * modules. It prints their messages by name.
 */
function inWorkers(programs: ReadonlyMap<string, string>): string {
  return `
    const messages: Record<string, unknown> = {};
    for (const [name, path] of ${JSON.stringify([...programs])}) {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      const worker = new Worker(new URL(path!, import.meta.url), { type: "module" });
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      messages[name!] = await promise;
      worker.terminate();
    }
    console.log(JSON.stringify(messages));`;
}

import { assertEquals } from "@std/assert";
import { embedSql } from "../sql/embed.ts";
import { functionsScript } from "../sql/functions_script.ts";

Deno.test("each driver loads the content of its .sql files (else: deno task sql)", async () => {
  for (const { file, source } of await embedSql()) {
    assertEquals(await Deno.readTextFile(file), source, `${file.pathname} is stale`);
  }
});

Deno.test("an embedded file equals the file, with any characters", async () => {
  const embedded = await embedSql();
  for (const { file: module } of embedded.filter(({ file }) => file.pathname.endsWith(".ts"))) {
    const { sqlFiles } = await import(module.href) as { sqlFiles: Record<string, string> };
    const store = module.pathname.split("/").at(-2);
    for (const [name, text] of Object.entries(sqlFiles)) {
      const file = new URL(`../sql/${store}/${name}`, import.meta.url);
      assertEquals(text, (await Deno.readTextFile(file)).replaceAll("\r\n", "\n"));
    }
  }
});

Deno.test("the revision of functions rises when a file is changed, added, renamed or removed, and stays else", async () => {
  const a = { name: "functions/a.sql", text: "SELECT 1;" };
  const b = { name: "functions/b.sql", text: "SELECT 2;" };
  const revisionOf = (script: string) => Number(/VALUES \((\d+),/.exec(script)![1]);
  const first = await functionsScript([a, b], "");
  assertEquals(revisionOf(first), 1);
  assertEquals(await functionsScript([a, b], first), first);
  for (
    const files of [[a], [a, b, { ...b, name: "c" }], [a, { ...b, name: "c" }], [a, {
      ...b,
      text: "SELECT 3;",
    }]]
  ) {
    assertEquals(revisionOf(await functionsScript(files, first)), 2);
  }
});

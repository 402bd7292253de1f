import { assertEquals } from "@std/assert";
import { embedSql } from "../sql/embed.ts";

Deno.test("what each driver loads is what stands in its .sql files (else: deno task sql)", async () => {
  for (const { module, source } of await embedSql()) {
    assertEquals(await Deno.readTextFile(module), source, `${module.pathname} is stale`);
  }
});

Deno.test("an embedded file is the file, whatever characters are in it", async () => {
  const embedded = await embedSql();
  for (const { module } of embedded) {
    const { sqlFiles } = await import(module.href) as { sqlFiles: Record<string, string> };
    const store = module.pathname.split("/").at(-2);
    for (const [name, text] of Object.entries(sqlFiles)) {
      const file = new URL(`../sql/${store}/${name}`, import.meta.url);
      assertEquals(text, (await Deno.readTextFile(file)).replaceAll("\r\n", "\n"));
    }
  }
});

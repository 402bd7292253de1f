// The guide to errors names every message that EverTask's own errors have.

import { assertEquals, assertGreater } from "@std/assert";
import { listErrorMessages } from "./support/error_messages.ts";

const root = new URL("../", import.meta.url);

/** Joins a text into one line, without backticks. */
function plain(text: string): string {
  return text.replaceAll("`", "").replaceAll(/\s+/g, " ");
}

Deno.test("the guide to errors has a section for every class, and quotes every message", async () => {
  const text = await Deno.readTextFile(new URL("src/ERRORS.md", root));
  const sections = Array.from(text.matchAll(/^### .*$/gm), ([heading]) => heading).join();
  const guide = plain(text);
  const found = await listErrorMessages(root);
  assertGreater(found.length, 40);
  const missing = found.filter(({ name, message }) =>
    !sections.includes(`\`${name}\``) || message !== null && !guide.includes(plain(message))
  );
  assertEquals(missing, []);
});

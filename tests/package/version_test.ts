// Tests that the code, deno.json and the changelog have the same version.

import { assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { version } from "../../src/ids/version.ts";

Deno.test("the code and the changelog have the version of deno.json", async () => {
  assertEquals(version, config.version);
  const changelog = await Deno.readTextFile(new URL("../../CHANGELOG.md", import.meta.url));
  assertEquals(changelog.match(/^## (?!Unreleased)(.+)$/m)?.[1], config.version);
});

// Tests the generated module with the assets of the page.

import { assert, assertEquals } from "@std/assert";
import { hashOfPage } from "../../.ci/bundle_dashboard.ts";
import { assets, hashOfPage as bundledHash } from "../../src/dashboard/assets.generated.ts";

Deno.test("the bundle is up to date (otherwise run deno task dashboard)", async () => {
  assertEquals(bundledHash, await hashOfPage());
});

Deno.test("the page has two assets with a total of at most 80 kB", () => {
  const contents = Object.values(assets);
  const bytes = contents.reduce((sum, content) => sum + atob(content).length, 0);
  assertEquals(contents.length, 2);
  assert(bytes <= 80_000, `${bytes} bytes`);
});

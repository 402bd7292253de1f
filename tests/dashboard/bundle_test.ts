// The generated module that holds the page.

import { assert, assertEquals } from "@std/assert";
import { hashOfPage } from "../../.ci/bundle_dashboard.ts";
import { assets, hashOfPage as bundledHash } from "../../src/dashboard/assets.generated.ts";

Deno.test("the bundle is made of the present files of the page (else: deno task dashboard)", async () => {
  assertEquals(bundledHash, await hashOfPage());
});

Deno.test("the page loads two assets, of at most 80 kB in all", () => {
  const contents = Object.values(assets);
  const bytes = contents.reduce((sum, content) => sum + atob(content).length, 0);
  assertEquals(contents.length, 2);
  assert(bytes <= 80_000, `${bytes} bytes`);
});

// The oldest supported PostgreSQL accepts the schema and fulfils the contract. Only one case of
// each topic is tested, because all cases test the same SQL on the newest version. With
// EVERTASK_TEST_POSTGRES_VERSION=13, every test of this folder uses the oldest version.

import { assertEquals } from "@std/assert";
import { storageConformance } from "../../../src/testing/mod.ts";
import { startPostgres } from "../../support/pg_server.ts";
import { postgresHarness } from "./harness.ts";

const oldest = "13";

Deno.test({
  name: `PostgreSQL ${oldest} passes one case of each topic of the storage contract`,
  ignore: Deno.env.has("EVERTASK_TEST_POSTGRES"),
  async fn(t) {
    await using server = await startPostgres({ version: oldest });
    assertEquals(server.version.split(".")[0], oldest);
    const database = await server.createDatabase();
    const cases = storageConformance(postgresHarness("oldest", () => Promise.resolve(database)));
    const topics = new Set<string>();
    for (const { topic, name, missing, run } of cases) {
      if (missing !== null || topics.has(topic)) continue;
      topics.add(topic);
      await t.step(`${topic}: ${name}`, run);
    }
  },
});

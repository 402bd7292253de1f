// SQL Server keeps every promise of the storage contract. All cases share a pool and a schema,
// which are created before the first case. Without a server, each case is reported as ignored.

import { storageConformance, type StorageHarness } from "../../../src/testing/mod.ts";
import { hasTarget, needsTarget } from "../../support/tsql_server/target.ts";
import { capabilities, withSqlServerHarness } from "./harness.ts";

const { promise: harness, resolve: lend, reject: fail } = Promise.withResolvers<StorageHarness>();
const { promise: end, resolve: giveBack } = Promise.withResolvers<void>();

if (hasTarget) {
  let lending: Promise<void>;
  Deno.test.beforeAll(() => {
    lending = withSqlServerHarness((each) => {
      lend(each);
      return end;
    });
    lending.catch(fail);
  });
  Deno.test.afterAll(() => {
    giveBack();
    return lending;
  });
}

const cases = storageConformance({
  name: "sqlserver",
  capabilities,
  create: async () => (await harness).create(),
});
for (const { topic, name, missing, run } of cases) {
  const { name: title, ignore } = needsTarget(`sqlserver: ${topic}: ${name}`);
  Deno.test({
    name: missing === null ? title : `${title} (needs ${missing})`,
    ignore: ignore || missing !== null,
    fn: run,
    // The pool makes connections when they are needed, and keeps them for the next case.
    sanitizeOps: false,
    sanitizeResources: false,
  });
}

// PostgreSQL keeps every promise of the storage contract.

import { registerConformance } from "../../support/conformance.ts";
import { startPostgres } from "../../support/pg_server.ts";
import { postgresHarness } from "./harness.ts";

const server = await startPostgres();
const database = await server.createDatabase();
Deno.test.afterAll(() => server.stop());

registerConformance(postgresHarness("postgres", () => Promise.resolve(database)));

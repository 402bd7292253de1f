// Dispatches in a transaction of kysely over postgres.js, passed as `connection`.
//
// needs: postgres

import { createEverTask, defineTask } from "@evertask/evertask";
import { postgresStorage } from "@evertask/evertask/postgres";
import { CamelCasePlugin, type Generated, Kysely, sql } from "kysely";
import { PostgresJSDialect } from "kysely-postgres-js";
import postgres from "postgres";

interface Database {
  users: { id: Generated<number>; emailAddress: string };
}

const client = postgres(Deno.env.get("EVERTASK_POSTGRES_URL")!, { onnotice: () => {} });
const db = new Kysely<Database>({
  dialect: new PostgresJSDialect({ postgres: client }),
  plugins: [new CamelCasePlugin()],
});
await sql`CREATE TABLE users (id serial PRIMARY KEY, email_address text NOT NULL)`.execute(db);

const { promise: welcomed, resolve: welcome } = Promise.withResolvers<string>();

const sendWelcomeEmail = defineTask<{ email: string }>({
  type: "send-welcome-email",
  handle: ({ email }) => welcome(email),
});

const everTask = createEverTask({ storage: postgresStorage(client), tasks: [sendWelcomeEmail] });
await everTask.start();

/** Stores a user and the task that welcomes them, in one transaction. */
async function register(email: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx.insertInto("users").values({ emailAddress: email }).execute();
    await everTask.dispatch(sendWelcomeEmail, { email }, { connection: trx });
    if (!email.includes("@")) throw new Error(`${email} is not an address`);
  });
}

await register("nobody").catch((error: Error) => console.log(`Refused: ${error.message}`));
await register("ada@example.org");
console.log(`Welcomed ${await welcomed}.`);

await everTask.stop();
const stored = await db.selectFrom("users").selectAll().execute();
const [{ tasks }] = await client<[{ tasks: number }]>`
  SELECT count(*)::int AS tasks FROM evertask.queued_tasks`;
if (stored.length !== 1 || tasks !== 1) {
  throw new Error(`expected one user and one task, found ${stored.length} and ${tasks}`);
}
await db.destroy();

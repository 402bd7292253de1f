// Dispatches in a transaction of drizzle-orm over postgres.js, passed as `connection`.
//
// needs: postgres

import { createEverTask, defineTask } from "@evertask/evertask";
import { postgresStorage } from "@evertask/evertask/postgres";
import { drizzle } from "drizzle-orm/postgres-js";
import { pgTable, serial, text } from "drizzle-orm/pg-core";
import postgres from "postgres";

const users = pgTable("users", { id: serial().primaryKey(), email: text().notNull() });

const sql = postgres(Deno.env.get("EVERTASK_POSTGRES_URL")!, { onnotice: () => {} });
const db = drizzle(sql);
await db.execute("CREATE TABLE users (id serial PRIMARY KEY, email text NOT NULL)");

const { promise: welcomed, resolve: welcome } = Promise.withResolvers<string>();

const sendWelcomeEmail = defineTask<{ email: string }>({
  type: "send-welcome-email",
  handle: ({ email }) => welcome(email),
});

const everTask = createEverTask({ storage: postgresStorage(sql), tasks: [sendWelcomeEmail] });
await everTask.start();

/** Stores a user and the task that welcomes them, in one transaction. */
async function register(email: string): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.insert(users).values({ email });
    await everTask.dispatch(sendWelcomeEmail, { email }, { connection: tx });
    if (!email.includes("@")) throw new Error(`${email} is not an address`);
  });
}

await register("nobody").catch((error: Error) => console.log(`Refused: ${error.message}`));
await register("ada@example.org");
console.log(`Welcomed ${await welcomed}.`);

await everTask.stop();
const stored = await db.$count(users);
const [{ tasks }] = await sql<[{ tasks: number }]>`
  SELECT count(*)::int AS tasks FROM evertask.queued_tasks`;
if (stored !== 1 || tasks !== 1) {
  throw new Error(`expected one user and one task, found ${stored} and ${tasks}`);
}
await sql.end();

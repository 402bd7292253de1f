// Dispatches a task in the transaction that stores an order, over postgres.js, so that the task
// exists only if the order does. The handler commits its own writes together with the task's
// completion.
//
// needs: postgres

import { createEverTask, defineTask } from "@evertask/evertask";
import { postgresStorage } from "@evertask/evertask/postgres";
import postgres from "postgres";

const sql = postgres(Deno.env.get("EVERTASK_POSTGRES_URL")!, { onnotice: () => {} });
await sql`CREATE TABLE orders (id int PRIMARY KEY, email text NOT NULL, confirmed boolean DEFAULT false)`;

const { promise: confirmed, resolve: confirm } = Promise.withResolvers<number>();

const confirmOrder = defineTask<{ orderId: number }>({
  type: "confirm-order",
  async handle({ orderId }, { complete }) {
    await sql.begin(async (transaction) => {
      await transaction`UPDATE orders SET confirmed = true WHERE id = ${orderId}`;
      await complete(transaction);
    });
  },
  onCompleted: async () => {
    const [row] = await sql`SELECT id FROM orders WHERE confirmed`;
    confirm(row!.id);
  },
});

const everTask = createEverTask({ storage: postgresStorage(sql), tasks: [confirmOrder] });
await everTask.start();

await sql.begin(async (transaction) => {
  await transaction`INSERT INTO orders (id, email) VALUES (1, 'ada@example.org')`;
  await everTask.dispatch(confirmOrder, { orderId: 1 }, { connection: transaction });
});

try {
  await sql.begin(async (transaction) => {
    await everTask.dispatch(confirmOrder, { orderId: 2 }, { connection: transaction });
    throw new Error("the card was refused");
  });
} catch (error) {
  console.log(`Order 2: ${(error as Error).message}, and its task does not exist.`);
}

console.log(`Order ${await confirmed} is confirmed.`);
await everTask.stop();
const [{ count }] = await sql<[{ count: number }]>`
  SELECT count(*)::int AS count FROM evertask.queued_tasks`;
if (count !== 1) throw new Error(`expected one task, found ${count}`);
await sql.end();

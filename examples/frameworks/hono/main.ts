// Hono, in Deno, Node or Bun.

import process from "node:process";
import { stopOnSignals } from "@evertask/evertask";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { everTask, port, runsTasks, shipOrder } from "../shop/application.ts";

const app = new Hono();

app.post("/orders", async (context) => {
  const { item, address } = await context.req.json();
  const { id } = await everTask.dispatch(shipOrder, { item, address }); // resolves once it is stored
  return context.json({ id }, 202);
});

app.get("/orders/:id", async (context) => {
  const task = await everTask.get(context.req.param("id"));
  return task === null ? context.notFound() : context.json({ status: task.status });
});

if (runsTasks) await everTask.start();
const server = serve({ fetch: app.fetch, port }, () => console.log(`Listening on ${port}`));

// Stops the server first, because requests may dispatch, and then the tasks.
const application = {
  async stop() {
    await new Promise((resolve) => server.close(resolve));
    await everTask.stop();
  },
};
const signal = await stopOnSignals(application, process).stopped;
console.log(`Stopped by ${signal}`);

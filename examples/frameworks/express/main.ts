// Express, in Node or Deno.

import process from "node:process";
import { stopOnSignals } from "@evertask/evertask";
// @ts-types="@types/express"
import express from "express";
import { everTask, port, runsTasks, shipOrder } from "../shop/application.ts";

const app = express();
app.use(express.json());

// Express 5 passes errors of async handlers to its error handling.
app.post("/orders", async (request, response) => {
  const { item, address } = request.body;
  const { id } = await everTask.dispatch(shipOrder, { item, address }); // resolves once it is stored
  response.status(202).json({ id });
});

app.get("/orders/:id", async (request, response) => {
  const task = await everTask.get(request.params.id);
  if (task === null) response.sendStatus(404);
  else response.json({ status: task.status });
});

if (runsTasks) await everTask.start();
const server = app.listen(port, () => console.log(`Listening on ${port}`));

// Stops the server first, because requests may dispatch, and then the tasks.
const application = {
  async stop() {
    await new Promise((resolve) => server.close(resolve));
    await everTask.stop();
  },
};
const signal = await stopOnSignals(application, process).stopped;
console.log(`Stopped by ${signal}`);

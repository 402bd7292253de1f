// Fastify, in Node or Deno: its hooks start and stop the instance with the server.

import process from "node:process";
import { stopOnSignals } from "@evertask/evertask";
import Fastify from "fastify";
import { everTask, port, runsTasks, shipOrder } from "../shop/application.ts";

const app = Fastify();

app.post<{ Body: { item: string; address: string } }>("/orders", async (request, reply) => {
  const { item, address } = request.body;
  const { id } = await everTask.dispatch(shipOrder, { item, address }); // resolves once it is stored
  return reply.code(202).send({ id });
});

app.get<{ Params: { id: string } }>("/orders/:id", async (request, reply) => {
  const task = await everTask.get(request.params.id);
  return task === null ? reply.code(404).send() : { status: task.status };
});

if (runsTasks) app.addHook("onReady", () => everTask.start());
app.addHook("onClose", () => everTask.stop()); // called when no request is in progress

await app.listen({ port });
console.log(`Listening on ${port}`);
const signal = await stopOnSignals({ stop: () => app.close() }, process).stopped;
console.log(`Stopped by ${signal}`);

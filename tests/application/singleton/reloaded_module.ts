// A module of an application, which the test evaluates repeatedly, like hot reload.

import { createEverTask, defineTask } from "../../../mod.ts";
import { type Evaluation, world } from "./world.ts";

const evaluation: Evaluation = { version: world.nextVersion++, ran: [] };

const greet = defineTask<string>({
  type: "greet",
  async handle(name, { signal }) {
    evaluation.ran.push(name);
    await world.duringRun(name, signal);
  },
});

export const everTask = createEverTask({
  storage: world.connect(),
  tasks: [greet],
  singleton: world.name,
  logger: world.logger,
});

/** Handles a request of the application. */
export function dispatchGreeting(name: string): Promise<{ id: string }> {
  return everTask.dispatch(greet, name);
}

export { evaluation };

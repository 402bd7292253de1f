// A module as an application has it, which the test evaluates again and again, as hot reload does.

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

/** What a request does. */
export function dispatchGreeting(name: string): Promise<{ id: string }> {
  return everTask.dispatch(greet, name);
}

export { evaluation };

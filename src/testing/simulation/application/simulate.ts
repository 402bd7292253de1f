// simulate: runs an application in many simulated worlds.

import { headlineOf } from "../../../thrown/describe_error.ts";
import { checkHistory } from "../../checker/check_history.ts";
import { readTasks } from "../../kit/read_tasks.ts";
import { type StoredTask, toStoredTask } from "../../kit/stored_task.ts";
import { dated } from "../../../time/dated.ts";
import { failsAlike, type Failure, shrinkPlan } from "../shrinking.ts";
import { World as SimulatedWorld } from "../world.ts";
import { applicationPrograms, applicationTasks } from "./application_program.ts";
import { type ApplicationPlan, drawPlan } from "./draw_plan.ts";
import { parseSimulation, type ResolvedSimulation, type SimulateOptions } from "./options.ts";
import { SimulationError } from "./simulation_error.ts";

/**
 * Runs an application's own tasks and handlers in many simulated worlds, each drawn from a seed. A
 * world has one to three processes, each with its own clock, and a slow network that loses requests
 * and answers. Processes are killed, frozen and started again. A run takes milliseconds, and the
 * same seed gives the same run. At the end of each run, `check` tells whether the promises of the
 * application hold. The promises of EverTask are checked, too.
 *
 * @example A handler that is not idempotent
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { defineTask } from "@evertask/evertask";
 * import { MemoryDatabase, memoryStorage } from "@evertask/evertask/memory";
 * import { simulate, SimulationError } from "@evertask/evertask/testing";
 *
 * const charge = defineTask<{ order: number }>({
 *   type: "charge",
 *   handle: ({ order }) => void charged.push(order),
 * });
 * let charged: number[] = [];
 *
 * const run = simulate({
 *   storage(clock) {
 *     const database = new MemoryDatabase({ clock });
 *     return () => memoryStorage({ database });
 *   },
 *   setUp: () => void (charged = []),
 *   tasks: [charge],
 *   scenario: {
 *     "order 1": ({ everTask }) => everTask.dispatch(charge, { order: 1 }),
 *   },
 *   check: () => assertEquals(charged.length, new Set(charged).size, "an order was charged twice"),
 * });
 * await assertRejects(() => run, SimulationError, "an order was charged twice");
 * ```
 *
 * @throws {SimulationError} At the first seed that finds a fault. The error names the seed, and has
 * the history, reduced to the steps that the fault needs.
 * @throws {InvalidArgumentError} If an option is invalid.
 */
export async function simulate<World = undefined>(options: SimulateOptions<World>): Promise<void> {
  const simulation = parseSimulation(options);
  const names = Object.keys(simulation.scenario);
  for (let i = 0; i < simulation.seeds; i++) {
    const seed = simulation.firstSeed + i;
    const trial = new Trial(simulation);
    const failure = await trial.try(drawPlan(seed, names));
    if (failure === null) continue;
    const again = await failsAlike(failure, failure.scenario, (plan) => trial.try(plan));
    if (again === null) throw new SimulationError(seed, unrepeatable(failure));
    const small = await shrinkPlan(again, (plan) => trial.try(plan));
    await trial.try(small.scenario); // sets the cause
    throw new SimulationError(seed, small, trial.cause);
  }
}

/** Runs plans of an application. */
class Trial<World> {
  readonly #simulation: ResolvedSimulation<World>;
  /** The error of the application's check in the last run; undefined if the check passed. */
  cause: unknown = undefined;

  constructor(simulation: ResolvedSimulation<World>) {
    this.#simulation = simulation;
  }

  /** Runs and checks a plan. Returns null if it breaks no rule and the check passes. */
  async try(plan: ApplicationPlan): Promise<Failure<ApplicationPlan> | null> {
    const { storage, setUp, check, lastsMs } = this.#simulation;
    const world = setUp();
    const programs = applicationPrograms(this.#simulation, world);
    let tasks: StoredTask[] = [];
    const history = await new SimulatedWorld(plan, storage, programs, applicationTasks, lastsMs)
      .play(async (store) => {
        tasks = (await readTasks(store, {})).map((record) => toStoredTask(dated(record)));
      });
    const broken = checkHistory(history);
    this.cause = undefined;
    try {
      await check({ world, tasks });
    } catch (error) {
      this.cause = error;
      broken.push(`not so: the check of the application: ${headlineOf(error)}`);
    }
    return broken.length === 0 ? null : { scenario: plan, history, broken };
  }
}

/** Adds a line to a failure: a second run of the same plan did not fail. */
function unrepeatable(failure: Failure<ApplicationPlan>): Failure<ApplicationPlan> {
  const reason = "It did not happen again with the same seed: a handler waits for something else " +
    "than its context, `sleep` and `call`, or state is left from the run before.";
  return { ...failure, broken: [...failure.broken, reason] };
}

// The options of simulations of applications.

import type { EverTask } from "../../../application/ever_task.ts";
import {
  checkCallback,
  checkCount,
  checkFunction,
  checkList,
  checkOptions,
  isPlain,
} from "../../../guards/argument_checks.ts";
import { InvalidArgumentError } from "../../../guards/errors.ts";
import type { OptionNames } from "../../../guards/option_names.ts";
import type { Storage } from "../../../storage/storage.ts";
import type { AnyTask } from "../../../task/task.ts";
import type { Clock } from "../../../time/clock.ts";
import { type Duration, toMilliseconds } from "../../../time/duration.ts";
import type { StoredTask } from "../../kit/stored_task.ts";
import type { SimulationSettings } from "../program.ts";

/** A process of the simulated application, as its handlers see it. */
export interface SimulatedMachine<World = undefined> {
  /** The name of the process: `p1`, `p2` … */
  readonly name: string;
  /** The result of {@linkcode SimulateOptions.setUp}. */
  readonly world: World;
  /** The clock of the process. This clock may be wrong. */
  readonly clock: Clock;
  /**
   * Resolves after a delay by the clock of the process; never if the process is killed meanwhile.
   * @param delay The delay, such as `{ seconds: 3 }`; a number is milliseconds.
   */
  sleep(delay: Duration): Promise<void>;
  /**
   * Calls a service outside of the process, such as a bank, over the simulated network. The call
   * takes time, in which the process may be killed or frozen. Rejects with a {@linkcode
   * SimulatedOutageError} if the request or its answer is lost. The service may then have been
   * called or not.
   */
  call<Result>(service: () => Result | Promise<Result>): Promise<Result>;
}

/** A process of the simulated application, as the scenario sees it. */
export interface SimulatedApp<World = undefined> extends SimulatedMachine<World> {
  /** The started instance of the process. */
  readonly everTask: EverTask;
}

/** The final state of a run. */
export interface SimulatedOutcome<World = undefined> {
  /** The result of {@linkcode SimulateOptions.setUp}. */
  readonly world: World;
  /** All stored tasks, the oldest first. */
  readonly tasks: readonly StoredTask[];
}

/** The options of {@linkcode simulate}. */
export interface SimulateOptions<World = undefined> {
  /**
   * Creates an empty store that uses a clock. Returns a function that opens a connection of a
   * process to this store.
   */
  readonly storage: (clock: Clock) => () => Storage;
  /**
   * The application's tasks, or a function that creates them for a process. Handlers must wait for
   * nothing but their context, and `sleep` and `call` of the machine that the function gets.
   * Otherwise a seed does not always give the same run.
   */
  readonly tasks: readonly AnyTask[] | ((machine: SimulatedMachine<World>) => readonly AnyTask[]);
  /**
   * The functions to call, by name. Each is called once, in the given order; the seed chooses the
   * instant and the process. A function is skipped if its process does not run at that time. If it
   * throws, the run continues, because the storage may be out of reach.
   */
  readonly scenario: Readonly<Record<string, (app: SimulatedApp<World>) => unknown>>;
  /** Creates the state of a run that all processes share, such as the fake of a service. */
  readonly setUp?: () => World;
  /**
   * Checks the final state of each run, after all faults have ended, paused queues were resumed,
   * and the tasks have run. Throws if the application has broken a promise.
   */
  readonly check?: (outcome: SimulatedOutcome<World>) => void | Promise<void>;
  /** The other options of the instances. */
  readonly settings?: SimulationSettings;
  /** The number of seeds to try. Each takes a few milliseconds. @default 100 */
  readonly seeds?: number;
  /** The first seed. @default 1 */
  readonly firstSeed?: number;
  /**
   * The time after the end of the faults for which a run continues if tasks are left, such as
   * series or delayed tasks. @default 1 minute
   */
  readonly lasts?: Duration;
}

/** The options, checked and completed with defaults. */
export interface ResolvedSimulation<World> {
  readonly storage: (clock: Clock) => () => Storage;
  readonly tasksOf: (machine: SimulatedMachine<World>) => readonly AnyTask[];
  readonly scenario: Readonly<Record<string, (app: SimulatedApp<World>) => unknown>>;
  readonly setUp: () => World;
  readonly check: (outcome: SimulatedOutcome<World>) => void | Promise<void>;
  readonly settings: SimulationSettings;
  readonly seeds: number;
  readonly firstSeed: number;
  readonly lastsMs: number;
}

const optionNames: OptionNames<SimulateOptions> = {
  storage: true,
  tasks: true,
  scenario: true,
  setUp: true,
  check: true,
  settings: true,
  seeds: true,
  firstSeed: true,
  lasts: true,
};

/** The options of instances that a simulation sets. */
const ownSettings = ["storage", "tasks", "host", "logger", "clock", "random", "singleton"];

/**
 * Parses the options.
 *
 * @throws {InvalidArgumentError} If an option is invalid.
 */
export function parseSimulation<World>(
  options: SimulateOptions<World>,
): ResolvedSimulation<World> {
  checkOptions(options, optionNames, "options");
  const { storage, tasks, scenario, setUp = () => undefined as World, check = () => {} } = options;
  const { settings = {}, seeds = 100, firstSeed = 1, lasts = { minutes: 1 } } = options;
  checkCallback(storage, "storage");
  if (typeof tasks !== "function") checkList(tasks, "tasks");
  checkScenario(scenario);
  checkFunction(setUp, "setUp");
  checkFunction(check, "check");
  checkSettings(settings);
  checkCount(seeds, "seeds");
  checkCount(firstSeed, "firstSeed");
  const lastsMs = toMilliseconds(lasts, "lasts");
  const connect = (clock: Clock) => {
    const open: unknown = storage(clock);
    if (typeof open === "function") return open as () => Storage;
    throw new InvalidArgumentError("storage", open, "return a function that opens a connection");
  };
  const tasksOf = (machine: SimulatedMachine<World>) => {
    const made = typeof tasks === "function" ? tasks(machine) : tasks;
    checkList(made, "tasks");
    return made;
  };
  return { storage: connect, tasksOf, scenario, setUp, check, settings, seeds, firstSeed, lastsMs };
}

function checkScenario(scenario: unknown): void {
  if (!isPlain(scenario)) {
    throw new InvalidArgumentError("scenario", scenario, "be an object of functions by name");
  }
  for (const [name, act] of Object.entries(scenario)) checkCallback(act, `scenario.${name}`);
}

function checkSettings(settings: unknown): void {
  if (!isPlain(settings)) {
    throw new InvalidArgumentError("settings", settings, "be an object of options");
  }
  for (const name of ownSettings) {
    if (!(name in settings)) continue;
    const value = Reflect.get(settings, name);
    throw new InvalidArgumentError(
      `settings.${name}`,
      value,
      "be left out: the simulation sets it",
    );
  }
}

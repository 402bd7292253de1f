// The program of the processes of a simulated application.

import type { EverTask } from "../../../application/ever_task.ts";
import type { DispatchResult } from "../../../task/dispatch_options.ts";
import { readMember } from "../../../thrown/reading.ts";
import { toMilliseconds } from "../../../time/duration.ts";
import type { Program, ProgramMaker, ProgramParts, ProgramSettings } from "../program.ts";
import type { TaskReading } from "../store_entries.ts";
import type { ActStep } from "./draw_plan.ts";
import type { ResolvedSimulation, SimulatedApp, SimulatedMachine } from "./options.ts";
import { recordedTask } from "./recorded_task.ts";

/** Makes the programs of a run. */
export function applicationPrograms<World>(
  simulation: ResolvedSimulation<World>,
  world: World,
): ProgramMaker<ActStep> {
  return (parts) => new ApplicationProgram(simulation, parts, world);
}

/**
 * Reads an application's tasks for the history. Their maximum number of retries is unknown, because
 * the store does not hold the retry policies of task definitions.
 */
export const applicationTasks: TaskReading = {
  dispatchOf: () => 0,
  retriesOf: () => null,
  // A burst of runs may start at once. Further runs start one emission interval apart.
  limitOf: ({ key, emissionIntervalMs, graceMs, burst }) => ({
    limit: key,
    most: burst + 1,
    periodMs: Math.max(0, emissionIntervalMs - 2 * graceMs),
  }),
};

class ApplicationProgram<World> implements Program<ActStep> {
  readonly settings: ProgramSettings;
  readonly #simulation: ResolvedSimulation<World>;
  readonly #parts: ProgramParts;
  readonly #machine: SimulatedMachine<World>;
  #app: SimulatedApp<World> | null = null;
  #calls = 0;
  #unanswered = 0;
  #running = 0;

  constructor(simulation: ResolvedSimulation<World>, parts: ProgramParts, world: World) {
    const { name, machine: { clock }, recorder, reach } = parts;
    this.#simulation = simulation;
    this.#parts = parts;
    this.#machine = {
      name,
      world,
      clock,
      call: (service) =>
        this.#call("a service", () => ({ task: null, answer: "done" }), () => reach(service)),
      sleep(delay) {
        const delayMs = toMilliseconds(delay, "delay");
        return new Promise((resolve) => void clock.setTimer(resolve, delayMs));
      },
    };
    const onRunning = (change: 1 | -1) => void (this.#running += change);
    const tasks = simulation.tasksOf(this.#machine);
    this.settings = {
      leaseDuration: { seconds: 5 },
      ...simulation.settings,
      tasks: tasks.map((task) => recordedTask(task, name, recorder, onRunning)),
    };
  }

  get isBusy(): boolean {
    return this.#running > 0 || this.#unanswered > 0;
  }

  begin(everTask: EverTask): void {
    this.#app = { ...this.#machine, everTask: this.#recorded(everTask) };
  }

  ask({ act }: ActStep): void {
    const app = this.#app!;
    void this.#call(act, () => ({ task: null, answer: "done" }), async () => {
      await this.#simulation.scenario[act]!(app);
    }).catch(() => {}); // the history has the error
  }

  /** Resumes all queues. */
  calmDown(): void {
    const { queues = {} } = this.#simulation.settings;
    for (const queue of new Set(["default", "recurring", ...Object.keys(queues)])) {
      const resume = () => this.#app!.everTask.queues.resume(queue);
      void this.#call(`resume ${queue}`, () => ({ task: null, answer: "done" }), resume);
    }
  }

  /** Records the dispatches of an instance. */
  #recorded(everTask: EverTask): EverTask {
    const answerOf = ({ id, outcome }: DispatchResult) => (
      { task: this.#parts.recorder.taskName(id), answer: outcome }
    );
    return new Proxy(everTask, {
      get: (target, property) => {
        const member = Reflect.get(target, property, target);
        if (typeof member !== "function") return member;
        if (property !== "dispatch") return member.bind(target);
        return (...args: unknown[]) => {
          const what = `dispatch ${String(readMember(args[0], "type"))}`;
          return this.#call(what, answerOf, () => Reflect.apply(member, target, args));
        };
      },
    });
  }

  /** Makes a call, and records it and its result. */
  async #call<Result>(
    what: string,
    answerOf: (result: Result) => { task: string | null; answer: string },
    make: () => Promise<Result>,
  ): Promise<Result> {
    const { name, recorder } = this.#parts;
    const call = ++this.#calls;
    recorder.add(name, { kind: "asked", call, what });
    this.#unanswered++;
    const answered = (answer: { task: string | null; answer: string }) => {
      this.#unanswered--;
      recorder.add(name, { kind: "answered", call, what, ...answer });
    };
    try {
      const result = await make();
      answered(answerOf(result));
      return result;
    } catch (error) {
      answered({ task: null, answer: String(readMember(error, "name")) });
      throw error;
    }
  }
}

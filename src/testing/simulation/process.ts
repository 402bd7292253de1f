// A process of a simulated world: a real instance on its own machine.

import { EverTask } from "../../application/ever_task.ts";
import type { EverTaskOptions } from "../../application/ever_task_options.ts";
import { silentLogger } from "../../log/logger.ts";
import type { Storage } from "../../storage/storage.ts";
import { readMember } from "../../thrown/reading.ts";
import { Chance } from "./chance.ts";
import { makeTasks, optionsOf, type SimulatedTasks } from "./handlers.ts";
import { Machine } from "./machine.ts";
import { throughNetwork, type Weather } from "./network.ts";
import type { Recorder } from "./recorder.ts";
import {
  type DispatchStep,
  type MachinePlan,
  parallelism,
  retentionDays,
  type Scenario,
} from "./scenario.ts";
import type { Timeline } from "./timeline.ts";

/** The environment of a process. */
export interface ProcessParts {
  readonly timeline: Timeline;
  readonly recorder: Recorder;
  /** The store, over the network. */
  readonly store: Storage;
  readonly weather: () => Weather;
  readonly plan: MachinePlan;
  readonly scenario: Scenario;
  readonly seed: number;
  /** The ids of the tasks of answered dispatches, by the number of the dispatch. */
  readonly dispatched: Map<number, string>;
  /** Called if the process could not start and has ended. */
  readonly onFailedStart: () => void;
}

/** The result of a call of an instance. */
interface Answer {
  readonly task: string | null;
  readonly answer: string;
}

/** The lease duration, in milliseconds. */
const leaseMs = 5_000;

/** How long a dispatch is repeated while it is not answered, in milliseconds. */
const dispatchRetryMs = 4_000;

function retentionOf({ retention }: Scenario): Pick<EverTaskOptions, "retention"> {
  if (retention === null) return {};
  const limits = {
    statusAuditDays: retentionDays,
    errorAuditDays: retentionDays,
    runsAuditDays: retentionDays,
    deleteCompletedTasksAfterRetention: retention.deletesTasks,
  };
  return { retention: { ...limits, every: { seconds: 4 } } };
}

/** One process, from its start to its end. */
export class SimulatedProcess {
  readonly name: string;
  readonly #parts: ProcessParts;
  readonly #machine: Machine;
  readonly #tasks: SimulatedTasks;
  readonly #everTask: EverTask;
  #calls = 0;
  #unanswered = 0;
  #running = 0;
  #isStopping = false;

  constructor(name: string, parts: ProcessParts) {
    const { timeline, recorder, store, weather, seed } = parts;
    const chance = new Chance(seed);
    this.name = name;
    this.#parts = parts;
    this.#machine = new Machine(timeline, parts.plan);
    this.#tasks = makeTasks(this.#machine, name, recorder, (running) => {
      this.#running = running;
    });
    this.#everTask = new EverTask({
      storage: throughNetwork(store, {
        timeline,
        machine: this.#machine,
        chance: new Chance(chance.seed()),
        weather,
        losesSignals: parts.scenario.weather.lossRate > 0,
        onCarriedOut: (...carriedOut) => recorder.carriedOut(name, ...carriedOut),
      }),
      tasks: parts.plan.knows.map((type) => this.#tasks[type]),
      queues: {
        default: { parallelism: parallelism.default },
        narrow: { parallelism: parallelism.narrow },
        recurring: { parallelism: 1 },
      },
      leaseDuration: { milliseconds: leaseMs },
      poisonLimit: parts.scenario.poisonLimit,
      dispatchRetryFor: { milliseconds: dispatchRetryMs },
      ...retentionOf(parts.scenario),
      abortGrace: { seconds: 1 },
      host: name,
      logger: silentLogger,
      clock: this.#machine.clock,
      random: chance.fill,
    });
  }

  /** Whether the process has not ended. */
  get isAlive(): boolean {
    return this.#machine.isAlive;
  }

  /**
   * Whether the process waits for the result of a call, or runs a handler, which may dispatch a
   * task.
   */
  get isBusy(): boolean {
    return this.isAlive && (this.#unanswered > 0 || this.#running > 0);
  }

  start(): void {
    const { knows } = this.#parts.plan;
    this.#parts.recorder.add(this.name, { kind: "process", what: "starts", knows });
    const failed = () => {
      if (this.#isStopping || !this.isAlive) return;
      this.kill();
      this.#parts.timeline.in(1_000, this.#parts.onFailedStart);
    };
    this.#everTask.start().then(() => this.#note("started"), failed);
  }

  kill(): void {
    if (!this.isAlive) return;
    this.#machine.kill();
    this.#note("killed");
  }

  freeze(forMs: number): void {
    if (!this.#machine.isRunning) return;
    this.#machine.freeze();
    this.#note("frozen");
    this.#parts.timeline.in(forMs, () => this.thaw());
  }

  thaw(): void {
    if (!this.isAlive || this.#machine.isRunning) return;
    this.#note("thaws");
    this.#machine.thaw();
  }

  setClock(byMs: number): void {
    this.#machine.setClock(byMs);
    this.#note(`clock set by ${byMs} ms`);
  }

  /** Stops the instance. The process ends afterwards. */
  stop(timeoutMs: number): void {
    if (!this.#machine.isRunning || this.#isStopping) return;
    this.#isStopping = true;
    this.#note("stops");
    const ended = (how: string) => () => {
      this.#note(how);
      this.#machine.kill();
    };
    this.#everTask.stop({ timeout: { milliseconds: timeoutMs } })
      .then(ended("stopped"), ended("stopped with an error"));
  }

  dispatch(step: DispatchStep): void {
    const { recorder, dispatched } = this.#parts;
    this.#call(`dispatch ${step.play.number}`, async () => {
      const task = this.#tasks[step.type];
      const { id, outcome } = await this.#everTask.dispatch(task, step.play, optionsOf(step));
      if (step.transaction === "rolls back") return { task: null, answer: "rolled back" };
      dispatched.set(step.play.number, id);
      return { task: recorder.taskName(id), answer: outcome };
    });
  }

  /** Cancels the task of a dispatch, if the dispatch was answered. */
  cancel(number: number): void {
    this.#ofTask("cancel", number, (id) => this.#everTask.cancel(id));
  }

  /** Runs the task of a dispatch once more, or early, if it was answered. */
  runNow(number: number): void {
    this.#ofTask("run", number, async (id) => String(await this.#everTask.recurring.runNow(id)));
  }

  #ofTask(what: string, number: number, ask: (id: string) => Promise<string>): void {
    const id = this.#parts.dispatched.get(number);
    if (id === undefined) return;
    const task = this.#parts.recorder.taskName(id);
    this.#call(`${what} ${task}`, async () => ({ task, answer: await ask(id) }));
  }

  setQueuePaused(queue: string, paused: boolean): void {
    const { queues } = this.#everTask;
    this.#call(`${paused ? "pause" : "resume"} ${queue}`, async () => {
      await (paused ? queues.pause(queue) : queues.resume(queue));
      return { task: null, answer: "done" };
    });
  }

  /** Calls the instance, and records the result. A frozen process makes no calls. */
  #call(what: string, ask: () => Promise<Answer>): void {
    if (!this.#machine.isRunning) return;
    const { recorder } = this.#parts;
    const call = ++this.#calls;
    recorder.add(this.name, { kind: "asked", call, what });
    this.#unanswered++;
    const answered = (answer: Answer) => {
      this.#unanswered--;
      recorder.add(this.name, { kind: "answered", call, what, ...answer });
    };
    ask().then(answered, (error) => {
      answered({ task: null, answer: String(readMember(error, "name")) });
    });
  }

  #note(what: string): void {
    this.#parts.recorder.add(this.name, { kind: "process", what });
  }
}

// A simulated world: a store, and processes that start and stop, controlled by a plan.

import type { Storage } from "../../storage/storage.ts";
import type { Clock } from "../../time/clock.ts";
import { Chance } from "./chance.ts";
import type { History } from "../checker/history.ts";
import { drawnPrograms } from "./drawn_program.ts";
import { rightClock, rightTime } from "./machine.ts";
import type { Weather } from "./network.ts";
import { calmAtMs, isFault, type PlannedStep, type WorldPlan } from "./plan.ts";
import { SimulatedProcess } from "./process.ts";
import type { ProgramMaker } from "./program.ts";
import { Recorder } from "./recorder.ts";
import type { Scenario } from "./scenario.ts";
import { drawnTasks, type TaskReading } from "./store_entries.ts";
import { Timeline } from "./timeline.ts";
import { withTransactions } from "./transactions.ts";

/** Creates an empty store that uses a clock. Returns a function that connects one process to it. */
export type StoreMaker = (clock: Clock) => () => Storage;

/** The maximum time from the end of the faults to the end of all tasks, in milliseconds. */
const patienceMs = 180_000;

/** The time for which a task may be due until a process claims it, in milliseconds. */
const claimedWithinMs = 20_000;

/** Runs a scenario to its end, and returns the history. */
export async function playScenario(scenario: Scenario, makeStore: StoreMaker): Promise<History> {
  return await new World(scenario, makeStore, drawnPrograms(scenario), drawnTasks).play();
}

/** A world. */
export class World<Ask extends { readonly kind: string }> {
  readonly #patienceMs: number;
  readonly #plan: WorldPlan<Ask>;
  readonly #makeProgram: ProgramMaker<Ask>;
  readonly #timeline: Timeline;
  readonly #recorder: Recorder;
  readonly #chance: Chance;
  readonly #connect: () => Storage;
  readonly #look: Storage;
  readonly #processes: SimulatedProcess<Ask>[] = [];
  #processCount = 0;
  readonly #mayLeaveTasks: boolean;
  #isCalm = false;
  #isOver = false;

  /**
   * @param reading Reads the stored tasks for the history.
   * @param endsAfterMs How long the world lasts after the end of the faults if tasks are left, for
   * example series. If undefined, no task may be left.
   */
  constructor(
    plan: WorldPlan<Ask>,
    makeStore: StoreMaker,
    makeProgram: ProgramMaker<Ask>,
    reading: TaskReading,
    endsAfterMs?: number,
  ) {
    this.#patienceMs = endsAfterMs ?? patienceMs;
    this.#mayLeaveTasks = endsAfterMs !== undefined;
    this.#plan = plan;
    this.#makeProgram = makeProgram;
    this.#timeline = new Timeline(plan.startsAt);
    this.#recorder = new Recorder(this.#timeline, reading);
    this.#chance = new Chance(plan.seed);
    this.#connect = makeStore(rightClock(this.#timeline));
    this.#look = this.#connect();
  }

  /**
   * Runs everything to its end, and returns the history.
   *
   * @param atEnd Called with the store after all processes have ended.
   */
  async play(atEnd: (store: Storage) => Promise<void> = async () => {}): Promise<History> {
    const { machines, steps } = this.#plan;
    await this.#look.open();
    machines.forEach((_, index) => this.#start(index));
    for (const step of steps) this.#timeline.in(step.atMs, () => this.#do(step));
    await this.#timeline.advance(calmAtMs);
    this.#calmDown();
    await this.#passUntil(() => this.#isAtRest(), this.#patienceMs);
    this.#isOver = true;
    const endedBy = this.#mayLeaveTasks ? this.#timeline.now - claimedWithinMs : Infinity;
    for (const instance of this.#processes) instance.stop(0);
    const haveEnded = () => Promise.resolve(!this.#processes.some(({ isAlive }) => isAlive));
    await this.#passUntil(haveEnded, patienceMs);
    const history = await this.#recorder.end(this.#look, endedBy);
    await atEnd(this.#look);
    await this.#look.close();
    return history;
  }

  #do(step: PlannedStep<Ask>): void {
    const instance = this.#processes[step.instance]!;
    if (step.kind === "start") {
      if (!instance.isAlive) this.#start(step.instance);
    } else if (instance.isAlive) {
      if (isFault(step)) instance.suffer(step);
      else instance.ask(step);
    }
  }

  /** Ends all faults, and starts a process, so that all tasks can end. */
  #calmDown(): void {
    this.#isCalm = true;
    for (const instance of this.#processes) instance.thaw();
    const last = this.#processes.length;
    this.#start(last);
    this.#processes[last]!.calmDown();
  }

  #start(index: number): void {
    const { machines, weather } = this.#plan;
    const instance: SimulatedProcess<Ask> = new SimulatedProcess(`p${++this.#processCount}`, {
      timeline: this.#timeline,
      recorder: this.#recorder,
      store: withTransactions(this.#connect()),
      weather: () => this.#weather,
      losesSignals: weather.lossRate > 0,
      index,
      clockFault: machines[index] ?? rightTime,
      seed: this.#chance.seed(),
      makeProgram: this.#makeProgram,
      onFailedStart: () => {
        if (this.#processes[index] === instance && !this.#isOver) this.#start(index);
      },
    });
    this.#processes[index] = instance;
    instance.start();
  }

  get #weather(): Weather {
    return this.#isCalm ? { lossRate: 0, slowestMs: 5 } : this.#plan.weather;
  }

  async #isAtRest(): Promise<boolean> {
    if (this.#processes.some(({ isBusy }) => isBusy)) return false;
    const { items } = await this.#look.list({}, { limit: 1_000 });
    return items.every(({ workerId, dueAt }) => workerId === null && dueAt === null);
  }

  async #passUntil(isSo: () => Promise<boolean>, forMs: number): Promise<void> {
    for (let passedMs = 0; passedMs < forMs && !await isSo(); passedMs += 500) {
      await this.#timeline.advance(500);
    }
  }
}

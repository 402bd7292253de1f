// A simulated world: a store, and processes that start and stop, controlled by a scenario.

import type { Storage } from "../../storage/storage.ts";
import type { Clock } from "../../time/clock.ts";
import { Chance } from "./chance.ts";
import type { History } from "../checker/history.ts";
import { rightClock, rightTime } from "./machine.ts";
import type { Weather } from "./network.ts";
import { SimulatedProcess } from "./process.ts";
import { Recorder } from "./recorder.ts";
import { calmAtMs, type Scenario, type Step, taskTypes } from "./scenario.ts";
import { Timeline } from "./timeline.ts";
import { withTransactions } from "./transactions.ts";

/** Creates an empty store that uses a clock. Returns a function that connects one process to it. */
export type StoreMaker = (clock: Clock) => () => Storage;

/** The maximum time from the end of the faults to the end of all tasks, in milliseconds. */
const patienceMs = 180_000;

/** Runs a scenario to its end, and returns the history. */
export async function playScenario(scenario: Scenario, makeStore: StoreMaker): Promise<History> {
  const world = new World(scenario, makeStore);
  return await world.play();
}

class World {
  readonly #scenario: Scenario;
  readonly #timeline: Timeline;
  readonly #recorder: Recorder;
  readonly #chance: Chance;
  readonly #connect: () => Storage;
  readonly #look: Storage;
  readonly #dispatched = new Map<number, string>();
  readonly #processes: SimulatedProcess[] = [];
  #processCount = 0;
  #isCalm = false;
  #isOver = false;

  constructor(scenario: Scenario, makeStore: StoreMaker) {
    this.#scenario = scenario;
    this.#timeline = new Timeline(scenario.startsAt);
    this.#recorder = new Recorder(this.#timeline);
    this.#chance = new Chance(scenario.seed);
    this.#connect = makeStore(rightClock(this.#timeline));
    this.#look = this.#connect();
  }

  async play(): Promise<History> {
    const { machines, steps } = this.#scenario;
    await this.#look.open();
    machines.forEach((_, index) => this.#start(index));
    for (const step of steps) this.#timeline.in(step.atMs, () => this.#do(step));
    await this.#timeline.advance(calmAtMs);
    this.#calmDown();
    await this.#passUntil(() => this.#isAtRest());
    this.#isOver = true;
    for (const instance of this.#processes) instance.stop(0);
    await this.#passUntil(() => Promise.resolve(!this.#processes.some(({ isAlive }) => isAlive)));
    const history = await this.#recorder.end(this.#look);
    await this.#look.close();
    return history;
  }

  #do(step: Step): void {
    const instance = this.#processes[step.instance]!;
    if (step.kind === "start") {
      if (!instance.isAlive) this.#start(step.instance);
      return;
    }
    if (!instance.isAlive) return;
    switch (step.kind) {
      case "dispatch":
        return instance.dispatch(step);
      case "cancel":
        return instance.cancel(step.number);
      case "runNow":
        return instance.runNow(step.number);
      case "pause":
      case "resume":
        return instance.setQueuePaused(step.queue, step.kind === "pause");
      case "kill":
        return instance.kill();
      case "stop":
        return instance.stop(step.timeoutMs);
      case "freeze":
        return instance.freeze(step.forMs);
      case "setClock":
        return instance.setClock(step.byMs);
    }
  }

  /** Ends all faults, and starts a process, so that all tasks can end. */
  #calmDown(): void {
    this.#isCalm = true;
    for (const instance of this.#processes) instance.thaw();
    const last = this.#processes.length;
    this.#start(last);
    for (const queue of ["default", "narrow"]) this.#processes[last]!.setQueuePaused(queue, false);
  }

  #start(index: number): void {
    const instance: SimulatedProcess = new SimulatedProcess(`p${++this.#processCount}`, {
      timeline: this.#timeline,
      recorder: this.#recorder,
      store: withTransactions(this.#connect()),
      weather: () => this.#weather,
      plan: this.#scenario.machines[index] ?? { ...rightTime, knows: taskTypes },
      scenario: this.#scenario,
      seed: this.#chance.seed(),
      dispatched: this.#dispatched,
      onFailedStart: () => {
        if (this.#processes[index] === instance && !this.#isOver) this.#start(index);
      },
    });
    this.#processes[index] = instance;
    instance.start();
  }

  get #weather(): Weather {
    return this.#isCalm ? { lossRate: 0, slowestMs: 5 } : this.#scenario.weather;
  }

  async #isAtRest(): Promise<boolean> {
    if (this.#processes.some(({ isBusy }) => isBusy)) return false;
    const { items } = await this.#look.list({}, { limit: 1_000 });
    return items.every(({ workerId, dueAt }) => workerId === null && dueAt === null);
  }

  async #passUntil(isSo: () => Promise<boolean>): Promise<void> {
    for (let passedMs = 0; passedMs < patienceMs && !await isSo(); passedMs += 500) {
      await this.#timeline.advance(500);
    }
  }
}

// A process of a simulated world: a real instance on its own machine.

import { EverTask } from "../../application/ever_task.ts";
import { silentLogger } from "../../log/logger.ts";
import type { Storage } from "../../storage/storage.ts";
import { Chance } from "./chance.ts";
import { type ClockFault, Machine } from "./machine.ts";
import { callService, throughNetwork, type Weather } from "./network.ts";
import type { FaultDeed } from "./plan.ts";
import type { Program, ProgramMaker } from "./program.ts";
import type { Recorder } from "./recorder.ts";
import type { Timeline } from "./timeline.ts";

/** The environment of a process. */
export interface ProcessParts<Ask> {
  readonly timeline: Timeline;
  readonly recorder: Recorder;
  /** The store, over the network. */
  readonly store: Storage;
  readonly weather: () => Weather;
  /** Whether signals of the store may be lost. */
  readonly losesSignals: boolean;
  /** The index of its machine. */
  readonly index: number;
  readonly clockFault: ClockFault;
  readonly seed: number;
  readonly makeProgram: ProgramMaker<Ask>;
  /** Called if the process could not start and has ended. */
  readonly onFailedStart: () => void;
}

/** One process, from its start to its end. */
export class SimulatedProcess<Ask> {
  readonly name: string;
  readonly #parts: ProcessParts<Ask>;
  readonly #machine: Machine;
  readonly #program: Program<Ask>;
  readonly #everTask: EverTask;
  #isStopping = false;

  constructor(name: string, parts: ProcessParts<Ask>) {
    const { timeline, recorder, store, weather, losesSignals, index, seed } = parts;
    const chance = new Chance(seed);
    const machine = new Machine(timeline, parts.clockFault);
    this.name = name;
    this.#parts = parts;
    this.#machine = machine;
    const ownChance = new Chance(seed + 1);
    this.#program = parts.makeProgram({
      name,
      index,
      machine,
      recorder,
      reach: (service) => callService(service, { timeline, machine, chance: ownChance, weather }),
    });
    this.#everTask = new EverTask({
      ...this.#program.settings,
      storage: throughNetwork(store, {
        timeline,
        machine,
        chance: new Chance(chance.seed()),
        weather,
        losesSignals,
        onCarriedOut: (...carriedOut) => recorder.carriedOut(name, ...carriedOut),
      }),
      host: name,
      logger: silentLogger,
      clock: machine.clock,
      random: chance.fill,
    });
    this.#program.begin(this.#everTask);
  }

  /** Whether the process has not ended. */
  get isAlive(): boolean {
    return this.#machine.isAlive;
  }

  /** Whether the process waits for the result of a call, or runs a handler. */
  get isBusy(): boolean {
    return this.isAlive && this.#program.isBusy;
  }

  start(): void {
    const knows = this.#program.settings.tasks.map(({ type }) => type);
    this.#parts.recorder.add(this.name, { kind: "process", what: "starts", knows });
    const failed = () => {
      if (this.#isStopping || !this.isAlive) return;
      this.#kill();
      this.#parts.timeline.in(1_000, this.#parts.onFailedStart);
    };
    this.#everTask.start().then(() => this.#note("started"), failed);
  }

  /** Asks the program to do something. A frozen process ignores the request. */
  ask(ask: Ask): void {
    if (this.#machine.isRunning) this.#program.ask(ask);
  }

  /** Applies a fault to the process. */
  suffer(fault: FaultDeed): void {
    switch (fault.kind) {
      case "kill":
        return this.#kill();
      case "stop":
        return this.stop(fault.timeoutMs);
      case "freeze":
        return this.#freeze(fault.forMs);
      case "setClock":
        this.#machine.setClock(fault.byMs);
        return this.#note(`clock set by ${fault.byMs} ms`);
    }
  }

  thaw(): void {
    if (!this.isAlive || this.#machine.isRunning) return;
    this.#note("thaws");
    this.#machine.thaw();
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

  /** Called when the faults end. */
  calmDown(): void {
    this.#program.calmDown();
  }

  #kill(): void {
    if (!this.isAlive) return;
    this.#machine.kill();
    this.#note("killed");
  }

  #freeze(forMs: number): void {
    if (!this.#machine.isRunning) return;
    this.#machine.freeze();
    this.#note("frozen");
    this.#parts.timeline.in(forMs, () => this.thaw());
  }

  #note(what: string): void {
    this.#parts.recorder.add(this.name, { kind: "process", what });
  }
}

// The programs that the processes of a simulated world run.

import type { EverTask } from "../../application/ever_task.ts";
import type { EverTaskOptions } from "../../application/ever_task_options.ts";
import type { Machine } from "./machine.ts";
import type { Recorder } from "./recorder.ts";

/** The options of an instance, except those that a simulation sets itself. */
export type SimulationSettings = Omit<
  EverTaskOptions,
  "storage" | "host" | "logger" | "clock" | "random" | "singleton" | "tasks"
>;

/** The options of an instance that do not belong to the simulated world. */
export type ProgramSettings = SimulationSettings & Pick<EverTaskOptions, "tasks">;

/** The program of one process. */
export interface Program<Ask> {
  readonly settings: ProgramSettings;
  /**
   * Whether the program waits for the result of a call, or runs a handler. A handler may dispatch a
   * task.
   */
  readonly isBusy: boolean;
  /** Receives the instance of the process. Called once, before any other method. */
  begin(everTask: EverTask): void;
  /** Does what a step asks. */
  ask(ask: Ask): void;
  /** Called in one process when the faults end. Resumes the queues, so that all tasks can end. */
  calmDown(): void;
}

/** The dependencies of a program. */
export interface ProgramParts {
  /** The name of its process. */
  readonly name: string;
  /**
   * The index of its machine. A process that starts when the faults end has an additional machine,
   * with the next index.
   */
  readonly index: number;
  readonly machine: Machine;
  readonly recorder: Recorder;
  /** Calls a service that does not belong to the process, over the simulated network. */
  readonly reach: <Result>(service: () => Result | Promise<Result>) => Promise<Result>;
}

/** Makes the program of a process. */
export type ProgramMaker<Ask> = (parts: ProgramParts) => Program<Ask>;

// The program of the processes of a drawn scenario.

import type { EverTask } from "../../application/ever_task.ts";
import { Calls } from "./calls.ts";
import { makeTasks, type SimulatedTasks } from "./handlers.ts";
import type { Program, ProgramMaker, ProgramParts, ProgramSettings } from "./program.ts";
import {
  type AskDeed,
  type MachinePlan,
  parallelism,
  retentionDays,
  type Scenario,
  taskTypes,
} from "./scenario.ts";
import { runSimulated } from "./transactions.ts";

/** The lease duration, in milliseconds. */
const leaseMs = 5_000;

/** How long a dispatch is repeated while it is not answered, in milliseconds. */
const dispatchRetryMs = 4_000;

/** Makes the programs of a scenario. */
export function drawnPrograms(scenario: Scenario): ProgramMaker<AskDeed> {
  const dispatched = new Map<number, string>();
  return (parts) => new DrawnProgram(scenario, parts, dispatched);
}

class DrawnProgram implements Program<AskDeed> {
  readonly settings: ProgramSettings;
  readonly #parts: ProgramParts;
  readonly #tasks: SimulatedTasks;
  readonly #dispatched: Map<number, string>;
  #calls: Calls | null = null;
  #running = 0;

  /**
   * @param dispatched The ids of the tasks of answered dispatches, by the number of the dispatch.
   */
  constructor(scenario: Scenario, parts: ProgramParts, dispatched: Map<number, string>) {
    const { name, index, machine, recorder } = parts;
    const plan: MachinePlan | undefined = scenario.machines[index];
    this.#parts = parts;
    this.#dispatched = dispatched;
    this.#tasks = makeTasks(machine.clock, name, recorder, (running) => {
      this.#running = running;
    }, runSimulated);
    this.settings = {
      tasks: (plan?.knows ?? taskTypes).map((type) => this.#tasks[type]),
      queues: {
        default: { parallelism: parallelism.default },
        narrow: { parallelism: parallelism.narrow },
        recurring: { parallelism: 1 },
      },
      leaseDuration: { milliseconds: leaseMs },
      poisonLimit: scenario.poisonLimit,
      dispatchRetryFor: { milliseconds: dispatchRetryMs },
      ...retentionOf(scenario),
      abortGrace: { seconds: 1 },
    };
  }

  get isBusy(): boolean {
    return this.#running > 0 || this.#calls!.unanswered > 0;
  }

  begin(everTask: EverTask): void {
    const { name, recorder } = this.#parts;
    this.#calls = new Calls(
      name,
      everTask,
      this.#tasks,
      recorder,
      this.#dispatched,
      runSimulated,
    );
  }

  ask(ask: AskDeed): void {
    this.#calls!.ask(ask);
  }

  calmDown(): void {
    for (const queue of ["default", "narrow"]) this.#calls!.ask({ kind: "resume", queue });
  }
}

function retentionOf({ retention }: Scenario): Pick<ProgramSettings, "retention"> {
  if (retention === null) return {};
  const limits = {
    statusAuditDays: retentionDays,
    errorAuditDays: retentionDays,
    runsAuditDays: retentionDays,
    deleteCompletedTasksAfterRetention: retention.deletesTasks,
  };
  return { retention: { ...limits, every: { seconds: 4 } } };
}

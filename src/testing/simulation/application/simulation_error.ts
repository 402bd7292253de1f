// The error of a simulation that has found a fault.

import { EverTaskError } from "../../../guards/errors.ts";
import { formatHistory } from "../../checker/history.ts";
import type { PlannedStep } from "../plan.ts";
import type { Failure } from "../shrinking.ts";
import type { ActStep, ApplicationPlan } from "./draw_plan.ts";

/** A seed has found a fault of the application, or of EverTask. */
export class SimulationError extends EverTaskError {
  /** `SimulationError` */
  override name = "SimulationError";
  /** The seed that has found the fault. */
  readonly seed: number;
  /** What does not hold, one fault per line. */
  readonly broken: readonly string[];
  /** The history, reduced to the steps that the fault needs, with an entry per line. */
  readonly history: string;

  /**
   * Creates the error. Its message has all of these parts.
   *
   * @param seed The seed that has found the fault.
   * @param failure The failure, shrunk.
   * @param cause The error of the application's check.
   */
  constructor(seed: number, failure: Failure<ApplicationPlan>, cause?: unknown) {
    const { broken, scenario } = failure;
    const history = formatHistory(failure.history);
    super(
      [
        `Seed ${seed} has found a fault.`,
        ...broken,
        "",
        `Repeat it by { firstSeed: ${seed}, seeds: 1 }. As small as it could be made:`,
        ...networkOf(scenario),
        ...scenario.steps.map(describeStep),
        "",
        history,
      ].join("\n"),
      cause === undefined ? {} : { cause },
    );
    this.seed = seed;
    this.broken = broken;
    this.history = history;
  }
}

function networkOf({ machines, weather: { lossRate, slowestMs } }: ApplicationPlan): string[] {
  return [
    `  ${machines.length} machine${machines.length === 1 ? "" : "s"}` +
    `, a network that needs up to ${slowestMs} ms and loses ${lossRate * 100} %`,
  ];
}

function describeStep(step: PlannedStep<ActStep>): string {
  const at = `  at ${String(step.atMs).padStart(6)} ms, machine ${step.instance + 1}: `;
  switch (step.kind) {
    case "act":
      return at + step.act;
    case "kill":
      return `${at}the process is killed`;
    case "start":
      return `${at}a process is started, unless one runs`;
    case "stop":
      return `${at}the process stops`;
    case "freeze":
      return `${at}the process is frozen for ${step.forMs} ms`;
    case "setClock":
      return `${at}the clock is set by ${step.byMs} ms`;
  }
}

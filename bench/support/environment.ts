// Describes the machine and the versions that the figures depend on.

import { availableParallelism, cpus, loadavg, totalmem } from "node:os";

/** The machine and the versions. */
export interface Environment {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly deno: string;
  /** The load of the minute before the measurement. Above 1, the machine was busy. */
  readonly load: number;
  readonly date: string;
}

/** Describes this machine. */
export function environment(): Environment {
  return {
    processor: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    deno: Deno.version.deno,
    load: Math.round(loadavg()[0]! * 100) / 100,
    date: new Date().toISOString().slice(0, 10),
  };
}

/** Describes an environment in one line. */
export function describeEnvironment(machine: Environment): string {
  const { processor, cores, memoryGiB, deno, load, date } = machine;
  return `${processor}, ${cores} cores, ${memoryGiB} GiB · Deno ${deno} · ${date} · load ${load} at the start`;
}

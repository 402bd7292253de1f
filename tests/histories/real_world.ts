// Plays scenarios of the simulation with real processes on a real database.

import { checkHistory } from "../../src/testing/checker/check_history.ts";
import { formatHistory, type History } from "../../src/testing/checker/history.ts";
import { Chance } from "../../src/testing/simulation/chance.ts";
import { drawScenario } from "../../src/testing/simulation/draw_scenario.ts";
import { readFinalTasks } from "../../src/testing/simulation/final_tasks.ts";
import { calmAtMs, isFault } from "../../src/testing/simulation/plan.ts";
import { type MachinePlan, type Step, taskTypes } from "../../src/testing/simulation/scenario.ts";
import type { Storage } from "../../src/storage/mod.ts";
import { openJournal } from "./journal.ts";
import { journaledTasks } from "./journal_tasks.ts";
import { mergeRecords } from "./merge.ts";
import type { Place } from "./place.ts";
import { RealProcess } from "./real_process.ts";
import { checkRetention } from "./retention.ts";
import { readRecords, RecordFile } from "./record_file.ts";

/** The extent of a round. */
export interface RoundSize {
  /** The number of scenarios that are played at once. */
  readonly scenarios: number;
  /** How long faults occur, in milliseconds. */
  readonly forMs: number;
  readonly leaseMs: number;
}

/** The result of a round. */
export interface Round {
  readonly history: History;
  /** What does not hold, one fault per line. */
  readonly broken: readonly string[];
  /** What happened to the database. */
  readonly troubles: readonly string[];
}

const pause = (ms: number) => new Promise<void>((resume) => setTimeout(resume, ms));

/** The time within which all tasks must end after the faults, in milliseconds. */
const patienceMs = 90_000;

/** How long history is kept, in leases. That is longer than a dispatch is repeated. */
const keptLeases = 2;

const msPerDay = 86_400_000;

/** Plays the scenarios of a seed, and checks the history. */
export async function playRound(place: Place, seed: number, size: RoundSize): Promise<Round> {
  const folder = await Deno.makeTempDir({ prefix: "evertask-records-" });
  try {
    await using world = new RealWorld(place, seed, size, folder);
    return await world.play();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Formats a round with faults. */
export function formatRound({ history, broken, troubles }: Round): string {
  return [...broken, "", ...troubles, "", formatHistory(history)].join("\n");
}

class RealWorld implements AsyncDisposable {
  readonly #place: Place;
  readonly #seed: number;
  readonly #size: RoundSize;
  readonly #folder: string;
  readonly #startsAt = Date.now();
  readonly #controller: RecordFile;
  readonly #machines: readonly MachinePlan[];
  readonly #processes: RealProcess[] = [];
  readonly #all: RealProcess[] = [];
  readonly #troubles: string[] = [];
  #isCalm = false;

  constructor(place: Place, seed: number, size: RoundSize, folder: string) {
    this.#place = place;
    this.#seed = seed;
    this.#size = size;
    this.#folder = folder;
    this.#controller = new RecordFile(`${folder}/controller`, this.#startsAt);
    this.#machines = drawScenario(seed).machines;
  }

  /** How long history is kept, in every other round; null: for ever. */
  get #keptMs(): number | null {
    return this.#seed % 2 === 1 ? this.#size.leaseMs * keptLeases : null;
  }

  async play(): Promise<Round> {
    await using journal = openJournal(this.#place.store, this.#place.address);
    await journal.install();
    this.#machines.forEach((_, index) => this.#start(index));
    await Promise.all(this.#processes.map(({ ready }) => ready));
    const troubled = this.#trouble();
    await this.#playSteps();
    await troubled;
    await this.#calmDown();
    const storage = this.#place.connect();
    await storage.open();
    try {
      await this.#untilAtRest(storage);
      await this.#stopAll();
      return await this.#result(storage, await journal.take());
    } finally {
      await storage.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isCalm = true;
    for (const each of this.#all) await each.kill();
    this.#controller[Symbol.dispose]();
  }

  /** Performs each step at its instant, scaled to the duration of the round. */
  async #playSteps(): Promise<void> {
    const startedAt = performance.now();
    const scale = this.#size.forMs / calmAtMs;
    for (const step of drawSteps(this.#seed, this.#size.scenarios)) {
      const at = startedAt + step.atMs * scale;
      if (at > performance.now()) await pause(at - performance.now());
      this.#do(step);
    }
    await pause(Math.max(0, startedAt + this.#size.forMs - performance.now()));
  }

  #do(step: Step): void {
    const index = step.instance % this.#machines.length;
    const process = this.#processes[index]!;
    switch (step.kind) {
      case "start":
        if (!process.isAlive) this.#start(index);
        return;
      case "kill":
        return void this.#kill(process).then(() => this.#restart(index, process));
      case "stop":
        return void process.stop(step.timeoutMs).then(() => this.#restart(index, process));
      case "freeze":
        return this.#freeze(process, step.forMs * this.#size.leaseMs / 5_000);
      case "setClock":
        return; // the machine's clock cannot be set
      default:
        process.order(step);
    }
  }

  async #kill(process: RealProcess): Promise<void> {
    if (!process.isAlive) return;
    await process.kill();
    this.#note(process, "killed");
  }

  /** Restarts a process that has ended, as a supervisor does. */
  async #restart(index: number, ended: RealProcess): Promise<void> {
    await pause(this.#size.leaseMs / 4);
    if (this.#processes[index] === ended && !this.#isCalm) this.#start(index);
  }

  #freeze(process: RealProcess, forMs: number): void {
    process.freeze();
    setTimeout(() => process.thaw(), forMs);
  }

  #note(process: RealProcess, what: string): void {
    this.#controller.write({
      is: "entry",
      entry: { kind: "process", what: `${process.setup.name} ${what}` },
    });
  }

  /** Lets one fault after another happen to the database, with pauses between them. */
  async #trouble(): Promise<void> {
    const { troubles } = this.#place;
    const chance = new Chance(this.#seed);
    const endsAt = performance.now() + this.#size.forMs;
    const unitMs = this.#size.leaseMs;
    while (troubles.length > 0) {
      const restMs = chance.integer(0, unitMs);
      if (performance.now() + restMs > endsAt) return;
      await pause(restMs);
      const trouble = chance.pick(troubles);
      const forMs = Math.min(
        chance.pick([unitMs / 10, unitMs / 2, unitMs * 1.5]),
        Math.max(0, endsAt - performance.now()),
      );
      const at = Date.now() - this.#startsAt;
      this.#troubles.push(`at ${at} ms: ${trouble.name} for ${Math.round(forMs)} ms`);
      await trouble.happen(forMs);
    }
  }

  /** Ends all faults, and starts a process that runs all types of tasks. */
  async #calmDown(): Promise<void> {
    this.#isCalm = true;
    for (const process of this.#processes) process.thaw();
    const last = this.#machines.length;
    this.#start(last);
    await this.#processes[last]!.ready;
    for (const queue of ["default", "narrow"]) {
      this.#processes[last]!.order({ kind: "resume", queue });
    }
  }

  /**
   * Waits until no task is waiting or running. First waits for the calls that processes still make:
   * a busy machine may start a process so late that nothing is stored yet.
   */
  async #untilAtRest(storage: Storage): Promise<void> {
    const endsAt = performance.now() + patienceMs;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, patienceMs);
    await Promise.race([Promise.all(this.#all.map((process) => process.answered())), late]);
    clearTimeout(timer);
    for (let calm = 0; calm < 4 && performance.now() < endsAt;) {
      await pause(300);
      const { items } = await storage.list({}, { limit: 1_000 });
      const isAtRest = items.every(({ workerId, dueAt }) => workerId === null && dueAt === null);
      calm = isAtRest ? calm + 1 : 0;
    }
  }

  async #stopAll(): Promise<void> {
    await Promise.all(
      this.#all.filter(({ isAlive }) => isAlive).map(async (process) => {
        process.thaw();
        if (!await process.stop(0)) this.#note(process, "did not stop");
      }),
    );
  }

  async #result(storage: Storage, journal: Parameters<typeof mergeRecords>[1]): Promise<Round> {
    const records = this.#all.map(({ setup: { name, records } }) => (
      { instance: name, lines: readRecords(records) }
    ));
    const killed = readRecords(`${this.#folder}/controller`).flatMap((line) => {
      if (line.is !== "entry" || line.entry.kind !== "process") return [];
      const [instance, ...what] = line.entry.what.split(" ");
      const entry = { ...line.entry, what: what.join(" ") };
      return [{ instance: instance!, lines: [{ ...line, entry }] }];
    });
    const { entries, names, unexplained } = mergeRecords(
      [...records, ...killed],
      journal,
      this.#startsAt,
    );
    const endedAt = Date.now() - this.#startsAt;
    const stored = await readFinalTasks(storage, names, this.#startsAt);
    const journaled = journaledTasks(journal, names, this.#startsAt);
    const tasks = this.#keptMs === null ? stored : journaled;
    const history: History = { startsAt: this.#startsAt, isObserved: true, entries, tasks };
    const untimely = checkRetention(journal, stored, journaled, this.#keptMs ?? Infinity, endedAt);
    const broken = [
      ...checkHistory(history),
      ...untimely.map((line) => `not so: retention deletes what is old enough: ${line}`),
      ...unexplained.map((line) => `not so: every change is asked for by a process: ${line}`),
    ];
    return { history, broken, troubles: this.#troubles };
  }

  #start(index: number): void {
    const machine = this.#machines[index] ?? { offsetMs: 0, knows: taskTypes };
    const name = `p${this.#all.length + 1}`;
    const records = `${this.#folder}/${name}`;
    Deno.writeTextFileSync(records, ""); // the process may be killed before it writes anything
    const process = new RealProcess({
      name,
      store: this.#place.store,
      address: this.#place.reachedAt,
      environment: this.#place.environment ?? {},
      records,
      startsAt: this.#startsAt,
      knows: machine.knows,
      clockOffsetMs: machine.offsetMs,
      leaseMs: this.#size.leaseMs,
      poisonLimit: drawScenario(this.#seed).poisonLimit,
      dispatchRetryMs: this.#size.leaseMs,
      retentionDays: this.#keptMs === null ? null : this.#keptMs / msPerDay,
      retentionEveryMs: 1_000,
      dashboard: false,
      figuresEveryMs: null,
    });
    this.#processes[index] = process;
    this.#all.push(process);
  }
}

/**
 * The number of scenarios whose process faults are played. The faults of all scenarios would leave
 * no process running.
 */
const faultyScenarios = 4;

/** How long a handler without a timeout works at most, in milliseconds. */
const longestMs = 500;

/** Draws the steps of several scenarios, as one. */
function drawSteps(seed: number, scenarios: number): Step[] {
  const steps = Array.from({ length: scenarios }, (_, i) => {
    const firstNumber = 100 * i;
    const { steps } = drawScenario(seed * 1_000 + i);
    const kept = steps.filter((step) =>
      !step.kind.startsWith("operate") && (i < faultyScenarios || !isFault(step))
    );
    return kept.map((step): Step => {
      if (step.kind === "dispatch") {
        const { number, takesMs } = step.play;
        // Hundreds of tasks share the slots of one process. Those with a timeout may hang.
        const tookMs = step.type === "timed" ? takesMs : Math.min(takesMs, longestMs);
        return { ...step, play: { ...step.play, number: number + firstNumber, takesMs: tookMs } };
      }
      return "number" in step ? { ...step, number: step.number + firstNumber } : step;
    });
  });
  return steps.flat().sort((a, b) => a.atMs - b.atMs);
}

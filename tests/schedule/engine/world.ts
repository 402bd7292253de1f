// The environment of tests of series: a fake clock, a database, and engines that start and stop
// like processes.

import { createEverTask, defineTask, type EverTask, type EverTaskOptions } from "../../../mod.ts";
import type { Storage } from "../../../src/storage/mod.ts";
import type { Task, TaskContext, TaskEvent } from "../../../mod.ts";
import { MemoryDatabase, memoryStorage } from "../../../drivers/memory/mod.ts";
import { sqliteStorage } from "../../../drivers/sqlite/mod.ts";
import { FakeClock } from "../../../src/testing/mod.ts";
import { show } from "../support.ts";

/** A database, and a function that makes separate storages on it. */
interface Database {
  connect(): Storage;
  remove(): Promise<void>;
}

type Kind = "memory" | "SQLite";

/** Options of a world. */
export interface WorldOptions {
  /**
   * Whether several engines run at the same time. SQLite then checks its file once a second, even
   * if the clock jumps.
   */
  readonly shared?: boolean;
  /** The initial time. @default "2026-03-10" at midnight UTC */
  readonly start?: string;
}

const databases: Record<Kind, (clock: FakeClock, shared: boolean) => Promise<Database>> = {
  memory(clock) {
    const database = new MemoryDatabase({ clock });
    return Promise.resolve({
      connect: () => memoryStorage({ database }),
      remove: () => Promise.resolve(),
    });
  },
  async SQLite(clock, shared) {
    const folder = await Deno.makeTempDir({ prefix: "evertask-series-" });
    return {
      connect() {
        const path = `${folder}/tasks.db`;
        // Waiting for the disk would dominate the test, and a test does not crash its machine.
        return sqliteStorage({ path, clock, exclusive: !shared, synchronous: "off" });
      },
      remove: () => Deno.remove(folder, { recursive: true }),
    };
  },
};

/** Registers a test for each available database. */
export function scenario(
  name: string,
  play: (world: World) => Promise<void>,
  options: WorldOptions = {},
): void {
  for (const kind of Object.keys(databases) as Kind[]) {
    Deno.test(`${name} (${kind})`, async () => {
      await using world = await World.create(kind, options);
      await play(world);
    });
  }
}

/** A clock, a database, and the engines on it. */
export class World {
  readonly clock: FakeClock;
  readonly #database: Database;
  readonly #engines: EverTask[] = [];
  /** The events of the engines, in order. */
  readonly events: TaskEvent[] = [];
  /** The lines that the engines logged at level `info` or above. */
  readonly log: string[] = [];

  private constructor(clock: FakeClock, database: Database) {
    this.clock = clock;
    this.#database = database;
  }

  static async create(kind: Kind, options: WorldOptions): Promise<World> {
    const clock = new FakeClock(`${(options.start ?? "2026-03-10 00:00").replace(" ", "T")}Z`);
    return new World(clock, await databases[kind](clock, options.shared ?? false));
  }

  /** Creates a separate storage on the database, like that of another process. */
  connect(): Storage {
    return this.#database.connect();
  }

  /** Creates an engine without starting it. It is stopped at the end of the test. */
  engine(
    options: Omit<EverTaskOptions, "storage"> & Partial<Pick<EverTaskOptions, "storage">>,
  ): EverTask {
    const note = (message: string, properties = {}) => {
      this.log.push(`${message} ${JSON.stringify(properties)}`);
    };
    const logger = { trace() {}, debug() {}, info: note, warn: note, error: note };
    const everTask = createEverTask({
      storage: this.connect(),
      clock: this.clock,
      logger,
      // Rare heartbeats let the clock advance quickly.
      leaseDuration: { days: 300 },
      ...options,
    });
    everTask.events.subscribe((event) => void this.events.push(event));
    this.#engines.push(everTask);
    return everTask;
  }

  /** Creates and starts an engine. */
  async start(...[options]: Parameters<World["engine"]>): Promise<EverTask> {
    const everTask = this.engine(options);
    await everTask.start();
    await this.pass(0);
    return everTask;
  }

  /** Stops an engine and its handlers at once. The clock advances only if the stop has to wait. */
  async stop(everTask: EverTask): Promise<void> {
    let isStopped = false;
    const stopped = everTask.stop({ timeout: 0 }).finally(() => isStopped = true);
    await this.pass(0);
    while (!isStopped) await this.pass(10_000);
    await stopped;
  }

  /** Advances the clock. */
  pass(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  /** Advances the clock to an instant: "01:00" of the day, or "2026-03-11 01:00". */
  until(instant: string): Promise<void> {
    const day = new Date(this.clock.now()).toISOString().slice(0, 10);
    const text = instant.includes("-") ? instant : `${day} ${instant}`;
    return this.pass(Date.parse(`${text.replace(" ", "T")}Z`) - this.clock.now());
  }

  /** Returns the current instant as formatted by `show`. */
  get now(): string {
    return show(this.clock.now());
  }

  /** Returns the next run and the skipped occurrences of each `recurringScheduled` event. */
  scheduled(): [next: string, skipped: number][] {
    return this.events.filter(({ kind }) => kind === "recurringScheduled").map((event) => [
      show(Date.parse(event.nextRunUtc!)),
      event.count,
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const engine of this.#engines) await this.stop(engine);
    await this.#database.remove();
  }
}

/** An attempt of a run, as recorded by its handler. */
export interface SeenRun {
  readonly number: number;
  readonly scheduledAt: string;
  readonly at: string;
  readonly attempt: number;
}

/** Creates a task that records its runs. `behave` decides the outcome of each attempt. */
export function recorder(
  world: World,
  behave: (context: TaskContext) => void | Promise<void> = () => {},
): { task: Task<void, void>; runs: SeenRun[]; planned(): string[] } {
  const runs: SeenRun[] = [];
  const task = defineTask({
    type: "tick",
    handle(_, context) {
      const { number, scheduledAt } = context.run!;
      runs.push({
        number,
        scheduledAt: show(scheduledAt.getTime()),
        at: world.now,
        attempt: context.attempt,
      });
      return behave(context);
    },
  });
  return { task, runs, planned: () => runs.map(({ scheduledAt }) => scheduledAt) };
}

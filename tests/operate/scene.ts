// A store that several instances share. One of them only queries the store, and its results must
// match the work of the others.

import {
  createEverTask,
  type EverTask,
  type EverTaskOptions,
  silentLogger,
  type TaskStatus,
} from "../../mod.ts";
import type { Storage } from "../../src/storage/mod.ts";
import { startEngine, type TestEngine } from "../support/engine.ts";
import type { Place, PlaceKind, Places } from "../support/places.ts";
import { eventually } from "../integration/support.ts";
import type { StorageSetup } from "../integration/programs/protocol.ts";
import { WorkerProcess } from "../integration/worker_process.ts";

/**
 * The lease of worker processes, in milliseconds: long enough that no living one is lost on a machine
 * that stalls for two seconds.
 */
export const leaseOfProcesses = 5_000;

/** The options of the querying instance. */
type SceneOptions = Pick<EverTaskOptions, "tasks" | "leaseDuration">;

/** A separate store, and the instances and processes that use it. */
export class Scene implements AsyncDisposable {
  readonly kind: PlaceKind;
  /** An instance that runs no tasks. */
  readonly web: EverTask;
  /** A direct connection to the store. */
  readonly storage: Storage;
  readonly #place: Place;
  readonly #cleanUp: (() => Promise<unknown>)[] = [];

  private constructor(kind: PlaceKind, place: Place, options: SceneOptions) {
    this.kind = kind;
    this.#place = place;
    this.storage = place.connect();
    this.web = createEverTask({
      storage: place.connect(),
      queues: { mails: {} },
      logger: silentLogger,
      ...options,
    });
  }

  /** Makes a store, and an instance that queries it. */
  static async open(places: Places, kind: PlaceKind, options: SceneOptions): Promise<Scene> {
    const scene = new Scene(kind, await places.create(kind), options);
    await scene.storage.open();
    await scene.web.workers(); // opens the store before a transaction of a test locks it
    return scene;
  }

  /** The location of the store. */
  get address(): string {
    return this.#place.address;
  }

  /** Starts an instance that runs tasks. */
  async work(options: Omit<EverTaskOptions, "storage">): Promise<TestEngine> {
    const engine = await startEngine({ ...options, storage: this.#place.connect() });
    this.onEnd(() => engine.everTask.stop({ timeout: 0 }));
    return engine;
  }

  /** Starts a process that runs tasks. */
  async startProcess(): Promise<WorkerProcess> {
    const storage: StorageSetup = this.kind === "SQLite"
      ? { sqlite: { path: this.address } }
      : { postgres: { url: this.address } };
    const process = await WorkerProcess.start({
      storage,
      leaseMs: leaseOfProcesses,
      parallelism: 1,
    });
    this.onEnd(() => process[Symbol.asyncDispose]());
    return process;
  }

  /** Waits until a task has a status. */
  async has(id: string, status: TaskStatus): Promise<void> {
    await eventually(
      `the task is ${status}`,
      async () => (await this.storage.get(id))?.status === status,
    );
  }

  /** Adds a callback for the end of the scene. Callbacks run in reverse order. */
  onEnd(cleanUp: () => Promise<unknown>): void {
    this.#cleanUp.push(cleanUp);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const cleanUp of this.#cleanUp.reverse()) await cleanUp();
    await this.web.stop();
    await this.storage.close();
    await this.#place[Symbol.asyncDispose]();
  }
}

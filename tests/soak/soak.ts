// A soak: processes on one store, a load, faults, and samples.

import { startPostgres } from "../support/pg_server.ts";
import { openJournal } from "../histories/journal.ts";
import type { Journal } from "../histories/journal_rows.ts";
import { RealProcess } from "../histories/real_process.ts";
import { RecordFile } from "../histories/record_file.ts";
import type { Figures, ProcessSetup, StoreKind } from "../histories/setup.ts";
import { taskTypes } from "../../src/testing/simulation/scenario.ts";
import { Chance } from "../../src/testing/simulation/chance.ts";
import { connectTo } from "../support/places.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { combined, type Sample, sampleOf } from "./figures.ts";
import { Load } from "./load.ts";
import { checkRecords } from "./verdict.ts";
import { openReader, type Sizes, type StoreReader } from "./store_figures.ts";

/** Options of a soak. */
export interface SoakOptions {
  readonly store: StoreKind;
  /** Dispatches a second. */
  readonly rate: number;
  readonly seed: number;
  /** The folder of the records. */
  readonly folder: string;
}

const sampleEveryMs = 10_000;
const samplesAMinute = 6;
const faultEveryMs = 30_000;
const leaseMs = 5_000;
const msPerDay = 86_400_000;

/** The age at which retention deletes rows. After two minutes, deletions keep up with inserts. */
const keptMs = 60_000;

const pause = (ms: number) => new Promise<void>((resume) => setTimeout(resume, ms));

/** Runs a soak. */
export class Soak implements AsyncDisposable {
  /** The samples, one a minute. */
  readonly minutes: Sample[] = [];
  /** The sizes of the tables and indexes at the end of each minute. */
  readonly sizes: Sizes[] = [];
  readonly #options: SoakOptions;
  readonly #address: string;
  readonly #startsAt = Date.now();
  readonly #journal: Journal;
  readonly #reader: StoreReader;
  readonly #proxy: TcpProxy | null;
  readonly #closing = new AsyncDisposableStack();
  readonly #chance: Chance;
  readonly #processes = new Map<string, RealProcess>();
  readonly #figures = new Map<string, Figures[]>();
  #processCount = 0;
  #transactions: number | null = null;
  #lastSizes: Sizes = {};

  private constructor(
    options: SoakOptions,
    address: string,
    proxy: TcpProxy | null,
    closing: AsyncDisposableStack,
  ) {
    this.#options = options;
    this.#address = address;
    this.#proxy = proxy;
    this.#chance = new Chance(options.seed);
    this.#closing = closing;
    this.#journal = this.#closing.use(openJournal(options.store, address));
    this.#reader = this.#closing.use(openReader(options.store, address));
  }

  /** Creates the store, and starts the processes. */
  static async start(options: SoakOptions): Promise<Soak> {
    const closing = new AsyncDisposableStack();
    const address = await createStore(options, closing);
    const proxy = options.store === "sqlite" ? null : closing.use(await TcpProxy.start(address));
    const soak = new Soak(options, address, proxy, closing);
    await soak.#journal.install();
    const names = ["web", "steady", "hurt 1", "hurt 2"];
    await Promise.all(names.map((name) => soak.#startProcess(name)));
    return soak;
  }

  /**
   * Runs the load for a time, and stops everything.
   *
   * @param onMinute Called after each minute.
   */
  async run(forMs: number, onMinute: (minute: number, sample: Sample) => void): Promise<void> {
    const startedAt = performance.now();
    const ends = startedAt + forMs + sampleEveryMs / 2; // after the last sample
    const load = new Load(this.#options.seed);
    const web = this.#processes.get("web")!;
    for (const step of load.series()) web.order(step);
    const every = 1000 / this.#options.rate;
    let [dispatched, sampledAt] = [0, startedAt];
    let [nextFault, nextSample] = [startedAt + faultEveryMs, startedAt + sampleEveryMs];
    const samples: Sample[] = [];
    let fault = Promise.resolve();
    while (performance.now() < ends) {
      const now = performance.now();
      for (; dispatched * every < now - startedAt; dispatched++) {
        for (const step of load.next()) web.order(step);
      }
      if (now >= nextFault) {
        nextFault += faultEveryMs;
        fault = this.#harm();
      }
      if (now >= nextSample) {
        nextSample += sampleEveryMs;
        samples.push(await this.#sample((now - sampledAt) / 1000));
        sampledAt = now;
        await this.#saveJournal();
        if (samples.length % samplesAMinute === 0) {
          this.minutes.push(combined(samples.splice(0)));
          this.sizes.push(this.#lastSizes);
          onMinute(this.minutes.length, this.minutes.at(-1)!);
        }
      }
      await pause(Math.min(50, every));
    }
    await fault;
    await pause(10_000); // delayed tasks and retries end
    await Promise.all([...this.#processes.values()].map((each) => each.stop(20_000)));
    await this.#saveJournal();
  }

  /** Returns the promises that the history breaks, one violation per line. */
  verdict(): string[] {
    return checkRecords(this.#options.folder, this.#startsAt);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.#processes.values()) await each.kill();
    await this.#closing.disposeAsync();
  }

  async #startProcess(name: string): Promise<void> {
    const { store, folder } = this.#options;
    const instance = `p${++this.#processCount}`;
    const isHurt = name.startsWith("hurt");
    const setup: ProcessSetup = {
      name: instance,
      store,
      address: isHurt && this.#proxy !== null ? this.#proxy.urlOf(this.#address) : this.#address,
      environment: {},
      records: `${folder}/${instance}.jsonl`,
      startsAt: this.#startsAt,
      knows: taskTypes,
      clockOffsetMs: 0,
      leaseMs,
      poisonLimit: 1_000,
      dispatchRetryMs: 30_000,
      retentionDays: keptMs / msPerDay,
      retentionEveryMs: 10_000,
      dashboard: name === "web",
      figuresEveryMs: sampleEveryMs,
    };
    const process = new RealProcess(setup, (figures) => {
      this.#figures.set(name, [...this.#figures.get(name) ?? [], figures]);
    });
    this.#processes.set(name, process);
    await process.ready;
  }

  /** Kills or freezes one of the `hurt` processes, or disturbs the network of all of them. */
  async #harm(): Promise<void> {
    const name = this.#chance.pick(["hurt 1", "hurt 2"]);
    const process = this.#processes.get(name)!;
    const kinds = ["kill", "freeze", ...this.#proxy === null ? [] : ["refuse", "swallow"]];
    switch (this.#chance.pick(kinds)) {
      case "kill":
        await process.kill();
        this.#noteKill(process);
        return await this.#startProcess(name);
      case "freeze":
        process.freeze();
        await pause(8_000);
        return process.thaw();
      case "refuse":
        await this.#proxy!.refuse();
        await pause(3_000);
        return await this.#proxy!.pass();
      case "swallow":
        this.#proxy!.swallow();
        await pause(6_000);
        return await this.#proxy!.pass();
    }
  }

  #noteKill({ setup: { records } }: RealProcess): void {
    using file = new RecordFile(records, this.#startsAt);
    file.write({ is: "entry", entry: { kind: "process", what: "killed" } });
  }

  async #sample(seconds: number): Promise<Sample> {
    const taken = new Map([...this.#figures].map(([name, list]) => [name, list.splice(0)]));
    const unharmed = ["web", "steady"].flatMap((name) => taken.get(name) ?? []);
    const store = await this.#reader.read();
    const before = this.#transactions;
    this.#transactions = store.transactions;
    this.#lastSizes = store.sizes;
    return sampleOf([...taken.values()].flat(), unharmed, store, before, seconds);
  }

  async #saveJournal(): Promise<void> {
    const rows = await this.#journal.take();
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
    await Deno.writeTextFile(`${this.#options.folder}/journal`, text, { append: true });
  }
}

/** Creates an empty store with its tables. Returns its address. */
async function createStore(
  { store, folder }: SoakOptions,
  closing: AsyncDisposableStack,
): Promise<string> {
  let address = `${folder}/tasks.db`;
  if (store === "postgres") {
    const settings = { autovacuum: "on", autovacuum_naptime: "10s" };
    const server = closing.use(await startPostgres({ settings }));
    address = await server.createDatabase();
  }
  const storage = connectTo(store === "sqlite" ? "SQLite" : "PostgreSQL", address);
  await storage.open();
  await storage.close();
  return address;
}

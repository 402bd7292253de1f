// Copies a whole store to another store. A copy compares both stores page by page and writes the
// tasks that differ. A copy can therefore be repeated: after an interruption, or while the source
// changes.

import {
  checkFlag,
  checkFunction,
  checkMethods,
  checkOptions,
  checkSignal,
} from "../../guards/argument_checks.ts";
import { EverTaskError, InvalidArgumentError } from "../../guards/errors.ts";
import type { OptionNames } from "../../guards/option_names.ts";
import type { Clock } from "../../time/clock.ts";
import { systemClock } from "../../time/clock.ts";
import type { Storage } from "../storage.ts";
import type { StorageCopying, TaskWithHistory } from "../storage_copying.ts";
import { canonicalText } from "./canonical_task.ts";
import { unstorablePart } from "./storable_task.ts";
import { digestOf, settingsText, type StoreDigest } from "./store_digest.ts";
import { pagesOf } from "./task_pages.ts";

/** The source or the target does not allow a copy, or the stores differ after the copy. */
export class CopyError extends EverTaskError {
  /** `CopyError` */
  override name = "CopyError";
}

/** The progress of a copy. */
export interface CopyProgress {
  /** `check`: tasks are checked; `copy`: tasks are written; `verify`: both stores are read. */
  readonly step: "check" | "copy" | "verify";
  /** The number of the pass over the source, from 1. More than 1 only with `follow`. */
  readonly pass: number;
  /** The number of tasks that were read in this step. */
  readonly tasks: number;
  /** The number of tasks that were written or deleted so far. */
  readonly changed: number;
}

/** The options of {@linkcode copyStore}. */
export interface CopyOptions {
  /** The source, which is open. */
  readonly from: Storage;
  /** The target, which is open. */
  readonly to: Storage;
  /**
   * Continues or repeats a copy: the target may hold tasks. Tasks that the source does not have are
   * deleted from the target.
   *
   * @default false
   */
  readonly resume?: boolean;
  /**
   * Copies while workers of the source work, in passes, until none of them runs any more.
   *
   * @default false
   */
  readonly follow?: boolean;
  /** Called after each page. */
  readonly onProgress?: (progress: CopyProgress) => void;
  /** Ends the copy between two pages. The copy can be continued with `resume`. */
  readonly signal?: AbortSignal;
  /** The clock that times the pauses between passes. @default systemClock */
  readonly clock?: Clock;
}

/** The result of a copy. */
export interface CopyResult {
  /** The number of tasks that were written or deleted. */
  readonly changed: number;
  /** The numbers of rows and the hash of the rows, which are the same for both stores. */
  readonly digest: StoreDigest;
}

const optionNames: OptionNames<CopyOptions> = {
  ...{ from: true, to: true, resume: true, follow: true },
  ...{ onProgress: true, signal: true, clock: true },
};

/** A worker counts as running if its last heartbeat is younger than this. */
const liveWithinMs = 60_000;

/** The pause between two passes. */
const pauseMs = 1000;

/**
 * Copies all tasks with their history, paused queues, the budgets of rate limits, the actions of
 * operators and the groups of failures. The figures of activity are not copied: they belong to the
 * workers that reported them. At the end, reads both stores and compares their rows.
 *
 * A task that a worker of the source holds is due in the target. No worker may serve the target
 * during the copy.
 *
 * @returns The number of changes, and the digest of both stores.
 * @throws {InvalidArgumentError} If a driver cannot copy.
 * @throws {CopyError} If the target holds tasks and `resume` is off. If workers of the target run.
 * If workers of the source run and `follow` is off. If no store can hold a task of the source;
 * nothing is written then. If the stores differ at the end, because the source was written to. An
 * error that `onProgress` throws is thrown unchanged.
 *
 * @example
 * ```ts
 * import { copyStore } from "@evertask/evertask/storage";
 * import { sqliteStorage } from "@evertask/evertask/sqlite";
 *
 * const from = sqliteStorage({ path: ":memory:" });
 * const to = sqliteStorage({ path: ":memory:" });
 * await Promise.all([from.open(), to.open()]);
 * const { digest } = await copyStore({ from, to });
 * console.log(digest.tasks); // 0
 * await Promise.all([from.close(), to.close()]);
 * ```
 */
export async function copyStore(options: CopyOptions): Promise<CopyResult> {
  checkOptions(options, optionNames, "options");
  const { from, to, follow = false, resume = false, signal, clock = systemClock } = options;
  checkFlag(follow, "options.follow");
  checkFlag(resume, "options.resume");
  checkFunction(options.onProgress, "options.onProgress");
  checkSignal(signal, "options.signal");
  checkMethods(clock, ["setTimer"], "options.clock", "be a clock");
  const source = copyingOf(from, "options.from"), target = copyingOf(to, "options.to");
  await refuseWorkers(to, "target", "Stop them: they would run tasks of the source.");
  if (!follow) {
    await refuseWorkers(from, "source", "Stop them, or copy with `follow`.");
  }
  const isEmpty = (await target.exportTasks({ after: null, upTo: null, limit: 1 })).length === 0;
  if (!isEmpty && !resume) {
    throw new CopyError(
      "The target holds tasks. Copy to an empty store, or continue a copy with `resume`: tasks " +
        "that the source does not have are then deleted from the target.",
    );
  }
  const copy = new Copy(source, target, options);
  await copy.check();
  await copy.pass(isEmpty);
  if (follow) {
    while (await hasWorkers(from)) {
      await new Promise<void>((resolve) => clock.setTimer(resolve, pauseMs));
      signal?.throwIfAborted();
      await copy.pass(false);
    }
    await copy.pass(false); // copies what the last workers wrote before they ended
  }
  return { changed: copy.changed, digest: await copy.verify() };
}

/** One copy. */
class Copy {
  changed = 0;
  #passes = 0;
  readonly #source: StorageCopying;
  readonly #target: StorageCopying;
  readonly #options: CopyOptions;

  constructor(source: StorageCopying, target: StorageCopying, options: CopyOptions) {
    this.#source = source;
    this.#target = target;
    this.#options = options;
  }

  /** Refuses tasks that no store can hold, before anything is written. */
  async check(): Promise<void> {
    let tasks = 0;
    for await (const page of pagesOf(this.#source)) {
      for (const one of page) {
        const part = unstorablePart(one);
        if (part === null) continue;
        throw new CopyError(
          `The task ${JSON.stringify(one.task.id)} cannot be stored: ${part} is invalid. Correct ` +
            "or delete it in the source. Nothing was copied.",
        );
      }
      this.#report("check", tasks += page.length);
    }
  }

  /** Makes the target equal to the source, as far as the source does not change meanwhile. */
  async pass(targetIsEmpty: boolean): Promise<void> {
    this.#passes++;
    let after: string | null = null;
    let tasks = 0;
    /** A page is written while the next page is read. */
    let writing: Promise<void> = Promise.resolve();
    for await (const page of pagesOf(this.#source)) {
      await writing;
      const upTo: string = page.at(-1)!.task.id;
      writing = this.#copyPage(page, { after, upTo }, targetIsEmpty);
      writing.catch(() => {}); // reported by the next await
      after = upTo;
      this.#report("copy", tasks += page.length);
    }
    await writing;
    if (!targetIsEmpty) await this.#copyPage([], { after, upTo: null }, false);
    const settings = await this.#source.exportSettings();
    if (settingsText(settings) !== settingsText(await this.#target.exportSettings())) {
      await this.#target.importSettings(settings);
    }
    this.#report("copy", tasks);
  }

  /** Reads both stores, and throws if they differ. */
  async verify(): Promise<StoreDigest> {
    const source = await digestOf(this.#source, (tasks) => this.#report("verify", tasks));
    const target = await digestOf(this.#target, (tasks) => this.#report("verify", tasks));
    if (source.sha256 === target.sha256) return target;
    throw new CopyError(
      `The stores differ: the source has ${shown(source)}, the target ${shown(target)}. The ` +
        "source was written to during the copy: stop all processes that use it, and copy again " +
        "with `resume`.",
    );
  }

  async #copyPage(
    page: readonly TaskWithHistory[],
    range: { readonly after: string | null; readonly upTo: string | null },
    targetIsEmpty: boolean,
  ): Promise<void> {
    const stored = new Map<string, string>();
    if (!targetIsEmpty) {
      for await (const part of pagesOf(this.#target, range)) {
        for (const one of part) stored.set(one.task.id, canonicalText(one));
      }
    }
    const different = page.filter((one) => stored.get(one.task.id) !== canonicalText(one));
    for (const { task } of page) stored.delete(task.id);
    const removed = [...stored.keys()];
    if (different.length + removed.length === 0) return;
    await this.#target.importTasks(different, removed);
    this.changed += different.length + removed.length;
  }

  #report(step: CopyProgress["step"], tasks: number): void {
    this.#options.onProgress?.({ step, pass: this.#passes, tasks, changed: this.changed });
    this.#options.signal?.throwIfAborted();
  }
}

function copyingOf(storage: Storage, argument: string): StorageCopying {
  checkMethods(storage, ["workers"], argument, "be a storage");
  const { copying, name } = storage;
  if (copying !== undefined) return copying;
  throw new InvalidArgumentError(argument, name, "be a store that can be copied");
}

async function hasWorkers(storage: Storage): Promise<boolean> {
  const workers = await storage.workers();
  return workers.some(({ heartbeatAgeMs }) => Math.abs(heartbeatAgeMs) < liveWithinMs);
}

async function refuseWorkers(storage: Storage, store: string, remedy: string): Promise<void> {
  if (!await hasWorkers(storage)) return;
  throw new CopyError(`Workers of the ${store} run. ${remedy}`);
}

function shown({ sha256, ...counts }: StoreDigest): string {
  const parts = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  return `${parts.join(", ")}, SHA-256 ${sha256.slice(0, 12)}…`;
}

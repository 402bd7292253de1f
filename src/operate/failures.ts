// Lists the failures of a store by group: `everTask.operate.failures`.

import { checkOptions } from "../guards/argument_checks.ts";
import type { OptionNames } from "../guards/option_names.ts";
import type { Page, PageRequest } from "../storage/queries.ts";
import type { Storage } from "../storage/storage.ts";
import type { FailureGroup } from "../storage/work_reports.ts";
import { type Dated, dated } from "../time/dated.ts";
import type { Instant } from "../time/instant.ts";
import { parseTimeSpan } from "./time_span.ts";

/**
 * Options of {@linkcode Failures.list}. With `from`, `to` or `step`, each group has the counts of
 * its failures in the steps of a span.
 */
export interface FailureListOptions extends PageRequest {
  /** The beginning of the span. @default 60 steps before its end */
  readonly from?: Instant;
  /** The end of the span, exclusive. @default now */
  readonly to?: Instant;
  /** The length of a step. @default "hour" */
  readonly step?: "hour" | "day";
}

const optionNames: OptionNames<FailureListOptions> = {
  limit: true,
  after: true,
  from: true,
  to: true,
  step: true,
};

/** The maximum is small because each group of a page has a count for each step. */
const steps = { names: ["hour", "day"], most: 200 } as const;

/** Lists groups of failures. */
export class Failures {
  readonly #opened: () => Promise<Pick<Storage, "failureGroups">>;
  readonly #now: () => number;

  /**
   * Made by `createEverTask`.
   *
   * @param opened Returns storage once it is open.
   * @param now Returns the time of the storage's clock, once storage is open.
   */
  constructor(opened: () => Promise<Pick<Storage, "failureGroups">>, now: () => number) {
    this.#opened = opened;
    this.#now = now;
  }

  /**
   * Returns a page of the groups of failures, latest failure first. Tasks that failed for good
   * belong to one group if they have the same type and their errors differ only in numbers, ids,
   * quoted texts, paths and lines of code. Tasks at audit level `None` are not included. A group is
   * deleted 90 days after its last failure.
   *
   * Failures are counted by hour. A span has at most 200 steps, which are the whole hours or days
   * in UTC. An hour belongs to the span if it begins in it.
   *
   * @example
   * ```ts
   * import { createEverTask } from "@evertask/evertask";
   * import { memoryStorage } from "@evertask/evertask/memory";
   *
   * await using everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
   * const { items } = await everTask.operate.failures.list({ limit: 20, step: "hour" });
   * for (const { type, summary, firstAt, firstVersion, counts } of items) {
   *   console.log(type, summary, "since", firstAt, "in version", firstVersion);
   *   for (const { startAt, count } of counts) console.log(startAt, count);
   * }
   * ```
   *
   * @throws {InvalidArgumentError} If an option is invalid, or the span has more than 200 steps.
   */
  async list(options: FailureListOptions = {}): Promise<Dated<Page<FailureGroup>>> {
    checkOptions(options, optionNames, "options");
    const { from, to, step, ...page } = options;
    const storage = await this.#opened();
    if (from === undefined && to === undefined && step === undefined) {
      return dated(await storage.failureGroups(page));
    }
    const span = parseTimeSpan({ ...options, step: step ?? "hour" }, this.#now(), steps);
    return dated(await storage.failureGroups(page, span));
  }
}

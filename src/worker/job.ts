// A claimed task in this process, from the claim to the end of the attempt. The claim never
// changes. Every other part is changed only by its own methods.

import type { ClaimedTask } from "../storage/records.ts";
import type { Lease } from "../storage/requests.ts";
import type { AnyTask } from "../task/task.ts";
import { Attempt } from "./attempt/attempt.ts";
import { UnwrittenTransitions } from "./attempt/unwritten_transitions.ts";
import { RateSlot } from "./rate_slot.ts";

/** A claimed task and its state. */
export class Job {
  readonly task: ClaimedTask;
  readonly definition: AnyTask;
  readonly lease: Lease;
  /** The monotonic time since which this worker has been alive and has served the job's queue. */
  readonly servedSince: number;
  readonly attempt: Attempt = new Attempt();
  readonly unwritten: UnwrittenTransitions = new UnwrittenTransitions();
  #payload: { readonly value: unknown } | null;
  #rate: RateSlot | null = null;

  constructor(
    task: ClaimedTask,
    definition: AnyTask,
    workerId: string,
    payload: { readonly value: unknown } | null,
    servedSince = -Infinity,
  ) {
    this.task = task;
    this.definition = definition;
    this.lease = { workerId, token: task.leaseToken };
    this.servedSince = servedSince;
    this.#payload = payload;
  }

  /** The number of this run in its series, from 1. It is 1 for a one-shot task. */
  get run(): number {
    return (this.task.series?.runCount ?? 0) + 1;
  }

  /**
   * The validated payload, or null if it is not known. It is known once the dispatcher of this
   * process has handed it over, or the rate gate has read it.
   */
  get payload(): { readonly value: unknown } | null {
    return this.#payload;
  }

  /** Keeps the payload that the rate gate has read. */
  keepPayload(value: unknown): void {
    this.#payload = { value };
  }

  /** The job's rate slot. Created on first use, because most types have no rate limit. */
  get rate(): RateSlot {
    return (this.#rate ??= new RateSlot(this.task.rateSlotAt));
  }
}

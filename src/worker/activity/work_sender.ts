// Reports this process's work to storage after each heartbeat, if there is anything to report.

import type { Logger } from "../../log/logger.ts";
import type { Storage } from "../../storage/storage.ts";
import type { ReportRetention } from "../../storage/work_reports.ts";
import type { StorageClock } from "../../time/storage_clock.ts";
import type { WorkLog } from "./work_log.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** The retention of reports. After a day, the minutes of an hour are summed up. */
export const reportRetention: ReportRetention = {
  minutesMs: dayMs,
  hoursMs: 90 * dayMs,
  failuresMs: 90 * dayMs,
};

/** The dependencies of a sender. */
export interface WorkSenderParts {
  readonly storage: Pick<Storage, "reportWork">;
  readonly storageClock: StorageClock;
  readonly logger: Logger;
  readonly log: WorkLog;
  readonly newId: () => string;
  /** The version of the application; null if unknown. */
  readonly version: string | null;
}

/** Sends reports, one at a time. */
export class WorkSender {
  readonly #parts: WorkSenderParts;
  #source: string | null = null;
  #tidiedHour = 0;
  #sending: Promise<void> | null = null;

  constructor(parts: WorkSenderParts) {
    this.#parts = parts;
  }

  /** Sends the unreported work. If a report is in progress, waits for it instead. */
  send(): Promise<void> {
    this.#sending ??= this.#send().finally(() => this.#sending = null);
    return this.#sending;
  }

  /** Sends all unreported work, at the end of the process. */
  async sendAll(): Promise<void> {
    await this.#sending;
    await this.send();
  }

  async #send(): Promise<void> {
    const { storage, storageClock, logger, log, newId, version } = this.#parts;
    const work = log.take();
    if (work === null) return;
    const hour = Math.floor(storageClock.now() / hourMs);
    const { activity, failures } = work;
    try {
      await storage.reportWork({
        source: this.#source ??= newId(),
        version,
        activity,
        failures,
        retention: hour === this.#tidiedHour ? null : reportRetention,
      });
      this.#tidiedHour = hour;
    } catch (error) {
      work.giveBack();
      logger.debug("Reporting the work failed; it is sent with the next heartbeat: {error}", {
        error,
      });
    }
  }
}

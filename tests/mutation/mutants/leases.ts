// How a worker keeps its leases, handles the answers to its heartbeats, and stops.

import type { Mutant } from "../mutant.ts";

const leaseKeeper = "src/worker/lease/lease_keeper.ts";
const leaseKeeperTests = ["tests/worker/lease/lease_keeper_test.ts"];
const heartbeatHandler = "src/worker/lease/heartbeat_handler.ts";
const heartbeatHandlerTests = ["tests/worker/claim/queues_test.ts"];
const workerReporter = "src/worker/lease/worker_reporter.ts";
const workerReporterTests = ["tests/worker/attempt/failure_log_test.ts"];
const intake = "src/worker/claim/intake.ts";
const worker = "src/worker/worker.ts";
const workerTests = ["tests/worker/stopping_test.ts"];
const quarantine = "src/worker/lease/quarantine.ts";
const quarantineTests = ["tests/worker/lease/suspects_test.ts"];

export const leases: readonly Mutant[] = [
  {
    file: leaseKeeper,
    original: "if (this.#workerId !== null) return; // the answer came so late",
    replacement: "// the answer came so late",
    tests: leaseKeeperTests,
  },
  {
    file: leaseKeeper,
    original: `this.#lastBeatAt = sentAt;
    this.#listener`,
    replacement: `this.#lastBeatAt = this.#clock.monotonic();
    this.#listener`,
    tests: leaseKeeperTests,
  },
  {
    file: leaseKeeper,
    original: "healthy ? this.#settings.heartbeatMs : this.#settings.heartbeatMs / 4",
    replacement: "this.#settings.heartbeatMs",
    tests: ["tests/worker/claim/claimer_test.ts"],
  },
  {
    file: leaseKeeper,
    original: "if (result.othersLost) this.#releaseLost();",
    replacement: "",
    tests: ["tests/worker/attempt/cancelling_test.ts"],
  },
  {
    file: leaseKeeper,
    original: ".finally(() => this.#releasing = null)",
    replacement: "",
    tests: ["tests/events/task_events_test.ts"],
  },
  {
    file: leaseKeeper,
    original: "if (id !== null) await this.#storage.unregisterWorker(id);",
    replacement: "",
    tests: ["tests/worker/stopping_test.ts"],
  },
  {
    file: leaseKeeper,
    original: `this.#workerId = null;
      this.#listener.onLeasesLost(id);`,
    replacement: "this.#workerId = null;",
    tests: leaseKeeperTests,
  },
  {
    file: leaseKeeper,
    original: "if (!this.#stopped) this.#armNext(0);",
    replacement: "",
    tests: leaseKeeperTests,
  },
  {
    file: leaseKeeper,
    original: "if (this.#workerId !== null) this.#armNext(0);",
    replacement: "",
    tests: ["tests/worker/claim/queues_test.ts"],
  },
  {
    file: leaseKeeper,
    original: `this.#disarm();
    if (this.#stopped) return;`,
    replacement: "this.#disarm();",
    tests: ["tests/worker/stopping_test.ts"],
  },
  {
    file: leaseKeeper,
    original: `if (this.#workerId !== id) return;
    this.#claimMark`,
    replacement: "this.#claimMark",
    tests: leaseKeeperTests,
  },
  {
    file: heartbeatHandler,
    original: "for (const runner of runners.values()) runner.removeWhere(lost);",
    replacement: "",
    tests: ["tests/worker/lease/lease_keeper_test.ts"],
  },
  {
    file: heartbeatHandler,
    original: "giveBack(runner);",
    replacement: "",
    tests: heartbeatHandlerTests,
  },
  {
    file: heartbeatHandler,
    original: "resume(runner); // some",
    replacement: "// some",
    tests: heartbeatHandlerTests,
  },
  {
    file: heartbeatHandler,
    original: "runner.resumedAt = clock.monotonic();",
    replacement: "",
    tests: ["tests/schedule/engine/misfire_test.ts"],
    filter: "paused",
  },
  {
    file: heartbeatHandler,
    original: "claimer.clockRead();",
    replacement: "",
    tests: ["tests/schedule/engine/sleeping_test.ts"],
  },
  {
    file: heartbeatHandler,
    original: `this.#parts.reporter.tasksReleased(tasks);
    this.#parts.claimer.recheckAllQueues();`,
    replacement: "this.#parts.reporter.tasksReleased(tasks);",
    tests: ["tests/worker/lease/lease_keeper_test.ts"],
  },
  {
    file: heartbeatHandler,
    original: `attemptEvents.emit("leaseLost", job);`,
    replacement: "",
    tests: ["tests/worker/lease/lease_keeper_test.ts"],
  },
  {
    file: workerReporter,
    original: `if (!poisoned || definitions.get(type)?.logFailures === "none") continue;`,
    replacement: "if (!poisoned) continue;",
    tests: workerReporterTests,
  },
  {
    file: intake,
    original: "if (count > 0) claimer.recheckAllQueues();",
    replacement: "",
    tests: ["tests/worker/claim/claimer_test.ts"],
  },
  {
    file: intake,
    original: "Math.max(keeper.registeredAt, runner.resumedAt)",
    replacement: "keeper.registeredAt",
    tests: ["tests/schedule/engine/misfire_test.ts"],
    filter: "paused",
  },
  {
    file: intake,
    original: "if (this.#stopping) return void this.#giveBackAtStop(job, reservation);",
    replacement: "",
    tests: workerTests,
  },
  {
    file: worker,
    original: "[givenBack, handedOver, this",
    replacement: "[givenBack, this",
    tests: workerTests,
  },
  {
    file: worker,
    original: "await within(clock, graceMs, this.#executor.idle());",
    replacement: "",
    tests: workerTests,
  },
  {
    file: worker,
    original: "[givenBack, handedOver, this.#writer.idle(), this.#logKeeper.idle()]",
    replacement: "[givenBack, handedOver, this.#writer.idle()]",
    tests: workerTests,
  },
  {
    file: worker,
    original: "[givenBack, handedOver, this.#writer.idle(), this.#logKeeper.idle()]",
    replacement: "[handedOver, this.#writer.idle(), this.#logKeeper.idle()]",
    tests: workerTests,
  },
  {
    file: worker,
    original: "this.#lastEnded = job;",
    replacement: "",
    tests: ["tests/worker/lease/starvation_test.ts"],
  },
  {
    file: worker,
    original: `if (signal.kind === "cancel") this.cancel(signal.taskIds);`,
    replacement: `if (signal.kind === "cancel") return;`,
    tests: ["tests/worker/attempt/cancelling_test.ts"],
  },
  {
    file: worker,
    original: `runner.freeSlot();
    this.#quarantine`,
    replacement: "this.#quarantine",
    tests: ["tests/worker/claim/queues_test.ts"],
  },
  {
    file: intake,
    original: "rateLimiter.giveBack(job);",
    replacement: "",
    tests: ["tests/rate_limit/given_back_test.ts"],
  },
  {
    file: worker,
    original: `this.#intake.stop();
    this.#starter.stop();`,
    replacement: "this.#intake.stop();",
    tests: workerTests,
  },
  {
    file: quarantine,
    original: "Math.max(1, Math.ceil(parts.poisonLimit / 2))",
    replacement: "Math.ceil(parts.poisonLimit / 2)",
    tests: quarantineTests,
  },
  {
    file: quarantine,
    original: "if (job.task.lostCount < this.#threshold) return true;",
    replacement: "if (job.task.lostCount <= this.#threshold) return true;",
    tests: quarantineTests,
  },
  {
    file: quarantine,
    original: "if (!runner.unhold(kept)) continue;",
    replacement: "runner.unhold(kept);",
    tests: quarantineTests,
    equivalent:
      "A suspect is reported before it starts, and the fence rejects the report if the suspect has ended meanwhile.",
  },
  {
    file: quarantine,
    original: "runner.freeSlot();",
    replacement: "",
    tests: quarantineTests,
  },
];

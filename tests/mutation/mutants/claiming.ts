// When a worker claims, how much, and what waits in its queues.

import { type Mutant, mutantsOf } from "../mutant.ts";

const claimer = "src/worker/claim/claimer.ts";
const claimerTests = ["tests/worker/claim/claimer_test.ts"];
const claimingAheadTests = ["tests/worker/claim/claiming_ahead_test.ts"];
const claimTimeTests = ["tests/worker/claim/claim_time_test.ts"];
const storedBacklog = "src/worker/claim/stored_backlog.ts";
const unknownClaims = "src/worker/claim/unknown_claims.ts";
const unknownClaimsTests = ["tests/worker/claim/unknown_claims_test.ts"];
const prefetch = "src/worker/claim/prefetch.ts";
const prefetchTests = ["tests/worker/claim/prefetch_test.ts"];
const queueRunner = "src/worker/claim/queue_runner.ts";
const queueRunnerTests = [
  "tests/worker/claim/when_full_test.ts",
  "tests/worker/claim/queues_test.ts",
];
const localQueue = "src/worker/claim/local_queue.ts";
const localQueueTests = ["tests/worker/claim/queues_test.ts"];
const reservations = "src/worker/claim/reservations.ts";
const reservationsTests = ["tests/worker/claim/when_full_test.ts"];
const roomWatch = "src/worker/claim/room_watch.ts";
const roomWatchTests = ["tests/worker/claim/when_full_test.ts"];
const giveBack = "src/worker/lease/give_back.ts";
const giveBackTests = ["tests/worker/claim/queues_test.ts"];
const starter = "src/worker/starter.ts";
const starterTests = ["tests/worker/lease/starvation_test.ts"];

const seeds = ["tests/testing/simulation/seeds_test.ts"];

export const claiming: readonly Mutant[] = [
  ...mutantsOf({ file: claimer, tests: claimingAheadTests }, [
    [
      "if (this.#parts.workerId() !== workerId) return false;\n      await",
      "await",
    ],
    [
      "settle(workerId);\n      if (this.#parts.workerId() !== workerId) return false;",
      "settle(workerId);",
    ],
  ]),
  {
    file: starter,
    original: "!this.#isInSlice(now) || !this.#holdsLease(now)",
    replacement: "!this.#isInSlice(now)",
    tests: seeds,
  },
  {
    file: starter,
    original: "    for (const runner of this.#parts.runners.values()) this.fill(runner);\n",
    replacement: "",
    tests: seeds,
  },
  {
    file: claimer,
    original: "this.#fruitless > 1 ? backoffMs(this.#fruitless - 1) : 0",
    replacement: "0",
    tests: claimerTests,
  },
  {
    file: claimer,
    original: "if (isTransient(error)) this.#unknownClaims.suspect();",
    replacement: "",
    tests: claimerTests,
  },
  {
    file: claimer,
    original: `for (const { backlog } of asked) backlog.nextDueKnown = false;
      throw error;`,
    replacement: "throw error;",
    tests: claimerTests,
  },
  {
    file: claimer,
    original: "if (this.#working === null && dueAt < this.#armedFor - 1) this.#arm();",
    replacement: "",
    tests: ["tests/schedule/engine/sleeping_test.ts"],
  },
  {
    file: claimer,
    original: "found ? busyMs : Math.min(idleMs, Math.max(busyMs, this.#pollMs * 2))",
    replacement: "idleMs",
    tests: claimerTests,
  },
  {
    file: claimer,
    original: "this.#parts.onWorkerLost(error.workerId);",
    replacement: "",
    tests: ["tests/worker/lease/lease_keeper_test.ts"],
  },
  {
    file: claimer,
    original: `this.#nextDueAt = at;
    if (this.#working === null) this.#arm();`,
    replacement: "this.#nextDueAt = at;",
    tests: ["tests/worker/claim/claimer_test.ts", "tests/worker/attempt/timeouts_test.ts"],
  },
  {
    file: storedBacklog,
    original: "this.#isLong = count === limit;",
    replacement: "",
    tests: claimingAheadTests,
  },
  {
    file: storedBacklog,
    original: "this.#isLong || this.#isChanged",
    replacement: "this.#isLong",
    tests: claimingAheadTests,
  },
  {
    file: claimer,
    original: "await this.#claimingAhead; // once it is answered, its tasks are known",
    replacement: "",
    tests: claimingAheadTests,
  },
  {
    file: claimer,
    original: "await this.#claimingAhead;\n    this.#unknownClaims.stop();",
    replacement: "this.#unknownClaims.stop();",
    tests: claimingAheadTests,
  },
  {
    file: queueRunner,
    original: "return this.#occupied + this.backlog.claiming;",
    replacement: "return this.#occupied;",
    tests: claimingAheadTests,
  },
  {
    file: queueRunner,
    original: "Math.min(this.settings.capacity, mostGrowth * target)",
    replacement: "target",
    tests: claimTimeTests,
  },
  {
    file: queueRunner,
    original: "!this.backlog.isLong || aim < this.settings.capacity",
    replacement: "!this.backlog.isLong",
    tests: claimTimeTests,
  },
  {
    file: "src/worker/claim/claim_time.ts",
    original: "Math.min(this.#average, mostDistances * this.#distance.ms)",
    replacement: "this.#average",
    tests: claimTimeTests,
  },
  {
    file: "src/worker/claim/claim_time.ts",
    original: "this.#distance.ms > 0 ? before + (took - before) * weight : 0",
    replacement: "before + (took - before) * weight",
    tests: claimTimeTests,
  },
  {
    file: unknownClaims,
    original: "this.#pauseMs *= 2;",
    replacement: "",
    tests: unknownClaimsTests,
  },
  {
    file: unknownClaims,
    original: `await this.#parts.giveBackUnknown(workerId);
    this.#isOpen = false;`,
    replacement: `this.#isOpen = false;
    await this.#parts.giveBackUnknown(workerId);`,
    tests: unknownClaimsTests,
  },
  {
    file: unknownClaims,
    original: "    this.#pauseMs = firstPauseMs;\n",
    replacement: "",
    tests: unknownClaimsTests,
  },
  {
    file: unknownClaims,
    original: "if (this.#pauseMs > lastPauseMs) {",
    replacement: "if (this.#pauseMs >= lastPauseMs) {",
    tests: unknownClaimsTests,
  },
  {
    file: prefetch,
    original: "Math.max(this.#rate * spanMs, this.#target / mostDrop)",
    replacement: "this.#rate * spanMs",
    tests: prefetchTests,
  },
  {
    file: prefetch,
    original: `whenFull === "store" ? Math.min(2 * parallelism, capacity) : capacity`,
    replacement: "capacity",
    tests: prefetchTests,
  },
  {
    file: prefetch,
    original: "this.#target = Math.min(this.#most, 2 * this.#finished);",
    replacement: "",
    tests: prefetchTests,
  },
  {
    file: prefetch,
    original: "target > this.#least ? Math.floor",
    replacement: "target >= this.#least ? Math.floor",
    tests: prefetchTests,
  },
  {
    file: prefetch,
    original: `this.#finished = 0;
      this.#windowStartedAt`,
    replacement: "this.#windowStartedAt",
    tests: prefetchTests,
  },
  {
    file: queueRunner,
    original: "(this.backlog.mayHaveMore ? this.#keptForStorage : 0)",
    replacement: "0",
    tests: ["tests/worker/claim/queue_runner_test.ts"],
  },
  {
    file: queueRunner,
    original: "this.#roomWaiters = this.#roomWaiters.filter((each) => each !== onRoom);",
    replacement: "",
    tests: queueRunnerTests,
  },
  {
    file: queueRunner,
    original: "[...this.#held, ...this.#heldWithSlot].filter(matches)",
    replacement: "[...this.#held].filter(matches)",
    tests: ["tests/rate_limit/rate_limiting_test.ts"],
    filter: "while it asks its limit is not lost",
  },
  {
    file: queueRunner,
    original: "this.#running < this.settings.parallelism && !this.paused",
    replacement: "this.#running < this.settings.parallelism",
    tests: ["tests/worker/claim/queues_test.ts"],
  },
  {
    file: queueRunner,
    original: "this.#ready.shift() ?? this.#waiting.shift()",
    replacement: "this.#waiting.shift() ?? this.#ready.shift()",
    tests: ["tests/worker/claim/queue_runner_test.ts"],
  },
  {
    file: queueRunner,
    original: "this.#occupied >= (this.backlog.mayHaveMore ? aim / 2 : aim)",
    replacement: "this.#occupied >= aim",
    tests: ["tests/worker/claim/queue_runner_test.ts"],
  },
  {
    file: localQueue,
    original: ".sort((a, b) => b - a)",
    replacement: ".sort((a, b) => a - b)",
    tests: localQueueTests,
  },
  {
    file: localQueue,
    original: "this.#length -= removed.length;",
    replacement: "",
    tests: ["tests/worker/claim/queue_runner_test.ts"],
  },
  {
    file: localQueue,
    original: `this.#items = this.#items.slice(this.#head);
      this.#head = 0;`,
    replacement: "this.#items = this.#items.slice(this.#head);",
    tests: ["tests/worker/claim/queue_runner_test.ts"],
  },
  {
    file: localQueue,
    original: "if (!wanted(fifo.first)) return undefined;",
    replacement: "if (!wanted(fifo.first)) continue;",
    tests: ["tests/worker/claim/queue_runner_test.ts"],
  },
  {
    file: reservations,
    original: "if (--this.#kept === 0) {",
    replacement: "if (false as boolean) {",
    tests: ["tests/worker/stopping_test.ts"],
  },
  {
    file: reservations,
    original: "this.#workerId() !== null && this.#runner(queue).isFull",
    replacement: "this.#runner(queue).isFull",
    tests: reservationsTests,
  },
  {
    file: roomWatch,
    original: "if (!runner.isAwaited) return;",
    replacement: "",
    tests: roomWatchTests,
  },
  {
    file: roomWatch,
    original: "this.#watched.has(runner) || this.#told.has(runner)",
    replacement: "this.#watched.has(runner)",
    tests: roomWatchTests,
  },
  {
    file: roomWatch,
    original: "return this.waits(runner);",
    replacement: "return;",
    tests: roomWatchTests,
  },
  {
    file: giveBack,
    original: "for (const { task } of its) held.delete(task);",
    replacement: "",
    tests: giveBackTests,
  },
  {
    file: giveBack,
    original: "onFailed();",
    replacement: "",
    tests: giveBackTests,
  },
  {
    file: starter,
    original: "return now <= this.#sliceEndsAt;",
    replacement: "return true;",
    tests: starterTests,
  },
  {
    file: starter,
    original: "if (this.#filling || this.#stopped) return;",
    replacement: "if (this.#filling) return;",
    tests: ["tests/worker/stopping_test.ts", "tests/rate_limit/rate_limiting_test.ts"],
  },
];

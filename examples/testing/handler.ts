// Tests a single handler: its work, its failures, its log and its dispatches, without storage or
// worker.

import assert from "node:assert/strict";
import { defineTask, linearRetry, NonRetryableError, RetryLater } from "@evertask/evertask";
import {
  assertDispatched,
  FakeClock,
  refuteDispatched,
  runHandler,
} from "@evertask/evertask/testing";

// ---- the application: it charges a card, and sends a receipt ----

const cards = {
  async charge(card: string, _amount: number, _signal: AbortSignal): Promise<string> {
    await Promise.resolve();
    if (card === "stolen") throw new NonRetryableError("The card is blocked.");
    if (card === "slow") throw new RetryLater({ minutes: 1 }, "The bank is asked again.");
    if (card === "offline") throw new Error("The bank does not answer.");
    return `receipt for ${card}`;
  },
};

const sendReceipt = defineTask<{ receipt: string }>({ type: "send-receipt", handle() {} });

const chargeCard = defineTask<{ card: string; amount: number }>({
  type: "charge-card",
  retry: linearRetry(2, { seconds: 30 }),
  timeout: { minutes: 5 },
  async handle({ card, amount }, { log, dispatch, signal }) {
    const receipt = await cards.charge(card, amount, signal);
    log.info("Charged {amount}", { amount });
    await dispatch(sendReceipt, { receipt }, { delay: { minutes: 1 } });
  },
});

// ---- its tests ----

// The handler charges the card, logs, and dispatches a receipt with a delay of a minute.
const charged = await runHandler(chargeCard, { card: "4242", amount: 20 });
assert.equal(charged.outcome, "completed");
assert.deepEqual(charged.log.map(({ message }) => message), ["Charged 20"]);
await assertDispatched(charged, sendReceipt, {
  payload: { receipt: "receipt for 4242" },
  delay: { minutes: 1 },
});

// If the bank does not answer, it is asked three times, half a minute apart.
const offline = await runHandler(chargeCard, { card: "offline", amount: 20 });
assert.deepEqual([offline.outcome, offline.delayMs], ["retry", 30_000]);
const third = await runHandler(chargeCard, { card: "offline", amount: 20 }, { attempt: 3 });
assert.equal(third.outcome, "failed");
assert.match(String(third.error), /does not answer/);
await refuteDispatched(third, sendReceipt);

// A blocked card fails at once, and a slow bank costs no attempt.
const stolen = await runHandler(chargeCard, { card: "stolen", amount: 20 });
assert.equal(stolen.outcome, "failed");
const slow = await runHandler(chargeCard, { card: "slow", amount: 20 }, { attempt: 3 });
assert.deepEqual([slow.outcome, slow.delayMs], ["later", 60_000]);

// A bank that hangs: the signal aborts after five minutes, which take no time here.
cards.charge = (_card, _amount, signal) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
const clock = new FakeClock();
const running = runHandler(chargeCard, { card: "4242", amount: 20 }, { clock });
await clock.advance(5 * 60_000);
assert.match(String((await running).error), /TimeoutError/);

console.log("The handler works.");

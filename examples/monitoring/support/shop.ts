// The tasks of the monitoring examples: one that completes, one that fails, and one that takes too
// long.

import { type AnyTask, defineTask, noRetry } from "@evertask/evertask";
import { z } from "zod";

/** Completes. */
export const sendReceipt = defineTask({
  type: "send-receipt",
  handlerName: "SendReceiptHandler",
  queue: "email",
  payload: z.object({ order: z.number() }),
  handle() {},
});

/** Fails: the card is declined. */
export const chargeCard = defineTask({
  type: "charge-card",
  handlerName: "ChargeCardHandler",
  payload: z.object({ order: z.number() }),
  retry: noRetry(),
  handle({ order }) {
    throw new Error(`The card for order ${order} was declined`);
  },
});

/** Takes too long. */
export const buildReport = defineTask({
  type: "build-report",
  handlerName: "BuildReportHandler",
  retry: noRetry(),
  timeout: { milliseconds: 50 },
  async handle(_, { signal }) {
    await new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  },
});

/** All tasks, for `createEverTask`. */
export const tasks: readonly AnyTask[] = [sendReceipt, chargeCard, buildReport];

// Tests which uses of defineTask and dispatch compile. `deno check` is the test: nothing here runs,
// and a missing expected error is an error.

import { z } from "zod";
import {
  type AnyTask,
  createEverTask,
  defineTask,
  type DispatchResult,
  exponentialRetry,
  linearRetry,
  noRetry,
  type TaskContext,
} from "@evertask/evertask";
import type { Storage } from "@evertask/evertask/storage";

declare const storage: Storage;

/** Whether two types are identical, not only assignable. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true
  : false;

function same<A, B>(..._proof: Same<A, B> extends true ? [] : [never]): void {}

const sendMail = defineTask({
  type: "send-mail",
  payload: z.object({ email: z.email(), copies: z.coerce.number<string>() }),
  handle(payload, context) {
    same<typeof payload, { email: string; copies: number }>();
    same<typeof context, TaskContext>();
  },
  onCompleted: ({ taskId }) => same<typeof taskId, string>(),
  onError: (_, error) => same<typeof error, unknown>(),
});

const resize = defineTask<{ width: number }>({
  type: "resize",
  async handle({ width }) {
    same<typeof width, number>();
    await Promise.resolve();
  },
});

const cleanUp = defineTask({ type: "clean-up", handle() {} });

const tasks: AnyTask[] = [sendMail, resize, cleanUp];
const everTask = createEverTask({ storage, tasks });

export async function allowed(): Promise<void> {
  const result = await everTask.dispatch(sendMail, { email: "ada@example.com", copies: "2" });
  same<typeof result, DispatchResult>();
  await everTask.dispatch(resize, { width: 3 }, { delay: { minutes: 30 }, auditLevel: "None" });
  await everTask.dispatch(resize, { width: 3 }, { at: "2026-12-25T10:00:00Z", taskKey: "x" });
  await everTask.dispatch(resize, { width: 3 }, { at: { epochMilliseconds: 0 } });
  await everTask.dispatch(resize, { width: 3 }, { recurring: (r) => r.every(5).minutes() });
  await everTask.dispatch(resize, { width: 3 }, { recurring: "0 3 * * *" });
  await everTask.dispatch(resize, { width: 3 }, { retry: linearRetry(3, [1, 10]) });
  await everTask.dispatch(resize, { width: 3 }, { retry: noRetry() });
  await everTask.dispatchMany(resize, [], {
    retry: exponentialRetry({ retries: 3 }).handleTransientNetworkErrors(),
  });
  await everTask.dispatch(cleanUp);
  await everTask.dispatchMany(resize, [{ width: 1 }, { width: 2 }], { queue: "images" });
}

export async function refused(): Promise<void> {
  // @ts-expect-error: the payload lacks a property
  await everTask.dispatch(sendMail, { email: "ada@example.com" });
  // @ts-expect-error: dispatch takes the schema's input type, not its output type
  await everTask.dispatch(sendMail, { email: "ada@example.com", copies: 2 });
  // @ts-expect-error: wrong type of a property
  await everTask.dispatch(resize, { width: "3" });
  // @ts-expect-error: no such level
  await everTask.dispatch(resize, { width: 3 }, { auditLevel: "Loud" });
  // @ts-expect-error: no such unit
  await everTask.dispatch(resize, { width: 3 }, { delay: { weeks: 1 } });
  // @ts-expect-error: a number is not an instant
  await everTask.dispatch(resize, { width: 3 }, { at: 1000 });
  // @ts-expect-error: functions cannot be stored
  await everTask.dispatch(resize, { width: 3 }, { retry: { nextDelay: () => 1 } });
  // @ts-expect-error: a number of retries is not a policy
  await everTask.dispatch(resize, { width: 3 }, { retry: 3 });
  // @ts-expect-error: many tasks cannot share a key
  await everTask.dispatchMany(resize, [{ width: 1 }], { taskKey: "x" });
  // @ts-expect-error: an interval needs a unit
  await everTask.dispatch(resize, { width: 3 }, { recurring: (r) => r.every(5) });
  // @ts-expect-error: a task needs a handler
  defineTask({ type: "x" });
  // @ts-expect-error: the handler's payload has the schema's output type
  defineTask({ type: "x", payload: z.object({ a: z.string() }), handle: ({ b }) => void b });
  // @ts-expect-error: storage is required
  createEverTask({ tasks });
}

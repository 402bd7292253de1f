// Tests that a payload is checked against the task's type wherever it is passed, and is never used
// to infer that type, so that a variable is checked like a literal.

import { createEverTask, defineTask, type TaskContext } from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";
import {
  assertDispatched,
  createTestEverTask,
  dispatched,
  refuteDispatched,
  runHandler,
} from "@evertask/evertask/testing";

const mail = defineTask<{ to: string; copies: number }>({ type: "mail", handle() {} });
const user = defineTask<{ id: string & { readonly brand: "user" } }>({ type: "user", handle() {} });
const mode = defineTask<{ mode: "fast" | "slow" }>({ type: "mode", handle() {} });
const everTask = createEverTask({ storage: memoryStorage(), tasks: [mail, user, mode] });
const testEverTask = createTestEverTask({ storage: memoryStorage(), tasks: [mail, user, mode] });

declare const context: TaskContext;
declare const fits: { to: string; copies: number };
declare const lacks: { to: string };
declare const wider: { to: string; copies: number | string };
declare const optional: { to: string; copies?: number };
declare const anything: unknown;
declare const text: string;

export async function allowed(): Promise<void> {
  await everTask.dispatch(mail, fits);
  await everTask.dispatchMany(mail, [fits]);
  await everTask.dispatchMany(mail, new Set([fits]));
  await testEverTask.dispatch(mail, fits);
  await testEverTask.dispatchMany(mail, [fits]);
  await context.dispatch(mail, fits);
  await runHandler(mail, fits);
  await assertDispatched(everTask, mail, { payload: { to: text } });
}

export async function refused(): Promise<void> {
  // @ts-expect-error: a property is missing
  await everTask.dispatch(mail, lacks);
  // @ts-expect-error: a property has a wider type
  await everTask.dispatch(mail, wider);
  // @ts-expect-error: a required property is optional
  await everTask.dispatch(mail, optional);
  // @ts-expect-error: the payload is unknown
  await everTask.dispatch(mail, anything);
  // @ts-expect-error: the payload is null
  await everTask.dispatch(mail, null);
  // @ts-expect-error: a string is not a branded string
  await everTask.dispatch(user, { id: text });
  // @ts-expect-error: a string is not a union of two literals
  await everTask.dispatch(mode, { mode: text });
  // @ts-expect-error: a property is missing in one of several payloads
  await everTask.dispatchMany(mail, [fits, lacks]);
  // @ts-expect-error: a property is missing in a continuation
  await context.dispatch(mail, lacks);
  // @ts-expect-error: a property is missing in a test
  await testEverTask.dispatch(mail, lacks);
  // @ts-expect-error: a property is missing in one of several payloads in a test
  await testEverTask.dispatchMany(mail, [lacks]);
  // @ts-expect-error: a property is missing for runHandler
  await runHandler(mail, lacks);
  // @ts-expect-error: assertDispatched with an unknown property
  await assertDispatched(everTask, mail, { payload: { from: text } });
  // @ts-expect-error: refuteDispatched with a property of another type
  await refuteDispatched(everTask, mail, { payload: { copies: text } });
  // @ts-expect-error: dispatched with an unknown property
  await dispatched(everTask, mail, { payload: { from: text } });
}

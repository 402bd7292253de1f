// Tests that a payload may be omitted only if its type includes `undefined`, and that options are
// never accepted as a payload.

import {
  createEverTask,
  defineTask,
  type Dispatch,
  type Task,
  type TaskContext,
} from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";
import { createTestEverTask, runHandler } from "@evertask/evertask/testing";
import { z } from "zod";

const cleanUp = defineTask({ type: "clean-up", handle() {} });
const report = defineTask<{ month?: string } | undefined>({ type: "report", handle() {} });
const greet = defineTask({
  type: "greet",
  payload: z.object({ name: z.string() }).default({ name: "World" }),
  handle() {},
});
const resize = defineTask<{ width: number }>({ type: "resize", handle() {} });
const forget = defineTask<null>({ type: "forget", handle() {} });
const tasks = [cleanUp, report, greet, resize, forget];
const everTask = createEverTask({ storage: memoryStorage(), tasks });
const testEverTask = createTestEverTask({ storage: memoryStorage(), tasks });

declare const context: TaskContext;
declare const delayed: { delay: number };

export async function allowed(): Promise<void> {
  await everTask.dispatch(cleanUp);
  await everTask.dispatch(cleanUp, undefined);
  await everTask.dispatch(cleanUp, undefined, { recurring: (r) => r.everyDay() });
  await everTask.dispatch(report);
  await everTask.dispatch(report, { month: "May" }, delayed);
  await everTask.dispatch(report, undefined, delayed);
  await everTask.dispatch(greet);
  await everTask.dispatch(greet, { name: "Ada" });
  await everTask.dispatchMany(cleanUp, [undefined, undefined]);
  await context.dispatch(cleanUp);
  await context.dispatch(cleanUp, undefined, delayed);
  await testEverTask.dispatch(cleanUp);
  await testEverTask.dispatch(cleanUp, undefined, delayed);
  await runHandler(cleanUp);
  await runHandler(cleanUp, undefined, { attempt: 2 });
}

/** Programs can wrap dispatch in functions. */
export const traced: Dispatch = (task, ...rest) => everTask.dispatch(task, ...rest);
export async function passedOn<Input>(task: Task<Input>, payload: Input): Promise<void> {
  await everTask.dispatch(task, payload);
  await everTask.dispatch(task, payload, { recurring: (r) => r.everyDay() });
  await context.dispatch(task, payload);
  await testEverTask.dispatch(task, payload);
  await runHandler(task, payload, { attempt: 2 });
}

export async function refused(): Promise<void> {
  // @ts-expect-error: the payload is missing
  await everTask.dispatch(resize);
  // @ts-expect-error: undefined is not a payload of this task
  await everTask.dispatch(resize, undefined);
  // @ts-expect-error: a payload of null cannot be omitted
  await everTask.dispatch(forget);
  // @ts-expect-error: options are not a payload
  await everTask.dispatch(cleanUp, { recurring: "@daily" });
  // @ts-expect-error: options in a variable are not a payload
  await everTask.dispatch(cleanUp, delayed);
  // @ts-expect-error: options are not a payload, even if all properties of the payload are optional
  await everTask.dispatch(report, { delay: 1000 });
  // @ts-expect-error: the same with options in a variable
  await everTask.dispatch(report, delayed);
  // @ts-expect-error: options are not a payload of a task that requires one
  await everTask.dispatch(resize, { recurring: "@daily" });
  // @ts-expect-error: no such option
  await everTask.dispatch(cleanUp, undefined, { recuring: "@daily" });
  // @ts-expect-error: nothing follows the options
  await everTask.dispatch(cleanUp, undefined, {}, {});
  // @ts-expect-error: options are not a list of payloads
  await everTask.dispatchMany(cleanUp, { queue: "email" });
  // @ts-expect-error: dispatchMany needs a list of payloads
  await everTask.dispatchMany(cleanUp);
  // @ts-expect-error: the payload of a continuation is missing
  await context.dispatch(resize);
  // @ts-expect-error: options are not a payload of a continuation
  await context.dispatch(cleanUp, { taskKey: "x" });
  // @ts-expect-error: the payload is missing in a test
  await testEverTask.dispatch(resize);
  // @ts-expect-error: options are not a payload in a test
  await testEverTask.dispatch(cleanUp, { queue: "email" });
  // @ts-expect-error: the handler needs a payload
  await runHandler(resize);
  // @ts-expect-error: options are not a payload of a handler
  await runHandler(cleanUp, { attempt: 2 });
}

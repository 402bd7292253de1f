// Tests that a handler's payload has the type that remains after serialization to JSON, and that
// payload types that JSON cannot represent are rejected.

import { z } from "zod";
import {
  createEverTask,
  defineTask,
  type JsonOf,
  type StorablePayload,
  type Task,
} from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";
import { assertDispatched, dispatched } from "@evertask/evertask/testing";

/** Whether two types are identical, not only assignable. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true
  : false;

function same<A, B>(..._proof: Same<A, B> extends true ? [] : [never]): void {}

interface Tree {
  at: Date;
  children: Tree[];
}
type Written = string | number | boolean | null | Written[] | { [name: string]: Written };
type Frozen = string | readonly Frozen[] | { readonly [name: string]: Frozen };
class Point {
  readonly x: number = 1;
  readonly at: Date = new Date(0);
}
type UserId = string & { readonly brand: "user" };
declare const secret: unique symbol;

same<JsonOf<{ at: Date; link: URL }>, { at: string; link: string }>();
same<JsonOf<Date>, string>();
same<JsonOf<Date | null | undefined>, string | null>();
same<
  JsonOf<{ at?: Date; readonly n: 1 | undefined }>,
  { at?: string; readonly n: 1 | undefined }
>();
same<JsonOf<Date[]>, string[]>();
same<JsonOf<readonly Date[]>, readonly string[]>();
same<JsonOf<[from: Date, to?: Date]>, [from: string, to?: string]>();
same<JsonOf<readonly [Date, ...Date[]]>, readonly [string, ...string[]]>();
same<JsonOf<Record<string, Date>>, Record<string, string>>();
same<JsonOf<{ kind: "a"; at: Date } | { kind: "b" }>, { kind: "a"; at: string } | { kind: "b" }>();
same<JsonOf<{ toJSON(): { at: Date } }>, { at: string }>();
same<JsonOf<Tree>["children"][0]["children"][0]["at"], string>();
same<JsonOf<Point>, { readonly x: number; readonly at: string }>();
same<JsonOf<{ id: UserId; mode: "fast" | "slow" }>, { id: UserId; mode: "fast" | "slow" }>();
same<JsonOf<{ name: string; [secret]: number }>, { name: string }>();
// deno-lint-ignore no-explicit-any
same<JsonOf<any>, any>();
same<JsonOf<unknown>, unknown>();
same<JsonOf<void>, void>();
same<JsonOf<never>, never>();

export const at = defineTask<{ at: Date; until?: Date }>({
  type: "at",
  rateLimit: { permits: 1, period: 1000, key: (payload) => payload.at.toUpperCase() },
  handle(payload) {
    same<typeof payload, { at: string; until?: string }>();
  },
});
same<typeof at, Task<{ at: Date; until?: Date }, { at: string; until?: string }>>();

export const allowed: Task[] = [
  defineTask<Tree>({ type: "x", handle() {} }),
  defineTask<Written>({ type: "x", handle: (payload) => void (payload satisfies Written) }),
  defineTask<Frozen>({ type: "x", handle: (payload) => void (payload satisfies Frozen) }),
  defineTask<Date>({ type: "x", handle() {} }),
  defineTask<URL | null>({ type: "x", handle() {} }),
  defineTask<[string, Date?]>({ type: "x", handle() {} }),
  defineTask<Point>({ type: "x", handle() {} }),
  defineTask<{ at: [string, Date?] }>({ type: "x", handle() {} }),
  defineTask<{ error: { name: string; message: string; stack?: string } }>({
    type: "x",
    handle() {},
  }),
  defineTask<UserId>({ type: "x", handle() {} }),
  defineTask<unknown>({ type: "x", handle() {} }),
  // deno-lint-ignore no-explicit-any
  defineTask<any>({ type: "x", handle() {} }),
  defineTask<{ anything: unknown }>({ type: "x", handle() {} }),
  defineTask<{ toJSON(): string }>({ type: "x", handle() {} }),
  defineTask<bigint & { toJSON(): string }>({ type: "x", handle() {} }),
  defineTask({ type: "x", handle: (payload: { width: number }) => void payload }),
];

/** A generic function that defines tasks has to repeat the constraint. */
export function taskOf<Payload extends StorablePayload<Payload>>(
  type: string,
): Task<Payload, JsonOf<Payload>> {
  return defineTask<Payload>({ type, handle() {} });
}
same<ReturnType<typeof taskOf<{ at: Date }>>, Task<{ at: Date }, { at: string }>>();

export const refused: Task[] = [
  // @ts-expect-error: JSON has no functions
  defineTask<{ done(): void }>({ type: "x", handle() {} }),
  // @ts-expect-error: JSON has no functions, even in an optional property
  defineTask<{ done?: () => void }>({ type: "x", handle() {} }),
  // @ts-expect-error: a payload cannot be a function
  defineTask<() => void>({ type: "x", handle() {} }),
  // @ts-expect-error: a payload cannot be a class
  defineTask<typeof Point>({ type: "x", handle() {} }),
  // @ts-expect-error: JSON has no Map
  defineTask<Map<string, number>>({ type: "x", handle() {} }),
  // @ts-expect-error: JSON has no Map, at any depth
  defineTask<{ a: { b: ReadonlyMap<string, number> }[] }>({ type: "x", handle() {} }),
  // @ts-expect-error: JSON has no Map in a tuple
  defineTask<[string, { a: Map<string, number> }]>({ type: "x", handle() {} }),
  // @ts-expect-error: JSON has no Map in a union
  defineTask<{ a: Date | Map<string, number> }>({ type: "x", handle() {} }),
  // @ts-expect-error: JSON has no Map in a record
  defineTask<Record<string, Map<string, number>>>({ type: "x", handle() {} }),
  // @ts-expect-error: toJSON() must not return a Map
  defineTask<{ a: { toJSON(): Map<string, number> } }>({ type: "x", handle() {} }),
  // @ts-expect-error: JSON has no Set
  defineTask<{ tags: Set<string> }>({ type: "x", handle() {} }),
  // @ts-expect-error: JSON has no WeakMap
  defineTask<{ cache: WeakMap<object, string> }>({ type: "x", handle() {} }),
  // @ts-expect-error: JSON has no symbols
  defineTask<{ key: symbol }>({ type: "x", handle() {} }),
  // @ts-expect-error: JSON has no bigint
  defineTask<{ id: number | bigint }>({ type: "x", handle() {} }),
  // @ts-expect-error: JSON has no bigint
  defineTask<bigint>({ type: "x", handle() {} }),
  // @ts-expect-error: JSON has no promises
  defineTask<{ user: Promise<string> }>({ type: "x", handle() {} }),
  // @ts-expect-error: JSON has no bytes
  defineTask<{ file: Uint8Array }>({ type: "x", handle() {} }),
  // @ts-expect-error: JSON has no bytes
  defineTask<ArrayBuffer>({ type: "x", handle() {} }),
  // @ts-expect-error: JSON has no regular expressions
  defineTask<{ pattern: RegExp }>({ type: "x", handle() {} }),
  // @ts-expect-error: JSON has no errors
  defineTask<{ error: RangeError }>({ type: "x", handle() {} }),
  // @ts-expect-error: JSON has no undefined in a list
  defineTask<{ names: (string | undefined)[] }>({ type: "x", handle() {} }),
  // @ts-expect-error: JSON has no undefined in a list that is the payload
  defineTask<readonly (string | undefined)[]>({ type: "x", handle() {} }),
  // @ts-expect-error: methods do not survive JSON
  defineTask<Headers>({ type: "x", handle() {} }),
  // @ts-expect-error: a handler gets a Date as a string
  defineTask<{ at: Date }>({ type: "x", handle: ({ at }) => void at.getTime() }),
  // @ts-expect-error: a handler cannot declare its parameter with a Date
  defineTask({ type: "x", handle: ({ at }: { at: Date }) => void at }),
];

/** With a validator, the handler gets the validator's output type. */
export const coerced = defineTask({
  type: "coerced",
  payload: z.object({
    at: z.coerce.date<Date>(),
    tags: z.array(z.string()).transform((tags) => new Set(tags)),
  }),
  handle(payload) {
    same<typeof payload, { at: Date; tags: Set<string> }>();
  },
});

export async function inTests(): Promise<void> {
  const everTask = createEverTask({ storage: memoryStorage(), tasks: [at] });
  await everTask.dispatch(at, { at: new Date(0) });
  // @ts-expect-error: dispatch takes the Date, not the string that the handler gets
  await everTask.dispatch(at, { at: "1970-01-01T00:00:00.000Z" });
  const [task] = await assertDispatched(everTask, at, { payload: { at: new Date(0) } });
  same<typeof task.payload, { at: string; until?: string }>();
  await dispatched(everTask, at, { payload: { at: "1970-01-01T00:00:00.000Z" } });
  await dispatched(everTask, at, { payload: (payload) => payload.at.startsWith("1970") });
}

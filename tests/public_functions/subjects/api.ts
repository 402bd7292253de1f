// Describes createApi, which is called with an instance that is not started, and authorizePeople.

import { memoryStorage } from "../../../drivers/memory/mod.ts";
import { createEverTask, silentLogger } from "../../../mod.ts";
import { systemClock } from "../../../src/storage/mod.ts";
import { authorizePeople, createApi } from "../../../src/api/mod.ts";
import { duration, optionalOptions, type Shape, type Subjects, takes } from "../shapes.ts";

const everTask = createEverTask({ storage: memoryStorage(), tasks: [], logger: silentLogger });

const apiOptionShapes = {
  authorize: takes(() => null),
  path: takes("/ops"),
  clientAddress: takes(() => "192.0.2.1"),
  clock: takes(systemClock),
  logger: takes(silentLogger),
};

/** Describes the options of createApi, and those that another function adds to them. */
export function apiOptionsWith(others: Readonly<Record<string, Shape>>): Shape {
  return optionalOptions({ ...apiOptionShapes, ...others });
}

export const apiSubjects: Subjects = {
  createApi: [{
    call: (...args) => Reflect.apply(createApi as (...args: unknown[]) => unknown, null, args),
    args: [
      takes(everTask),
      apiOptionsWith({}),
    ],
  }],
  authorizePeople: [{
    call: (...args) =>
      Reflect.apply(authorizePeople as (...args: unknown[]) => unknown, null, args),
    args: [
      takes([{ user: "ada", token: "0123456789abcdef0123456789abcdef", can: ["view"] }]),
      optionalOptions({
        sessionDuration: duration,
        cookiePath: takes("/"),
        clock: takes(systemClock),
      }),
    ],
  }],
};

// The function of the API. It gets an instance that is not started.

import { memoryStorage } from "../../../drivers/memory/mod.ts";
import { createEverTask, silentLogger } from "../../../mod.ts";
import { createApi } from "../../../src/api/mod.ts";
import { optionalOptions, type Subjects, takes } from "../shapes.ts";

const everTask = createEverTask({ storage: memoryStorage(), tasks: [], logger: silentLogger });

export const apiSubjects: Subjects = {
  createApi: [{
    call: (...args) => Reflect.apply(createApi as (...args: unknown[]) => unknown, null, args),
    args: [
      takes(everTask),
      optionalOptions({ authorize: takes(() => null), logger: takes(silentLogger) }),
    ],
  }],
};

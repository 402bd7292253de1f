// `everTask.statistics` lets the storage estimate, unless exact numbers are asked for.

import { assertEquals, assertRejects } from "@std/assert";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { createApi } from "../../src/api/mod.ts";
import { createEverTask, InvalidArgumentError } from "../../mod.ts";
import type { StatisticsOptions } from "../../src/storage/queries.ts";

Deno.test("exact statistics are asked of the storage only on request", async () => {
  const storage = memoryStorage();
  const statistics = storage.statistics.bind(storage);
  const asked: (boolean | undefined)[] = [];
  storage.statistics = (options?: StatisticsOptions) => {
    asked.push(options?.exact);
    return statistics(options);
  };
  await using everTask = createEverTask({ storage, tasks: [] });
  await everTask.statistics();
  await everTask.statistics({ exact: true });
  assertEquals(asked.splice(0), [false, true]);
  await assertRejects(
    () => everTask.statistics({ exact: 1 as unknown as boolean }),
    InvalidArgumentError,
    "options.exact",
  );

  const { fetch } = createApi(everTask, { authorize: () => ({ user: "ada", can: ["view"] }) });
  for (const query of ["", "?exact=false", "?exact=true"]) {
    const response = await fetch(new Request(`http://localhost/api/v1/statistics${query}`));
    assertEquals((await response.json()).estimated, []);
  }
  assertEquals(asked, [false, false, true]);
});

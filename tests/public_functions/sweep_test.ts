// Tests that every exported function rejects invalid arguments with an EverTaskError, never with an
// internal TypeError. The tables in subjects/ describe the arguments of each function. An export
// without an entry fails the test.

import { assert, assertEquals } from "@std/assert";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { createEverTask, EverTaskError } from "../../mod.ts";
import config from "../../deno.json" with { type: "json" };
import type { Subjects } from "./shapes.ts";
import { apiSubjects } from "./subjects/api.ts";
import { dashboardSubjects } from "./subjects/dashboard.ts";
import { coreSubjects } from "./subjects/core.ts";
import {
  alertsSubjects,
  monitorSubjects,
  otelSubjects,
  prometheusSubjects,
} from "./subjects/monitor.ts";
import {
  memorySubjects,
  postgresSubjects,
  sqliteSubjects,
  sqlServerSubjects,
  storageSubjects,
} from "./subjects/storages.ts";
import { scheduleSubjects } from "./subjects/schedule.ts";
import { testingSubjects } from "./subjects/testing.ts";
import { methods, partOf } from "./subjects/ever_task.ts";
import { sweep } from "./sweep.ts";

/** The subjects of each entry point. */
const subjects: Readonly<Record<string, Subjects>> = {
  ".": coreSubjects,
  "./memory": memorySubjects,
  "./sqlite": sqliteSubjects,
  "./postgres": postgresSubjects,
  "./schedule": scheduleSubjects,
  "./sqlserver": sqlServerSubjects,
  "./storage": storageSubjects,
  "./testing": testingSubjects,
  "./alerts": alertsSubjects,
  "./api": apiSubjects,
  "./cli": {},
  "./dashboard": dashboardSubjects,
  "./monitor": monitorSubjects,
  "./operate": {},
  "./otel": otelSubjects,
  "./prometheus": prometheusSubjects,
};

/** Returns the names of the methods of a class, including inherited ones. */
function methodsOf(prototype: object): string[] {
  if (prototype === Object.prototype) return [];
  const { constructor: _, ...members } = Object.getOwnPropertyDescriptors(prototype);
  const own = Object.entries(members).filter(([, { value }]) => typeof value === "function");
  return [...own.map(([name]) => name), ...methodsOf(Object.getPrototypeOf(prototype))];
}

Deno.test("every method of an instance is in the sweep", async () => {
  await using everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
  for (const [part, table] of Object.entries(methods)) {
    const owner = partOf(everTask, part);
    const names = methodsOf(Object.getPrototypeOf(owner));
    const forOurselves = part === "events"
      ? ["addLeftOut", "emit", "emitOfOthers", "idle", "wants"]
      : [];
    assertEquals(names.sort(), [...Object.keys(table), ...forOurselves].sort(), part);
  }
});

for (const [entry, path] of Object.entries(config.exports)) {
  const table = subjects[entry] ?? {};
  const exported = await import(`../../${path}`);
  Deno.test(`every export of ${entry} is in the sweep`, () => {
    assertEquals(Object.keys(exported).sort(), Object.keys(table).sort());
  });
  for (const [name, calls] of Object.entries(table)) {
    if (calls === "constant") continue;
    if (calls === "error") {
      Deno.test(`${entry} ${name} is an EverTaskError with that name`, () => {
        const { prototype } = exported[name];
        assert(prototype instanceof EverTaskError || prototype === EverTaskError.prototype);
        assertEquals(exported[name].name, name);
      });
      continue;
    }
    Deno.test(`${entry} ${name} rejects invalid values with an EverTaskError`, async () => {
      const faults: string[] = [];
      for (const subject of calls) {
        await subject.call(...subject.args.map(({ valid }) => valid) as never[]); // must not throw
        faults.push(...await sweep(subject));
      }
      assertEquals(faults, []);
    });
  }
}

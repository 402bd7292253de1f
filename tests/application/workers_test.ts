// Tests which workers an instance lists: those that are alive by the storage's clock.

import process from "node:process";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createEverTask, type EverTaskOptions, InvalidArgumentError } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import config from "../../deno.json" with { type: "json" };
import { describeProcess, hostOf } from "../../src/application/this_process.ts";
import { createPrometheusExporter } from "../../src/monitor/prometheus/mod.ts";
import { workerStatuses } from "../../src/storage/worker_status.ts";
import { FakeClock } from "../../src/testing/fake_clock.ts";
import { parseMetrics, valueOf } from "../monitor/support/prometheus_text.ts";

Deno.test("a worker that crashed is not alive after its lease, even if no other worker removes it", async () => {
  const clock = new FakeClock();
  const storage = memoryStorage({ clock });
  const leaseDuration = { seconds: 30 };
  await using web = createEverTask({ storage, clock, leaseDuration, tasks: [] });
  const { fetch, close } = createPrometheusExporter(web, { clock, cacheTime: 0 });
  const scrape = async () => {
    const metrics = parseMetrics(await (await fetch(new Request("http://web/metrics"))).text());
    return ["workers", "heartbeat_age_seconds"].map((name) => valueOf(metrics, `evertask_${name}`));
  };
  await web.statistics(); // opens the storage
  assertEquals(await web.workers(), []);
  assertEquals(await scrape(), [0, null]);
  await storage.registerWorker({ id: "worker-1", host: "crash.example" });
  await clock.advance(30_000);
  assertEquals((await web.workers()).map(({ id, alive }) => [id, alive]), [["worker-1", true]]);
  assertEquals(await scrape(), [1, 30]);
  await clock.advance(1);
  assertEquals(await web.workers(), []);
  const registered = await web.workers({ includeLost: true });
  assertEquals(registered.map(({ id, alive }) => [id, alive]), [["worker-1", false]]);
  await clock.advance(3_600_000);
  assertEquals(await scrape(), [0, 3_630.001]);
  close();
});

Deno.test("a worker whose heartbeat is more than a lease in the future is not alive", () => {
  const ages = [0, 15_000, 15_001, -15_000, -15_001];
  const workers = ages.map((heartbeatAgeMs) => ({
    id: "worker-1",
    host: "here",
    serves: null,
    process: null,
    draining: false,
    startedAt: 0,
    heartbeatAt: 0,
    heartbeatAgeMs,
  }));
  const alive = workerStatuses(workers, 15_000).map(({ alive }) => alive);
  assertEquals(alive, [true, true, false, true, false]);
});

Deno.test("a misspelt option of the list of workers is rejected", async () => {
  await using everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
  await assertRejects(() => everTask.workers({ lost: true } as never), InvalidArgumentError);
});

Deno.test("an operator sees the version, the runtime and the id of a worker's process", async () => {
  const storage = memoryStorage();
  await using everTask = createEverTask({ storage, tasks: [], version: "2.4.1" });
  await everTask.start();
  const [worker] = await everTask.workers();
  assertEquals(worker!.process, {
    version: config.version,
    applicationVersion: "2.4.1",
    runtime: navigator.userAgent,
    pid: Deno.pid,
  });
});

Deno.test("details of a process are empty or null if the runtime does not report them", () => {
  const ofOld = { process: { pid: 7, versions: { node: "20.1.0" } } };
  assertEquals(describeProcess(ofOld, null), {
    version: config.version,
    applicationVersion: null,
    runtime: "Node.js/20.1.0",
    pid: 7,
  });
  for (const globals of [{}, { navigator: {}, process: { pid: "7" } }, { process: null }]) {
    assertEquals(describeProcess(globals, null), {
      version: config.version,
      applicationVersion: null,
      runtime: "",
      pid: null,
    });
  }
});

Deno.test("a worker reports the host name of its machine in Deno and in Node", async () => {
  const storage = memoryStorage();
  await using everTask = createEverTask({ storage, tasks: [] });
  await everTask.start();
  const [worker] = await everTask.workers();
  assertEquals(worker?.host, Deno.hostname());
  assertEquals(hostOf({ process }), Deno.hostname());
});

Deno.test({
  name: "a worker that may not read the host name reports its runtime instead",
  permissions: { sys: false },
  fn: () => {
    assertEquals(hostOf(globalThis), navigator.userAgent);
    assertEquals(hostOf({ process: { versions: { node: "22.1.0" } } }), "Node.js/22.1.0");
    assertEquals(hostOf({}), "");
  },
});

Deno.test("a version of the application must be a text of 1 to 100 characters", () => {
  const storage = memoryStorage();
  for (const version of ["", "x".repeat(101), 2, null]) {
    const options = { storage, tasks: [], version } as unknown as EverTaskOptions;
    assertThrows(() => createEverTask(options), InvalidArgumentError, "version");
  }
  createEverTask({ storage, tasks: [], version: "x".repeat(100) });
});

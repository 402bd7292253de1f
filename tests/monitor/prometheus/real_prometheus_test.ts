// Tests the exporter and the alert rules with a real Prometheus.

import { assert, assertEquals } from "@std/assert";
import { createPrometheusExporter } from "../../../src/monitor/prometheus/mod.ts";
import { silentLogger } from "../../../src/log/logger.ts";
import { runCommand } from "../../support/run_command.ts";
import { EventSourceForTests } from "../support/event_source.ts";
import { hasPrometheus, startPrometheus } from "../support/prometheus_server.ts";
import { queueFigures, StorageFigures } from "../support/storage_figures.ts";
import { until } from "../../support/until.ts";

const ignore = !await hasPrometheus();
const rulesFile = new URL("../../../examples/monitoring/evertask.rules.yml", import.meta.url);

/** An application that serves its metrics. */
function serveMetrics() {
  const storage = Object.assign(new StorageFigures(), { tasks: [{ type: "charge-card" }] });
  const events = new EventSourceForTests();
  const exporter = createPrometheusExporter(Object.assign(storage, { events }), {
    cacheTime: 0,
    logger: silentLogger,
  });
  const options = { port: 0, hostname: "127.0.0.1", onListen() {} };
  const server = Deno.serve(options, (request) => exporter.fetch(request));
  return {
    storage,
    events,
    exporter,
    target: `127.0.0.1:${server.addr.port}`,
    async [Symbol.asyncDispose]() {
      exporter.close();
      await server.shutdown();
    },
  };
}

Deno.test({
  name: "promtool accepts the rules and the metrics (needs prometheus on the PATH)",
  ignore,
  async fn() {
    await runCommand("promtool", ["check", "rules", rulesFile.pathname]);
    await using app = serveMetrics();
    app.events.emit("completed", { taskType: 'with "quotes" and\nlines' });
    await app.events.idle();
    const promtool = new Deno.Command("promtool", {
      args: ["check", "metrics"],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = promtool.stdin.getWriter();
    await writer.write(new TextEncoder().encode(await app.exporter.registry.metrics()));
    await writer.close();
    const { success, stdout, stderr } = await promtool.output();
    const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
    assert(success, said);
    assertEquals(said, "");
  },
});

Deno.test({
  name:
    "a real Prometheus fires each alert, and none for a healthy system (needs prometheus on the PATH)",
  ignore,
  async fn() {
    const rules = await Deno.readTextFile(rulesFile);
    const names = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name!);
    await using well = serveMetrics();
    await using failing = serveMetrics();
    await using idle = serveMetrics();
    await using cutOff = serveMetrics();
    for (const { storage } of [well, failing, cutOff]) {
      storage.workerHeartbeats = { a: storage.now };
    }
    const targets = {
      well: well.target,
      failing: failing.target,
      idle: idle.target,
      "cut-off": cutOff.target,
    };
    // Alerts fire at once instead of after their minutes of waiting.
    await using prometheus = await startPrometheus(targets, rules.replace(/for: \w+/g, "for: 0s"));
    const stored = "count(count by (job) (count_over_time(evertask_tasks_failed_total[5m])))";
    const everything = Object.keys(targets).length;
    await until(async () => await prometheus.query(stored) === everything, "everything is stored");

    // The first failure counts as an increase because its time series already existed.
    for (let task = 0; task < 8; task++) failing.events.emit("failed", { taskType: "charge-card" });
    failing.events.emit("leaseLost", { taskType: "charge-card" });
    for (let task = 0; task < 20; task++) {
      well.events.emit("completed", { taskType: "charge-card" });
    }
    well.events.emit("failed", { taskType: "charge-card" });
    const due = { due: 1, oldestDueAt: failing.storage.now - 3_600_000 };
    failing.storage.waiting = [queueFigures("payments", due)];
    idle.storage.workerHeartbeats = { gone: idle.storage.now - 60_000 };
    cutOff.storage.error = new Error("no route to host");
    const expected = [
      "EverTaskLeasesLost failing",
      "EverTaskNoWorker idle",
      "EverTaskStorageDown cut-off",
      "EverTaskTasksFail failing",
      "EverTaskTasksWait failing",
    ];
    const firing = async () => {
      const alerts = await prometheus.alerts();
      return alerts.filter(({ state }) => state === "firing")
        .map(({ labels }) => `${labels.alertname} ${labels.job}`).sort();
    };
    // If a busy machine misses a scrape, an alert may be added or absent until the next scrape.
    const onlyTheseFire = async (alerts: readonly string[]) => {
      let seen: readonly string[] = [];
      const isSo = async () => (seen = await firing()).join() === alerts.join();
      await until(isSo, "the alerts fire").catch(() => assertEquals(seen, alerts));
    };
    await onlyTheseFire(expected);
    assertEquals(new Set(expected.map((alert) => alert.split(" ")[0])), new Set(names.sort()));
    for (const { annotations } of await prometheus.alerts()) {
      assert(!/<no value>|error/.test(annotations.summary ?? ""), annotations.summary);
    }
    const shows = (query: string, value: number | null) =>
      until(async () => await prometheus.query(query) === value, `${query} is ${value}`);
    await shows('evertask_workers{job="idle"}', 0);
    await shows('evertask_heartbeat_age_seconds{job="idle"}', 60);
    await shows('evertask_workers{job="cut-off"}', null);

    // The system is healthy again. Only the alerts about the last 15 minutes keep firing.
    failing.storage.waiting = [];
    idle.storage.workerHeartbeats = { back: idle.storage.now };
    cutOff.storage.error = null;
    const lasting = ["EverTaskLeasesLost failing", "EverTaskTasksFail failing"];
    await onlyTheseFire(lasting);
  },
});

// A real Prometheus, if it is installed. Debian's package `prometheus` includes promtool.

import { runCommand } from "../../support/run_command.ts";
import { reservePort } from "../../support/reserved_port.ts";
import { until } from "../../support/until.ts";

/** Whether Prometheus and promtool are installed here. */
export async function hasPrometheus(): Promise<boolean> {
  try {
    for (const program of ["prometheus", "promtool"]) await runCommand(program, ["--version"]);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** An alert as Prometheus returns it. */
export interface PrometheusAlert {
  readonly state: "pending" | "firing";
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A running Prometheus. */
export interface PrometheusServer extends AsyncDisposable {
  /** The alerts that are pending or firing. */
  alerts(): Promise<readonly PrometheusAlert[]>;
  /** The value of an expression with a single result, or null without a result. */
  query(expression: string): Promise<number | null>;
}

/**
 * Starts a Prometheus that scrapes and evaluates twice a second.
 *
 * @param targets The scraped targets, by job: `host:port`.
 * @param rules The content of a rule file.
 */
export async function startPrometheus(
  targets: Readonly<Record<string, string>>,
  rules: string,
): Promise<PrometheusServer> {
  const folder = await Deno.makeTempDir({ prefix: "evertask-prometheus-" });
  const port = reservePort();
  const every = "500ms"; // also the time that a scrape may take
  const config = {
    global: { scrape_interval: every, scrape_timeout: every, evaluation_interval: every },
    rule_files: [`${folder}/rules.yml`],
    scrape_configs: Object.entries(targets).map(([job, target]) => ({
      job_name: job,
      static_configs: [{ targets: [target] }],
    })),
  };
  await Deno.writeTextFile(`${folder}/rules.yml`, rules);
  await Deno.writeTextFile(`${folder}/config.yml`, JSON.stringify(config)); // JSON is YAML
  const process = new Deno.Command("prometheus", {
    args: [
      `--config.file=${folder}/config.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port.port}`,
    ],
    stdout: "null",
    stderr: "null",
  }).spawn();
  const url = `http://127.0.0.1:${port.port}`;
  const api = async <T>(path: string): Promise<T> => {
    const response = await fetch(`${url}/api/v1/${path}`);
    return (await response.json()).data;
  };
  const isReady = async () => {
    const response = await fetch(`${url}/-/ready`).catch(() => null); // it does not listen yet
    await response?.body?.cancel();
    return response?.ok === true;
  };
  const server: PrometheusServer = {
    async alerts() {
      const { alerts } = await api<{ readonly alerts: readonly PrometheusAlert[] }>("alerts");
      return alerts;
    },
    async query(expression) {
      interface Answer {
        readonly result: readonly { readonly value: readonly [at: number, value: string] }[];
      }
      const { result } = await api<Answer>(`query?query=${encodeURIComponent(expression)}`);
      return result[0] === undefined ? null : Number(result[0].value[1]);
    },
    async [Symbol.asyncDispose]() {
      process.kill("SIGKILL");
      await process.status;
      port[Symbol.dispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
  try {
    await until(isReady, "Prometheus is ready");
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  return server;
}

// OpenTelemetry's SDK for Node beside the package. There must be only one copy of OpenTelemetry's
// API, whichever version of it the SDK uses. A second, newer copy rejects the SDK's registration,
// and nothing is recorded.

import { assertEquals, assertExists } from "@std/assert";
import config from "../../../deno.json" with { type: "json" };
import { makeNpmProject, type NpmProject } from "../../support/npm_project.ts";
import { runCommand } from "../../support/run_command.ts";
import { startOtlpServer } from "../support/otlp_server.ts";

/** SDK versions of several years, and the API version that each uses. */
const sdks = [
  { sdk: "0.223.0", metrics: "2.12.0", api: /^1\.9\./, node: "22" },
  { sdk: "0.301.0", metrics: "3.1.0", api: /^1\.10\./, node: "24" },
];

/**
 * Checks that each SDK records the package's spans and metrics.
 *
 * @param nodes Returns the path of a version of Node.
 */
export async function checkNodeSdks(
  t: Deno.TestContext,
  nodes: Pick<NpmProject, "nodeProgram">,
): Promise<void> {
  await using plain = await makeNpmProject(["@opentelemetry/api"], []);
  for (const { sdk, metrics, api, node } of sdks) {
    await t.step(`OpenTelemetry's SDK ${sdk} records everything in Node ${node}`, async () => {
      // The package is installed first, so npm has to find an API version for both.
      await using project = await plain.copy();
      await project.install([
        `@opentelemetry/sdk-node@${sdk}`,
        `@opentelemetry/sdk-metrics@${metrics}`,
        `@opentelemetry/exporter-metrics-otlp-http@${sdk}`,
        `@opentelemetry/exporter-trace-otlp-http@${sdk}`,
      ]);
      const copies = await versionsOfApi(project);
      assertEquals(copies.map((version) => api.test(version)), [true], copies.join());
      await checkNodeSdk(project, nodes.nodeProgram(node));
    });
  }
}

/** The versions of the API that are installed anywhere in the project. */
async function versionsOfApi({ folder }: NpmProject): Promise<string[]> {
  const { stdout } = await runCommand("npm", ["query", "#@opentelemetry/api"], { cwd: folder });
  const found: { readonly version: string }[] = JSON.parse(stdout);
  return found.map(({ version }) => version);
}

async function checkNodeSdk({ folder }: NpmProject, node: string): Promise<void> {
  await using server = startOtlpServer();
  const program = new URL("../node/otel_node_sdk.mjs", import.meta.url);
  await Deno.copyFile(program, `${folder}/otel_node_sdk.mjs`);
  await runCommand(node, ["otel_node_sdk.mjs", server.url], { cwd: folder });
  const span = (name: string) => server.spans.find((one) => one.name === name);
  const [request, dispatched, processed] = ["GET /", "dispatch greet", "process greet"].map(span);
  assertExists(request);
  assertEquals(dispatched?.parentSpanId, request.spanId);
  assertEquals(processed?.parentSpanId, dispatched?.spanId);
  const workers = server.points.find(({ metric }) => metric === "evertask.workers");
  assertEquals(workers?.value, 1);
  for (const { scope } of [dispatched!, processed!, workers!]) {
    assertEquals(scope, {
      name: config.name,
      version: config.version,
      schemaUrl: "https://opentelemetry.io/schemas/1.43.0",
    });
  }
}

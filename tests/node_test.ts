// Tests the package as npm users install it, under each supported version of Node. The checks are
// in the folders of their subjects. They share one installation here, because installing is slow.

import { checkApiInNode } from "./api/api_in_node.ts";
import { checkContextsInNode } from "./contexts/contexts_in_node.ts";
import { checkHubInNode } from "./monitor/node/hub_in_node.ts";
import { checkOddRequestsInNode } from "./monitor/node/odd_requests_in_node.ts";
import { checkNodeSdks } from "./monitor/otel/node_sdk.ts";
import { checkTracesInNode } from "./monitor/otel/trace.ts";
import { checkNpmPackage, nodeVersions, nodeWithoutSqlite } from "./package/npm_package.ts";
import { hasNpm, makeNpmProject } from "./support/npm_project.ts";
import { checkSimulationInNode } from "./testing/simulation/same_in_node.ts";

/** The packages that the checks of monitoring need besides those of the others. */
const clients = [
  "@microsoft/signalr",
  "@opentelemetry/context-async-hooks",
  "@opentelemetry/exporter-metrics-otlp-http",
  "@opentelemetry/exporter-trace-otlp-http",
  "@opentelemetry/sdk-metrics",
  "@opentelemetry/sdk-trace",
  "ws",
];

Deno.test({
  name: "the package works under Node",
  ignore: !await hasNpm(),
  async fn(t) {
    const packages = ["zod", "@opentelemetry/api", "hono", "@hono/zod-openapi"];
    await using project = await makeNpmProject(packages, [...nodeVersions, nodeWithoutSqlite]);
    await checkNpmPackage(t, project);
    await checkSimulationInNode(t, project);
    await checkContextsInNode(t, project);
    await checkApiInNode(t, project);
    await project.install(clients);
    await checkHubInNode(t, project);
    await checkOddRequestsInNode(t, project);
    await checkTracesInNode(t, project);
    await checkNodeSdks(t, project);
  },
});

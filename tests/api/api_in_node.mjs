// Serves the API and the dashboard with node:http, calls them, and prints the results as JSON.

import { createServer } from "node:http";
import { createEverTask, defineTask, silentLogger } from "@evertask/evertask";
import { authorizePeople, createApi } from "@evertask/evertask/api";
import { serveDashboard } from "@evertask/evertask/dashboard";
import { memoryStorage } from "@evertask/evertask/memory";
import { nodeListener } from "@evertask/evertask/monitor";

const token = "0123456789abcdef0123456789abcdef";
const mail = defineTask({ type: "mail", handle() {} });
const everTask = createEverTask({ storage: memoryStorage(), tasks: [mail], logger: silentLogger });
const authorize = authorizePeople([{ user: "ada", token, can: ["view", "operate"] }]);
const open = nodeListener(createApi(everTask, { logger: silentLogger }).fetch);
const guarded = nodeListener(
  createApi(everTask, { authorize, path: "/ops", logger: silentLogger }).fetch,
);
const server = createServer((request, response) =>
  (request.url.startsWith("/ops/") ? guarded : open)(request, response)
);
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${server.address().port}`;
const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
const ask = (path, init) => fetch(`${url}/ops/api/v1/${path}`, { headers, ...init });
const post = (path, body) => ask(path, { method: "POST", body: JSON.stringify(body) });

const { user } = await (await ask("me")).json();
const stored = await post("tasks", { type: "mail", delayMs: 60_000 });
const session = await post("session", { token });
const cookie = session.headers.get("set-cookie").split(";")[0];
const { status: signedIn } = await ask("me", { headers: { cookie } });
const reader = (await ask("events")).body.getReader();
await reader.read();
await everTask.dispatch(mail, null, { delay: { hours: 1 } });
const event = new TextDecoder().decode((await reader.read()).value).split("\n")[0];
await reader.cancel();
const { status: local } = await fetch(`${url}/api/v1/me`);
const dashboard = await serveDashboard(everTask, { port: 0, logger: silentLogger });
const page = (await (await fetch(dashboard.url)).text()).match(/<title>.*</)[0];
const { status: link } = await fetch(dashboard.signInLink, { redirect: "manual" });
await dashboard.stop();
console.log(JSON.stringify({ user, stored: stored.status, signedIn, event, local, page, link }));
server.close();
server.closeAllConnections();
await everTask.stop();

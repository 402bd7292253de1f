// A REST API with roles: operators with tokens, and users of a tenant who sign in at an OpenID
// Connect provider. A user of a tenant sees only the tasks of that tenant, with "(address)" in
// place of each mail address. The program calls its own API, and ends.
//
//   OPERATORS="ada:TOKEN:view+payloads+operate+admin" deno run -A main.ts

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { createEverTask, defineTask } from "@evertask/evertask";
import {
  type AuthorizedUser,
  authorizePeople,
  createApi,
  type UserRight,
} from "@evertask/evertask/api";
import { memoryStorage } from "@evertask/evertask/memory";
import { createMonitorHub, nodeListener } from "@evertask/evertask/monitor";
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from "jose";

const sendInvoice = defineTask<{ to: string }>({ type: "send-invoice", handle() {} });
const everTask = createEverTask({ storage: memoryStorage(), tasks: [sendInvoice] });

// The operators in the variable OPERATORS; if it is not set, one operator with a new token.
const token = crypto.randomUUID();
const operators = process.env.OPERATORS ?? `ada:${token}:view+payloads+operate+admin`;
const people = authorizePeople(operators);

// The provider. In production: createRemoteJWKSet(new URL("https://…/.well-known/jwks.json")).
const { publicKey, privateKey } = await generateKeyPair("ES256");
const keys = createLocalJWKSet({ keys: [await exportJWK(publicKey)] });
const issuer = "https://login.example.com";
const audience = "evertask";

const rightsOf: Readonly<Record<string, readonly UserRight[]>> = {
  reader: ["view"],
  manager: ["view", "payloads", "operate"],
};

/** Returns the user of a tenant; null for a request without a valid token of the provider. */
async function tenantUser({ headers }: Request): Promise<AuthorizedUser | null> {
  const [, jwt] = /^Bearer (\S+)$/.exec(headers.get("authorization") ?? "") ?? [];
  if (jwt === undefined) return null;
  try {
    const { payload } = await jwtVerify(jwt, keys, { issuer, audience });
    const { sub, tenant, role } = payload as { sub?: string; tenant?: string; role?: string };
    if (sub === undefined || tenant === undefined) return null;
    return {
      user: sub,
      can: rightsOf[role ?? ""] ?? [],
      filter: { tags: [`tenant:${tenant}`] },
      redact: (text) => text.replaceAll(/[\w.]+@[\w.]+/g, "(address)"),
    };
  } catch {
    return null; // expired, of another issuer, or forged
  }
}

// The API reads `signIn`, so that operators can also sign in with a browser.
const authorize = Object.assign(
  async (request: Request) => await people(request) ?? await tenantUser(request),
  { signIn: people.signIn },
);
const api = createApi(everTask, { authorize, path: "/ops" });
const hub = createMonitorHub(everTask, { authorize, path: "/ops/events" });

const server = createServer(nodeListener((request, connection) => {
  const { pathname } = new URL(request.url);
  return pathname.startsWith(hub.path) ? hub.fetch(request) : api.fetch(request, connection);
}));
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ops`;

for (const tenant of ["red", "blue"]) {
  const options = { delay: { hours: 1 }, tags: [`tenant:${tenant}`] };
  await everTask.dispatch(sendInvoice, { to: `${tenant}@example.com` }, options);
}

/** Asks the API. */
async function ask(bearer: string, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${bearer}`, "content-type": "application/json" };
  return await fetch(`${url}/api/v1/${path}`, {
    ...init,
    headers: { ...headers, ...init.headers },
  });
}

/** The token that the provider issues to a user. */
function issueTo(user: string, tenant: string, role: string): Promise<string> {
  return new SignJWT({ tenant, role }).setProtectedHeader({ alg: "ES256" }).setSubject(user)
    .setIssuer(issuer).setAudience(audience).setExpirationTime("5 minutes").sign(privateKey);
}

async function countOf(bearer: string): Promise<number> {
  return (await (await ask(bearer, "tasks/count")).json()).count;
}

const reader = await issueTo("rob", "red", "reader");
const manager = await issueTo("mia", "red", "manager");
if (process.env.OPERATORS === undefined) console.log(`ada sees ${await countOf(token)} tasks`);
console.log(`rob sees ${await countOf(reader)} task`);

// A change sends the ETag of the version that the user has seen in the header If-Match.
const { items: [task] } = await (await ask(manager, "tasks")).json();
console.log(`mia sees a task for ${task.payload.value.to}`);
const seen = (await ask(manager, `tasks/${task.id}`)).headers.get("etag")!;
for (const [name, bearer] of [["rob", reader], ["mia", manager], ["mia", manager]] as const) {
  const { status } = await ask(bearer, `tasks/${task.id}/cancel`, {
    method: "POST",
    headers: { "if-match": seen },
    body: JSON.stringify({ reason: "the order was cancelled" }),
  });
  console.log(`${name} cancels it: ${status}`); // 403: no right; 200; 412: changed since
}
console.log(`without a token: ${(await ask("", "tasks")).status}`);

hub.close();
await new Promise((resolve) => server.close(resolve));
await everTask.stop();

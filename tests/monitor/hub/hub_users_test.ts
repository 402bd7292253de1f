// The hub with `authorize`: each user gets the events that they may see, on every transport.

import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { type AuthorizedUser, authorizePeople } from "../../../src/api/mod.ts";
import { InvalidArgumentError } from "../../../src/guards/errors.ts";
import { type Logger, silentLogger } from "../../../src/log/logger.ts";
import type { EventOrigin, MonitorHubOptions } from "../../../src/monitor/mod.ts";
import { handshake, makeHub, webSocketHeaders } from "../support/asked_hub.ts";

const users: Readonly<Record<string, AuthorizedUser>> = {
  everything: { user: "everything", can: ["view", "payloads"] },
  apple: { user: "apple", can: ["view", "payloads"], filter: { taskKeyPrefix: "apple:" } },
  tagged: { user: "tagged", can: ["view", "payloads"], filter: { tags: ["tenant:apple"] } },
  "no payloads": { user: "no payloads", can: ["view"] },
  redacted: {
    user: "redacted",
    can: ["view", "payloads"],
    redact: (text, { kind }) => kind === "payload" ? '"hidden"' : text.replaceAll("s3cret", "…"),
  },
  failing: {
    user: "failing",
    can: ["view", "payloads"],
    redact: () => {
      throw new Error("s3cret");
    },
  },
  nothing: { user: "nothing", can: [] },
};
const as = (user: string) => ({ "x-user": user });

function makeHubForUsers(options: MonitorHubOptions = {}, origin: Partial<EventOrigin> = {}) {
  const authorize = ({ headers }: Request) => users[headers.get("x-user") ?? ""] ?? null;
  const hub = makeHub({ authorize, ...options }, origin);
  /** Connects by long polling, and returns a function that reads the next events. */
  const connect = async (user: string) => {
    const negotiated = await hub.ask("/negotiate?negotiateVersion=1", {
      method: "POST",
      headers: as(user),
    });
    const { connectionToken: id } = await negotiated.json();
    const poll = async () => (await hub.ask(`?id=${id}`, { headers: as(user) })).text();
    await poll();
    await hub.ask(`?id=${id}`, { method: "POST", headers: as(user), body: handshake });
    await poll();
    return { id, poll };
  };
  return { ...hub, connect };
}

Deno.test("each user gets the events of the tasks that they see, redacted for them", async () => {
  const { events, connect, hub } = makeHubForUsers();
  const clients = new Map<string, () => Promise<string>>();
  for (const user of ["everything", "apple", "no payloads", "redacted", "failing"]) {
    clients.set(user, (await connect(user)).poll);
  }
  const secret = { taskParameters: '"s3cret"', exception: "s3cret failed", message: "a s3cret" };
  events.emit("failed", { taskKey: "zebra:1", taskType: "zebra", ...secret });
  events.emit("failed", { taskKey: "apple:1", taskType: "apple", ...secret });
  await events.idle();
  const read = (user: string) => clients.get(user)!();
  const everything = await read("everything");
  assert(everything.includes("zebra") && everything.includes("apple"));
  assertEquals(everything.split("s3cret").length, 7);
  const apple = await read("apple");
  assert(apple.includes("apple:1"));
  assertFalse(apple.includes("zebra"));
  const redacted = await read("redacted");
  assertFalse(redacted.includes("s3cret"));
  assert(redacted.includes("hidden") && redacted.includes("… failed"));
  const noPayloads = await read("no payloads");
  assert(noPayloads.includes('"taskParameters":"null"') && noPayloads.includes("s3cret failed"));
  assertEquals(noPayloads.split("s3cret").length, 5);
  hub.close();
  assertFalse((await read("failing")).includes("TaskEvent"));
});

Deno.test("a user who sees tasks by their tags gets the events of these tasks", async () => {
  const asked: string[] = [];
  const get = (id: string) => {
    asked.push(id);
    if (id === "lost") return Promise.reject(new Error("no storage"));
    return Promise.resolve(id === "gone" ? null : { tags: [`tenant:${id}`] });
  };
  const { events, connect, hub } = makeHubForUsers({}, { get });
  events.emit("started", { taskId: "before" });
  const { poll: pollAll } = await connect("everything");
  events.emit("started", { taskId: "nobody" });
  await events.idle();
  assertEquals(asked, []);
  const { poll } = await connect("tagged");
  const ids = ["zebra", "lost", "gone", "apple"];
  for (const taskId of ids) events.emit("started", { taskId });
  await events.idle();
  assertEquals(asked, ids);
  const text = await poll();
  assert(text.includes('"taskId":"apple"'));
  for (const other of ids.slice(0, 3)) assertFalse(text.includes(other), other);
  const all = await pollAll();
  const order = ids.map((id) => all.indexOf(`"taskId":"${id}"`));
  assertEquals(order, order.toSorted((a, b) => a - b));
  assert(order[0]! > 0);
  hub.close();
});

Deno.test("the hub's own redact applies after that of the user", async () => {
  const { events, connect, hub } = makeHubForUsers({
    redact: (event) => ({ ...event, message: `${event.message}, seen twice` }),
  });
  const { poll } = await connect("redacted");
  events.emit("started", { message: "a s3cret" });
  await events.idle();
  assert((await poll()).includes('"message":"a …, seen twice"'));
  hub.close();
});

Deno.test("unknown users, and users without the right to view, do not connect", async () => {
  const { ask } = makeHubForUsers({
    upgrade: () => {
      throw new Error("must not be reached");
    },
  });
  for (const [user, status] of [["nobody", 401], ["nothing", 403]] as const) {
    const asked: [path: string, init: RequestInit][] = [
      ["/negotiate", { method: "POST", headers: as(user) }],
      ["?id=x", { headers: as(user) }],
      ["?id=x", { method: "POST", headers: as(user) }],
      ["", { headers: { ...as(user), ...webSocketHeaders } }],
    ];
    for (const [path, init] of asked) assertEquals((await ask(path, init)).status, status, path);
  }
});

Deno.test("a connection belongs to its user", async () => {
  const { ask, connect, hub } = makeHubForUsers();
  const { id } = await connect("everything");
  for (const method of ["GET", "POST", "DELETE"]) {
    const { status } = await ask(`?id=${id}`, { method, headers: as("apple") });
    assertEquals(status, 404, method);
  }
  assertEquals(hub.clientCount, 1);
  hub.close();
});

Deno.test("a user whom authorize describes incorrectly does not connect, and the error is logged", async () => {
  const errors: string[] = [];
  const logger: Logger = { ...silentLogger, error: (message) => void errors.push(message) };
  const wrong = { user: "ada", can: ["view"], filters: {} } as AuthorizedUser;
  const { ask } = makeHub({ authorize: () => wrong, logger });
  assertEquals((await ask("/negotiate", { method: "POST" })).status, 500);
  assertEquals(errors.length, 1);
});

Deno.test("users of authorizePeople connect to the hub by token and by session", async () => {
  const token = "ada-0123456789abcdef0123456789abcdef";
  const authorize = authorizePeople([{ user: "ada", token, can: ["view"] }]);
  const { ask } = makeHub({ authorize });
  const negotiate = async (headers: Record<string, string>, query = "") =>
    (await ask(`/negotiate${query}`, { method: "POST", headers })).status;
  const signedIn = await authorize.signIn.byToken(token, new Request("http://localhost/"));
  const [cookie] = signedIn!.cookie.split(";");
  assertEquals(await negotiate({ authorization: `Bearer ${token}` }), 200);
  assertEquals(await negotiate({ cookie: cookie! }), 200);
  assertEquals(await negotiate({}, `?access_token=${token}`), 200);
  assertEquals(await negotiate({}, "?access_token=wrong"), 401);
  assertEquals(await negotiate({ authorization: "Bearer wrong" }), 401);
  assertEquals(await negotiate({}), 401);
});

Deno.test("a hub refuses authorize together with accessToken, and its error does not show the token", () => {
  const accessToken = "s3cret-s3cret-s3cret";
  const options = { authorize: () => null, accessToken };
  const error = assertThrows(() => makeHub(options), InvalidArgumentError, "authorize");
  assertFalse(error.message.includes("s3cret"));
});

// A REST API, and the users who ask it.

import { silentLogger } from "../../mod.ts";
import { type AuthorizedUser, createApi } from "../../src/api/mod.ts";
import { authorizeByName, scopesOf } from "./tenants.ts";

const all = ["view", "payloads", "operate", "admin"] as const;
const scopes = scopesOf("apple");

/** The users by name. Those with a filter belong to the first tenant. */
export const users: Readonly<Record<string, AuthorizedUser>> = {
  ada: { user: "ada", can: all },
  bob: { user: "bob", can: all },
  viewer: { user: "viewer", can: ["view", "payloads"] },
  operator: { user: "operator", can: ["view", "operate"] },
  redacted: { user: "redacted", can: all, redact: () => "hidden" },
  "by type": { user: "by type", can: all, filter: { types: scopes.types } },
  "by queue": { user: "by queue", can: all, filter: { queues: scopes.queues } },
  "by key": { user: "by key", can: all, filter: { taskKeyPrefix: scopes.taskKeyPrefix } },
  "by key and queue": {
    user: "by key and queue",
    can: all,
    filter: { taskKeyPrefix: scopes.taskKeyPrefix, queues: scopes.queues },
  },
  "by tag": { user: "by tag", can: all, filter: { tags: scopes.tags } },
};
const authorize = authorizeByName(users);

/** Creates an API, and returns a function that sends JSON requests to it. */
export function makeApi(everTask: Parameters<typeof createApi>[0]) {
  const { fetch } = createApi(everTask, { authorize, logger: silentLogger });
  return async (
    user: string,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) => {
    const response = await fetch(
      new Request(`http://localhost/api/v1/${path}`, {
        method,
        headers: { "x-user": user, "content-type": "application/json", ...headers },
        ...body === undefined ? {} : { body: JSON.stringify(body) },
      }),
    );
    const text = await response.text();
    return {
      status: response.status,
      etag: response.headers.get("etag") ?? "",
      text,
      body: text === "" ? null : JSON.parse(text),
    };
  };
}

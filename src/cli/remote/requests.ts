// Requests to a REST API.

import { EverTaskError } from "../../guards/errors.ts";
import { messageOf } from "../../thrown/describe_error.ts";
import type { ApiTarget } from "../frame/target.ts";

/** The API has refused a request, or cannot be reached. */
export class ApiError extends EverTaskError {
  /** `ApiError` */
  override name = "ApiError";
  /** The status of the response; 0 if there is no response. */
  readonly status: number;
  /** The reason of a refused change; null for other errors. */
  readonly reason: string | null;

  constructor(message: string, status: number, reason: string | null, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.reason = reason;
  }
}

/** The query parameters of a request. Those that are undefined are left out. */
export type Query = Readonly<
  Record<string, string | number | boolean | readonly string[] | undefined>
>;

/** A request other than GET. */
export interface Sent {
  readonly method: "POST" | "PATCH" | "DELETE";
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends requests to one API. */
export class Requests {
  readonly #target: ApiTarget;

  constructor(target: ApiTarget) {
    this.#target = target;
  }

  /** Reads a route, such as `tasks`. */
  async read<T>(route: string, query: Query = {}): Promise<T> {
    return await json(await this.#fetch(withQuery(route, query), {}));
  }

  /** Sends a change to a route. */
  async send<T>(route: string, { method, body, headers }: Sent): Promise<T> {
    const response = await this.#fetch(route, {
      method,
      body: JSON.stringify(body),
      headers: { "content-type": "application/json", ...headers },
    });
    return response.status === 204 ? undefined as T : await json(response);
  }

  /** Opens a stream of a route. */
  async stream(route: string, query: Query, signal: AbortSignal) {
    const response = await this.#fetch(withQuery(route, query), { signal });
    return response.body!.pipeThrough(new TextDecoderStream());
  }

  async #fetch(route: string, init: RequestInit): Promise<Response> {
    const { url, token } = this.#target;
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
    let response: Response;
    try {
      response = await fetch(`${url}/api/v1/${route}`, { ...init, headers });
    } catch (error) {
      if (init.signal?.aborted) throw error;
      const { cause } = error as Error;
      const why = messageOf(cause ?? error);
      const remedy = "Check the URL, and whether the server runs.";
      throw new ApiError(`${url} cannot be reached: ${why}. ${remedy}`, 0, null, { cause: error });
    }
    if (!response.ok) throw await this.#errorOf(response);
    return response;
  }

  async #errorOf(response: Response): Promise<ApiError> {
    const { status } = response;
    const problem = await response.json().catch(() => null) as
      | { detail?: string; title?: string; reason?: string }
      | null;
    const detail = problem?.detail ?? problem?.title;
    if (status === 401) {
      const remedy = this.#target.token === undefined
        ? "Put a token into EVERTASK_TOKEN, or into a file for --token-file."
        : "The API does not accept this token.";
      return new ApiError(`${this.#target.url} asks who you are. ${remedy}`, status, null);
    }
    if (detail === undefined) {
      const remedy = "Is it the URL of EverTask's REST API, with the path of its mount?";
      const message = `${this.#target.url} answers with status ${status}. ${remedy}`;
      return new ApiError(message, status, null);
    }
    return new ApiError(detail, status, problem?.reason ?? null);
  }
}

async function json<T>(response: Response): Promise<T> {
  const type = response.headers.get("content-type") ?? "";
  if (type.includes("json")) return await response.json();
  await response.body?.cancel();
  const remedy = "Is it the URL of EverTask's REST API, with the path of its mount?";
  throw new ApiError(`The answer of ${response.url} is not JSON. ${remedy}`, response.status, null);
}

function withQuery(route: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const each of Array.isArray(value) ? value : [value]) parameters.append(name, `${each}`);
  }
  return parameters.size === 0 ? route : `${route}?${parameters}`;
}

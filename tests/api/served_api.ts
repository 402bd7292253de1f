// Serves an API over HTTP, with its own instance.

import { createEverTask, defineTask, type EverTask, silentLogger } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { type ApiOptions, createApi } from "../../src/api/mod.ts";
import type { Storage } from "../../src/storage/mod.ts";
import { EventStreams } from "../support/event_streams.ts";

export const email = defineTask<unknown>({ type: "email", handle() {} });
export const failing = defineTask<null>({
  type: "failing",
  handle: () => Promise.reject(new Error("No server.")),
});

/** A response of the API. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // deno-lint-ignore no-explicit-any -- tests know the type of each body
  readonly body: any;
}

/** A server with an API. */
export class ServedApi implements AsyncDisposable {
  readonly everTask: EverTask;
  /** The messages that the API logged as errors. */
  readonly log: string[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #streams = new EventStreams();

  constructor(options: ApiOptions = {}, storage: Storage = memoryStorage()) {
    const tasks = [email, failing];
    this.everTask = createEverTask({ storage, tasks, logger: silentLogger });
    const error = (message: string) => void this.log.push(message);
    const { fetch } = createApi(this.everTask, { logger: { ...silentLogger, error }, ...options });
    const handler = this.#streams.watch(fetch);
    this.#server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, handler);
  }

  /** Returns the URL of a path. */
  url(path: string): string {
    return `http://127.0.0.1:${this.#server.addr.port}${path}`;
  }

  /** Sends a request, and reads the response. */
  async ask(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(this.url(path), init);
    const { status, headers } = response;
    const text = await response.text();
    return { status, headers, body: text === "" ? null : JSON.parse(text) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    await this.#streams.ended();
    await this.everTask.stop();
  }
}

// A private Redis server for the libraries that need one, where `redis-server` is installed. It
// writes commands to a file and syncs it once a second, as its documentation recommends for queues:
// a power failure loses at most one second.

import { reservePort } from "../../tests/support/reserved_port.ts";
import type { PeerStore } from "./contenders.ts";

/** The default number of databases of a server. */
const databases = 16;

/** Whether this machine has Redis. */
export async function hasRedis(): Promise<boolean> {
  try {
    const { success } = await new Deno.Command("redis-server", { args: ["--version"] }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Starts a server. */
export async function redisStore(): Promise<PeerStore> {
  const folder = await Deno.makeTempDir({ prefix: "evertask-redis-" });
  const reserved = reservePort();
  const { port } = reserved;
  const settings = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "yes"];
  const server = new Deno.Command("redis-server", {
    args: ["--port", `${port}`, "--dir", folder, ...settings, "--maxmemory-policy", "noeviction"],
    stdout: "piped",
  }).spawn();
  await ready(server.stdout);
  let made = 0;
  return {
    name: "redis",
    createDatabase: () =>
      Promise.resolve({
        address: `redis://127.0.0.1:${port}/${made++ % databases}`,
        [Symbol.asyncDispose]: () => flush(port),
      }),
    async [Symbol.asyncDispose]() {
      server.kill();
      await server.status;
      reserved[Symbol.dispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/**
 * Waits until the server accepts connections, and keeps reading its output, so that it does not
 * block.
 */
async function ready(output: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
  const started = Promise.withResolvers<void>();
  const reading = (async () => {
    for await (const text of output.pipeThrough(new TextDecoderStream())) {
      if (/ready to accept connections/i.test(text)) started.resolve();
    }
  })();
  await Promise.race([
    started.promise,
    reading.then(() => {
      throw new Error("redis-server ended before it was ready");
    }),
  ]);
}

async function flush(port: number): Promise<void> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode("FLUSHALL\r\n"));
  await connection.read(new Uint8Array(64));
}

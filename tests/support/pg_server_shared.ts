// The PostgreSQL that the files of a test run share. To start one takes longer than most files need
// it for. The process that runs `deno test` starts it when the first file asks.

import { type PgCluster, startPgCluster, testSettings, testVersion } from "./pg_server_cluster.ts";

/** Where the files of a run ask for the server's URL. */
const variable = "EVERTASK_TEST_SHARED_POSTGRES";

/** An offer of a shared server to the processes that get `env`. */
export interface SharedPostgres extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
}

/** Offers a server, and starts it when it is wanted. */
export function offerSharedPostgres(): SharedPostgres {
  let cluster: Promise<PgCluster> | null = null;
  const answer = async () => {
    cluster ??= startPgCluster(testVersion, testSettings);
    return new Response((await cluster).url);
  };
  const offer = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  return {
    env: { [variable]: `http://127.0.0.1:${offer.addr.port}/` },
    async [Symbol.asyncDispose]() {
      await offer.shutdown();
      await (await cluster)?.remove();
    },
  };
}

/** The URL of the server that this run shares; null if it shares none. */
export async function sharedPostgresUrl(): Promise<string | null> {
  const offer = Deno.env.get(variable);
  if (!offer) return null;
  const response = await fetch(offer);
  const text = await response.text();
  if (!response.ok) throw new Error(`The shared PostgreSQL did not start: ${text}`);
  return text;
}

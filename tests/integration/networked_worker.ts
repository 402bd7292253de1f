// A worker whose network connection to the database a test can interrupt.

import { createEverTask, defineTask, type EverTask, type Logger, silentLogger } from "../../mod.ts";
import { type Storage, systemClock } from "../../src/storage/mod.ts";
import { retryTransient } from "../../src/storage/batching/retry_transient.ts";
import { untilAborted } from "../support/fleet.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import type { RunReport } from "./programs/protocol.ts";
import { integrationTasks } from "./programs/tasks.ts";

/**
 * The duration of a network failure. Two seconds with a short lease test the same as thirty seconds
 * with a usual lease.
 */
export const outageMs = 1_000 * Number(Deno.env.get("EVERTASK_TEST_OUTAGE_SECONDS") ?? 2);

/**
 * The tasks, as a test dispatches them. In the worker, `step` works for a while, and `wait` waits
 * until its signal aborts.
 */
export const { step } = integrationTasks(() => {});
export const wait = defineTask<null>({ type: "wait", handle() {} });

/** Short tasks, and some long ones that run when the network fails. */
export const steps = Array.from({ length: 400 }, (_, n) => ({ ms: n % 20 === 0 ? 400 : 5 }));

/** A worker and its network. */
export interface NetworkedWorker extends AsyncDisposable {
  readonly everTask: EverTask;
  readonly network: TcpProxy;
  readonly runs: readonly RunReport[];
  /** The number of starts of the waiting handler, and its abort reasons. */
  readonly waits: { begun: number; readonly ended: string[] };
  /** The warnings and errors that it has logged. */
  readonly complaints: readonly string[];
}

/**
 * Starts a worker.
 *
 * @param url A URL with the host and the port of the server.
 * @param connect Makes a storage that goes through the network.
 */
export async function startNetworkedWorker(
  url: string,
  leaseMs: number,
  connect: (network: TcpProxy) => Storage,
): Promise<NetworkedWorker> {
  const network = await TcpProxy.start(url);
  const runs: RunReport[] = [];
  const waits: NetworkedWorker["waits"] = { begun: 0, ended: [] };
  const waiting = defineTask<null>({
    type: "wait",
    async handle(_, { signal }) {
      waits.begun++;
      await untilAborted(signal).catch((reason) => {
        waits.ended.push(reason.name);
        throw reason;
      });
    },
  });
  const complaints: string[] = [];
  const complain: Logger["warn"] = (message) => void complaints.push(message);
  const everTask = createEverTask({
    storage: connect(network),
    tasks: [integrationTasks((run) => void runs.push(run)).step, waiting],
    queues: { default: { parallelism: 8 } },
    leaseDuration: leaseMs,
    dispatchRetryFor: 2 * outageMs + leaseMs,
    logger: { ...silentLogger, warn: complain, error: complain },
  });
  // Queries with a short timeout may fail on a busy machine.
  await retryTransient(systemClock, 60_000, () => everTask.start());
  const end = async () => {
    await everTask.stop();
    await network[Symbol.asyncDispose]();
  };
  return { everTask, network, runs, waits, complaints, [Symbol.asyncDispose]: end };
}

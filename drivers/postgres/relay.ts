// Exchanges events between processes.

import type { VerbArguments as Args, VerbResult as Result } from "../../src/storage/kit/verbs.ts";
import type { WatchResult } from "../../src/storage/requests.ts";
import type { DatabaseAccess } from "./database.ts";

/** The result of watch_events. */
interface StoredWatch extends Omit<WatchResult, "positions"> {
  readonly positions: readonly (readonly [writerId: string, upTo: number])[];
}

/** Implements {@linkcode Storage.watchEvents}. */
export async function watchEvents(
  access: DatabaseAccess,
  { id, forMs, parameters }: Args<"watchEvents">[0],
): Result<"watchEvents"> {
  const message = access.message("watch");
  const answer = await access.call<StoredWatch>("watch_events", id, forMs, parameters, message);
  return { ...answer, positions: new Map(answer.positions) };
}

/** Implements {@linkcode Storage.publishEvents}. */
export async function publishEvents(
  access: DatabaseAccess,
  { writerId, since, upTo, workerId, host, events }: Args<"publishEvents">[0],
): Result<"publishEvents"> {
  return await access.call("publish_events", writerId, since, upTo, workerId, host, events);
}

/** Implements {@linkcode Storage.readEvents}. */
export async function readEvents(
  access: DatabaseAccess,
  { after, exceptFrom, limit }: Args<"readEvents">[0],
): Result<"readEvents"> {
  return await access.call("read_events", [...after], exceptFrom, limit);
}

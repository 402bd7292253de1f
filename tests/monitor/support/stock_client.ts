// The stock client of SignalR, and the events that it receives.

import {
  type HttpTransportType,
  type HubConnection,
  HubConnectionBuilder,
  LogLevel,
} from "@microsoft/signalr";
import type { TaskEvent } from "../../../src/events/task_event.ts";

/** A client that is not started yet. */
export interface StockClient {
  readonly connection: HubConnection;
  /** The received events, in order. */
  readonly received: readonly TaskEvent[];
}

/** Makes a client of a hub. */
export function connectStockClient(
  url: string,
  transport: HttpTransportType,
  options: { token?: string; retries?: number[] } = {},
): StockClient {
  const { token, retries = [] } = options;
  const connection = new HubConnectionBuilder()
    .withUrl(url, { transport, ...(token ? { accessTokenFactory: () => token } : {}) })
    .withAutomaticReconnect(retries)
    .configureLogging(LogLevel.None)
    .build();
  const received: TaskEvent[] = [];
  connection.on("TaskEvent", (event: TaskEvent) => received.push(event));
  return { connection, received };
}

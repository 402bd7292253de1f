// Sends lines to Seq in its own format, CLEF (https://clef-json.org): one JSON object per line,
// with the properties and the template of the message. Seq groups lines by template.

import type { LogLevel, LogRecord, Sink } from "@logtape/logtape";

/** The Seq server. */
export interface SeqOptions {
  readonly serverUrl: string;
  /** The API key; empty if Seq needs none. */
  readonly apiKey?: string;
}

const levels: Readonly<Record<LogLevel, string>> = {
  trace: "Verbose",
  debug: "Debug",
  info: "Information",
  warning: "Warning",
  error: "Error",
  fatal: "Fatal",
};

const intervalMs = 1_000;
/**
 * The maximum number of lines that wait while Seq cannot be reached. The oldest are dropped first.
 */
const mostWaiting = 10_000;

/**
 * Creates a sink that sends log lines once a second, and the remaining ones when it is disposed of.
 */
export function getSeqSink({ serverUrl, apiKey = "" }: SeqOptions): Sink & AsyncDisposable {
  const url = new URL("/ingest/clef", serverUrl);
  const headers = {
    "content-type": "application/vnd.serilog.clef",
    ...(apiKey === "" ? {} : { "x-seq-apikey": apiKey }),
  };
  let waiting: string[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let sending = Promise.resolve();
  let isReachable = true;

  async function send(): Promise<void> {
    const lines = waiting;
    if (lines.length === 0) return;
    waiting = [];
    try {
      const response = await fetch(url, { method: "POST", headers, body: lines.join("\n") });
      await response.body?.cancel();
      // Lines that Seq rejects with another status are dropped.
      if (response.status >= 500) throw new Error(`Seq answered ${response.status}`);
      isReachable = true;
    } catch (error) {
      if (isReachable) console.error(`Seq is out of reach, lines wait for it: ${error}`);
      isReachable = false;
      waiting = [...lines, ...waiting].slice(-mostWaiting);
    }
  }

  const sendNext = (): void => {
    sending = sending.then(send).then(() => {
      timer = waiting.length > 0 ? setTimeout(sendNext, intervalMs) : undefined;
    });
  };
  const sink = (record: LogRecord): void => {
    waiting.push(toClef(record));
    timer ??= setTimeout(sendNext, intervalMs);
  };
  return Object.assign(sink, {
    async [Symbol.asyncDispose](): Promise<void> {
      clearTimeout(timer);
      await sending;
      clearTimeout(timer);
      await send();
      if (waiting.length > 0) console.error(`${waiting.length} lines have not reached Seq.`);
    },
  });
}

function toClef({ timestamp, level, category, rawMessage, properties }: LogRecord): string {
  const { error } = properties;
  const named = Object.entries(properties).map(([name, value]) => [
    name.startsWith("@") ? `@${name}` : name,
    value instanceof Error ? `${value.name}: ${value.message}` : value,
  ]);
  return JSON.stringify({
    "@t": new Date(timestamp).toISOString(),
    "@mt": typeof rawMessage === "string" ? rawMessage : rawMessage.join("{}"),
    "@l": levels[level],
    ...(error instanceof Error ? { "@x": error.stack ?? String(error) } : {}),
    ...Object.fromEntries(named),
    SourceContext: category.join("."),
  });
}

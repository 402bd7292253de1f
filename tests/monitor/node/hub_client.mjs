// The stock client of SignalR in Node, once for each transport. Writes each event and each change
// of its state as a line of JSON. Ends when its input is closed. Argument: the hub's URL.

import { HttpTransportType, HubConnectionBuilder, LogLevel } from "@microsoft/signalr";

const say = (line) => console.log(JSON.stringify(line));

const connections = ["WebSockets", "ServerSentEvents", "LongPolling"].map((transport) => {
  const connection = new HubConnectionBuilder()
    .withUrl(process.argv[2], { transport: HttpTransportType[transport] })
    .withAutomaticReconnect(Array(1000).fill(50))
    .configureLogging(LogLevel.None)
    .build();
  connection.on("TaskEvent", (event) => say({ transport, event }));
  connection.onreconnected(() => say({ transport, state: "reconnected" }));
  return { transport, connection };
});

for (const { transport, connection } of connections) {
  await connection.start();
  say({ transport, state: "connected" });
}
process.stdin.resume().on("end", async () => {
  await Promise.all(connections.map(({ connection }) => connection.stop()));
  process.exit(0);
});

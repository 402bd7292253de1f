// Connects to the hub as a .NET program does, and writes what happens as lines of JSON:
//
//   hub_client URL (WebSockets | ServerSentEvents | LongPolling) [TOKEN]
//
// Stops when its input ends.

using System.Text.Json;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;

var url = args[0];
var transport = Enum.Parse<HttpTransportType>(args[1]);
var token = args.ElementAtOrDefault(2);

var connection = new HubConnectionBuilder()
    .WithUrl(url, options =>
    {
        options.Transports = transport;
        if (token is not null)
        {
            options.AccessTokenProvider = () => Task.FromResult<string?>(token);
        }
    })
    .WithAutomaticReconnect(new EverySecond())
    .Build();

connection.On<EverTaskEventData>("TaskEvent", data => Write("event", data));
connection.Reconnecting += _ => Write("reconnecting");
connection.Reconnected += _ => Write("reconnected");

try
{
    await connection.StartAsync();
}
catch (HttpRequestException error)
{
    await Write("refused", (int?)error.StatusCode);
    return 1;
}
await Write("connected");
await Console.In.ReadToEndAsync();
await connection.StopAsync();
return 0;

static Task Write(string kind, object? value = null) =>
    Console.Out.WriteLineAsync(JsonSerializer.Serialize(new { kind, value }));

record EverTaskEventData(
    string TaskId,
    DateTimeOffset EventDateUtc,
    string Severity,
    string TaskType,
    string TaskHandlerType,
    string TaskParameters,
    string Message,
    string? Exception = null);

class EverySecond : IRetryPolicy
{
    public TimeSpan? NextRetryDelay(RetryContext context) => TimeSpan.FromSeconds(1);
}

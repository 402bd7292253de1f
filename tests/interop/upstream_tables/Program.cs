// Lets EverTask for .NET make its tables, dispatch tasks and series, and stop:
//
//   upstream_tables (sqlite | sqlserver) CONNECTION_STRING
//
// Writes a line of JSON with the id of each task by what was done with it.

using System.Text.Json;
using EverTask.Abstractions;
using EverTask.Resilience;
using EverTask.Storage.Sqlite;
using EverTask.Storage.SqlServer;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

var builder = Host.CreateApplicationBuilder();
builder.Logging.ClearProviders();
var everTask = builder.Services.AddEverTask(options => options
    .SetThrowIfUnableToPersist(true)
    .RegisterTasksFromAssembly(typeof(Order).Assembly));
_ = args[0] == "sqlite" ? everTask.AddSqliteStorage(args[1]) : everTask.AddSqlServerStorage(args[1]);
using var host = builder.Build();
await host.StartAsync();

var dispatcher = host.Services.GetRequiredService<ITaskDispatcher>();
var ids = new Dictionary<string, Guid>
{
    ["completed"] = await dispatcher.Dispatch(new Order("completed")),
    ["failed"] = await dispatcher.Dispatch(new Order("failed")),
    ["delayed"] = await dispatcher.Dispatch(new Order("delayed"), TimeSpan.FromHours(1)),
    ["scheduled"] = await dispatcher.Dispatch(
        new Order("scheduled"), DateTimeOffset.UtcNow.AddDays(1), taskKey: "the scheduled one"),
    ["cancelled"] = await dispatcher.Dispatch(new Order("cancelled"), TimeSpan.FromHours(1)),
    ["every 5 minutes"] = await dispatcher.Dispatch(
        new Order("every 5 minutes"), recurring => recurring.Schedule().Every(5).Minutes(),
        AuditLevel.Minimal, "the health check"),
    ["daily at 14:30"] = await dispatcher.Dispatch(
        new Order("daily at 14:30"), recurring => recurring.Schedule().EveryDay().AtTime(new TimeOnly(14, 30))),
    ["cron"] = await dispatcher.Dispatch(
        new Order("cron"), recurring => recurring.Schedule().UseCron("0 3 * * 1")),
    ["monthly on the 15th, twice"] = await dispatcher.Dispatch(
        new Order("monthly on the 15th, twice"),
        recurring => recurring.Schedule().EveryMonth().OnDay(15).AtTime(new TimeOnly(6, 0)).MaxRuns(2)),
    ["cancelled series"] = await dispatcher.Dispatch(
        new Order("cancelled series"), recurring => recurring.Schedule().EveryHour()),
};
await dispatcher.Cancel(ids["cancelled"]);
await dispatcher.Cancel(ids["cancelled series"]);
await Task.WhenAll(Order.Completed.Task, Order.Failed.Task);
await host.StopAsync();
Console.WriteLine(JsonSerializer.Serialize(ids));

public record Order(string Name) : IEverTask
{
    public static readonly TaskCompletionSource Completed = new();
    public static readonly TaskCompletionSource Failed = new();
}

public class OrderHandler : EverTaskHandler<Order>
{
    public override IRetryPolicy? RetryPolicy => new LinearRetryPolicy(1, TimeSpan.FromMilliseconds(10));

    public override Task Handle(Order order, CancellationToken cancellationToken) =>
        order.Name == "failed" ? throw new InvalidOperationException("as meant") : Task.CompletedTask;

    public override ValueTask OnCompleted(Guid persistenceId)
    {
        Order.Completed.TrySetResult();
        return ValueTask.CompletedTask;
    }

    public override ValueTask OnError(Guid persistenceId, Exception? exception, string? message)
    {
        Order.Failed.TrySetResult();
        return ValueTask.CompletedTask;
    }
}

import { assertEquals } from "@std/assert";
import { stopOnSignals, type StopSignal } from "../../mod.ts";
import { readLines } from "../support/lines.ts";
import { runCommand } from "../support/run_command.ts";

/** A process that gets signals from the test. */
class FakeProcess {
  readonly listeners = new Map<StopSignal, Set<() => void>>();

  on(signal: StopSignal, listener: () => void): this {
    this.listeners.set(signal, (this.listeners.get(signal) ?? new Set()).add(listener));
    return this;
  }

  off(signal: StopSignal, listener: () => void): this {
    this.listeners.get(signal)?.delete(listener);
    return this;
  }

  /** Calls the listeners of a signal, and returns their number. At 0, a real process would end. */
  send(signal: StopSignal): number {
    const heard = [...this.listeners.get(signal) ?? []];
    for (const listener of heard) listener();
    return heard.length;
  }
}

Deno.test("stopOnSignals() stops at the first signal, and the second has its usual effect", async () => {
  const process = new FakeProcess();
  const stops: unknown[] = [];
  const stoppable = { stop: (options?: unknown) => Promise.resolve(void stops.push(options)) };
  const { stopped } = stopOnSignals(stoppable, process, { timeout: 500 });
  assertEquals(process.send("SIGTERM"), 1);
  assertEquals(await stopped, "SIGTERM");
  assertEquals(stops, [{ timeout: 500 }]);
  assertEquals([process.send("SIGTERM"), process.send("SIGINT")], [0, 0]);
});

Deno.test("the second signal has its usual effect also during a slow stop", async () => {
  const stopping = Promise.withResolvers<void>();
  const process = new FakeProcess();
  const { stopped } = stopOnSignals({ stop: () => stopping.promise }, process);
  assertEquals(process.send("SIGTERM"), 1);
  assertEquals([process.send("SIGTERM"), process.send("SIGINT")], [0, 0]);
  stopping.resolve();
  assertEquals(await stopped, "SIGTERM");
});

Deno.test("the second signal during a stop exits with the code that a shell reports for the signal", async () => {
  const stopping = Promise.withResolvers<void>();
  const codes: number[] = [];
  const process = Object.assign(new FakeProcess(), { exit: (code: number) => codes.push(code) });
  const { stopped } = stopOnSignals({ stop: () => stopping.promise }, process);
  process.send("SIGINT");
  assertEquals(codes, []);
  process.send("SIGTERM");
  process.send("SIGINT");
  assertEquals(codes, [143, 130]);
  stopping.resolve();
  assertEquals(await stopped, "SIGINT");
  assertEquals([process.send("SIGTERM"), process.send("SIGINT")], [0, 0]);
});

Deno.test("stopOnSignals() can be cancelled", () => {
  const process = new FakeProcess();
  const stoppable = { stop: () => Promise.reject(new Error("must not be called")) };
  const watch = stopOnSignals(stoppable, process, { signals: ["SIGHUP"] });
  assertEquals(process.send("SIGINT"), 0);
  watch.end();
  assertEquals(process.send("SIGHUP"), 0);
});

Deno.test("a process that gets SIGTERM finishes its running tasks and ends", async () => {
  const program = `
    import process from "node:process";
    import { createEverTask, defineTask, stopOnSignals } from ${
    JSON.stringify(import.meta.resolve("../../mod.ts"))
  };
    import { memoryStorage } from ${
    JSON.stringify(import.meta.resolve("../../drivers/memory/mod.ts"))
  };
    const task = defineTask({ type: "work", async handle() {
      console.log("working");
      await new Promise((resolve) => setTimeout(resolve, 200));
      console.log("finished");
    } });
    const everTask = createEverTask({ storage: memoryStorage(), tasks: [task] });
    await everTask.start();
    stopOnSignals(everTask, process).stopped.then((signal) => console.log("stopped by", signal));
    await everTask.dispatch(task);
  `;
  const command = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", program],
    stdout: "piped",
    stderr: "inherit",
  });
  await using child = command.spawn();
  let output = "";
  let signalled = false;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    output += text;
    if (!signalled && output.includes("working")) child.kill("SIGTERM");
    signalled ||= output.includes("working");
  }
  assertEquals(output.trim().split("\n"), ["working", "finished", "stopped by SIGTERM"]);
  assertEquals((await child.status).code, 0);
});

/**
 * Whether this machine permits a process namespace, in which a program is the first process, as in
 * a container.
 */
const canUnshare = await new Deno.Command("unshare", { args: ["--pid", "--fork", "true"] })
  .output().then(({ success }) => success, () => false);
const hasNode = await new Deno.Command("node", { args: ["--version"] }).output()
  .then(({ success }) => success, () => false);
const lack = canUnshare ? "" : " (needs the right to make a process namespace)";

const firstProcesses = { Deno: [Deno.execPath(), "run", "-A"], Node: ["node"] };
for (const [runtime, command] of Object.entries(firstProcesses)) {
  Deno.test({
    name: `the second SIGTERM ends the first process of a container in ${runtime}${lack}`,
    ignore: !canUnshare || runtime === "Node" && !hasNode,
    async fn() {
      const folder = await Deno.makeTempDir();
      await Deno.writeTextFile(
        `${folder}/program.ts`,
        `import process from "node:process";
         import { stopOnSignals } from ${JSON.stringify(import.meta.resolve("../../mod.ts"))};
         const stop = () => {
           console.log("stopping");
           return new Promise(() => {});
         };
         stopOnSignals({ stop }, process);
         setInterval(() => {}, 60_000);
         console.log("process", process.pid);`,
      );
      const bundle = [
        "bundle",
        "--quiet",
        `--output=${folder}/program.mjs`,
        `${folder}/program.ts`,
      ];
      await runCommand(Deno.execPath(), bundle);
      const child = new Deno.Command("unshare", {
        args: ["--pid", "--fork", "--kill-child", ...command, `${folder}/program.mjs`],
        stdout: "piped",
      }).spawn();
      const lines = readLines(child.stdout);
      const terminate = async () => {
        const inside = await Deno.readTextFile(`/proc/${child.pid}/task/${child.pid}/children`);
        Deno.kill(Number(inside), "SIGTERM");
      };
      assertEquals((await lines.next()).value, "process 1");
      await terminate();
      assertEquals((await lines.next()).value, "stopping");
      await terminate();
      assertEquals((await child.status).code, 143);
      await lines.return(undefined);
      await Deno.remove(folder, { recursive: true });
    },
  });
}

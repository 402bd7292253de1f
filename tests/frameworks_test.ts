// The programs in examples/frameworks/, as their users run them: a request dispatches, a task runs
// in the same process or in a second one, and SIGTERM stops both cleanly.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { deadline } from "@std/async";
import { readLines } from "./support/lines.ts";
import { hasNpm, makeNpmProject, type NpmProject } from "./support/npm_project.ts";
import { reservePort } from "./support/reserved_port.ts";
import { runCommand } from "./support/run_command.ts";

const examples = new URL("../examples/frameworks/", import.meta.url);
const patience = 60_000;

/** How a program is started: the runtime, and the file that it runs. */
type Command = readonly string[];

/** A running program. */
class Program implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #lines: AsyncGenerator<string>;

  constructor([program, ...args]: Command, env: Record<string, string>) {
    this.#process = new Deno.Command(program!, { args, env, stdout: "piped" }).spawn();
    this.#lines = readLines(this.#process.stdout);
  }

  /** Reads lines until one begins with `beginning`. */
  async says(beginning: string): Promise<void> {
    const read = async () => {
      while (true) {
        const { value, done } = await this.#lines.next();
        if (done) throw new Error(`The program ended before it said "${beginning}".`);
        if (value.startsWith(beginning)) return;
      }
    };
    await deadline(read(), patience);
  }

  /** Sends SIGTERM, and checks that the program ends cleanly. */
  async stop(): Promise<void> {
    this.#process.kill("SIGTERM");
    await this.says("Stopped by SIGTERM");
    for await (const _ of this.#lines); // to the end
    assertEquals((await this.#process.status).code, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    for await (const _ of this.#lines); // to the end
    await this.#process.status;
  }
}

/** Takes an order, and reads its status until it is shipped. */
async function orderAndWait(port: number, shipped: () => Promise<void>): Promise<void> {
  const orders = `http://127.0.0.1:${port}/orders`;
  const response = await fetch(orders, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ item: "a lamp", address: "Via Roma 1" }),
  });
  assertEquals(response.status, 202);
  const { id } = await response.json();
  await shipped();
  while (true) {
    const shown = await (await fetch(`${orders}/${id}`)).json();
    if (shown.status === "Completed") break;
    assertStringIncludes("WaitingQueue Queued InProgress", shown.status);
  }
  const unknown = await fetch(`${orders}/0198f3a0-0000-7000-8000-000000000000`);
  assertEquals(unknown.status, 404);
  await unknown.body?.cancel();
}

async function check(web: Command, worker: Command): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    using reserved = reservePort();
    const env = { DATABASE: `${folder}/shop.db`, PORT: `${reserved.port}` };
    {
      await using alone = new Program(web, env);
      await alone.says("Listening");
      await orderAndWait(reserved.port, () => alone.says("Shipped a lamp to Via Roma 1"));
      await alone.stop();
    }
    await using dispatching = new Program(web, { ...env, TASKS: "elsewhere" });
    await dispatching.says("Listening");
    await using running = new Program(worker, env);
    await running.says("Running tasks");
    await orderAndWait(reserved.port, () => running.says("Shipped a lamp to Via Roma 1"));
    await dispatching.stop();
    await running.stop();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const framework of ["hono", "express", "fastify"]) {
  Deno.test(`${framework} in Deno dispatches in a request, and tasks run in its process or in another`, async () => {
    const inDeno = (path: string) => [Deno.execPath(), "run", "-A", new URL(path, examples).href];
    await check(inDeno(`${framework}/main.ts`), inDeno("shop/worker.ts"));
  });
}

/**
 * Copies the examples to a folder where Node finds the package, and compiles those that Node cannot
 * run directly.
 */
async function prepare(project: NpmProject): Promise<void> {
  for (const folder of ["shop", "hono", "express", "fastify", "nestjs"]) {
    await Deno.mkdir(`${project.folder}/${folder}`);
    for await (const { name } of Deno.readDir(new URL(folder, examples))) {
      const path = `${folder}/${name}`;
      await Deno.copyFile(new URL(path, examples), `${project.folder}/${path}`);
    }
  }
  const compiler = `${project.folder}/node_modules/typescript/bin/tsc`;
  await runCommand(project.nodeProgram("24"), [compiler, "-p", "nestjs", "--skipLibCheck"], {
    cwd: project.folder,
  });
}

Deno.test({
  name: "frameworks in Node",
  ignore: !await hasNpm(),
  async fn(t) {
    const nest = ["common", "core", "platform-express"].map((part) => `@nestjs/${part}@12`);
    const compiling = ["typescript@6", "@types/node@24", "reflect-metadata@0.2", "rxjs@7"];
    const others = ["hono", "@hono/node-server", "express", "fastify"];
    await using project = await makeNpmProject([...others, ...nest, ...compiling], ["24"]);
    await prepare(project);
    const inNode = (path: string) => [project.nodeProgram("24"), `${project.folder}/${path}`];
    for (const framework of ["hono", "express", "fastify"]) {
      await t.step(
        framework,
        () => check(inNode(`${framework}/main.ts`), inNode("shop/worker.ts")),
      );
    }
    await t.step(
      "nestjs",
      () => check(inNode("build/nestjs/main.js"), inNode("build/shop/worker.js")),
    );
  },
});

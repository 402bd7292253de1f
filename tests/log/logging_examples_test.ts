// The output of the logging examples: the properties of lines and errors in each logging library,
// and the configuration of examples/logging/.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { startReceivingServer } from "../monitor/support/receiving_server.ts";
import { runCommand } from "../support/run_command.ts";

const examples = new URL("../../examples/logging/", import.meta.url);

/** Runs an example in an empty folder; returns its output and the files in `logs`. */
async function run(name: string, config?: unknown) {
  const cwd = await Deno.makeTempDir();
  try {
    const args = ["run", "-A", new URL(name, examples).href];
    if (config !== undefined) {
      await Deno.writeTextFile(`${cwd}/config.json`, JSON.stringify(config));
      args.push("config.json");
    }
    const { stdout, stderr } = await runCommand(Deno.execPath(), args, { cwd });
    const files = new Map<string, string>();
    const entries = await Array.fromAsync(Deno.readDir(`${cwd}/logs`)).catch(() => []);
    for (const { name } of entries) {
      files.set(name, await Deno.readTextFile(`${cwd}/logs/${name}`));
    }
    return { stdout, stderr, files };
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

function parseLines(text: string): Record<string, unknown>[] {
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

/** The libraries, with their names for the message and the class of an error. */
const libraries: [file: string, message: string, errorName: string][] = [
  ["pino.ts", "msg", "type"],
  ["bunyan.ts", "msg", "name"],
  ["winston.ts", "message", "name"],
];

for (const [file, messageName, errorName] of libraries) {
  Deno.test(`the lines of ${file} carry the properties of their task, its category and the error`, async () => {
    const lines = parseLines((await run(file)).stdout);
    const [greeting, , failure] = lines as [typeof lines[0], unknown, typeof lines[0]];
    assertEquals(lines.length, 3);
    assertEquals(greeting[messageName], "Greeting {who}");
    assertEquals([greeting["who"], greeting["taskType"], greeting["category"]], [
      "Ada",
      "greet",
      "tasks.greet",
    ]);
    for (const name of ["taskId", "attempt", "queue", "taskKey"]) assert(name in greeting, name);
    const error = failure["error"] as Record<string, string>;
    assertEquals(error["message"], "There is nobody to greet.");
    assertEquals(error[errorName], "RangeError");
    assertMatch(error["stack"]!, new RegExp(`examples/logging/${file}`));
  });
}

/** Returns the configuration of examples/logging/logging.json, with changes to its section. */
async function section(changes: Record<string, unknown>) {
  const text = await Deno.readTextFile(new URL("logging.json", examples));
  const { logging } = JSON.parse(text);
  return { logging: { ...logging, ...changes } };
}

/** Checks that a line is CLEF, by https://clef-json.org, and returns it. */
function checkClef(line: Record<string, unknown>): Record<string, unknown> {
  assertMatch(String(line["@t"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/);
  assertEquals(typeof line["@mt"], "string");
  const levels = ["Verbose", "Debug", "Information", "Warning", "Error", "Fatal"];
  assert(levels.includes(String(line["@l"])));
  assert(line["@x"] === undefined || typeof line["@x"] === "string");
  const known = ["@t", "@mt", "@m", "@l", "@x", "@i", "@r", "@tr", "@sp"];
  for (const name of Object.keys(line)) {
    assert(!name.startsWith("@") || name.startsWith("@@") || known.includes(name), name);
  }
  return line;
}

Deno.test("one section of JSON sets levels by category, the console, a daily file and Seq", async () => {
  await using seq = startReceivingServer();
  const config = await section({ seq: { serverUrl: seq.url, apiKey: "secret-key" } });
  const { stdout, stderr, files } = await run("logtape.ts", config);

  // The default level is info, and that of greet is debug.
  const expected = [
    ["evertask.tasks.greet", "Looking {who} up"],
    ["evertask.tasks.greet", "Greeting {who}"],
    [
      "evertask.tasks.import-file",
      "Task {taskId} ({taskType}) failed at attempt {attempt}: {error}",
    ],
  ];
  const sent = seq.requests.flatMap(({ method, path, headers, body }) => {
    assertEquals([method, path], ["POST", "/ingest/clef"]);
    assertEquals(headers.get("content-type"), "application/vnd.serilog.clef");
    assertEquals(headers.get("x-seq-apikey"), "secret-key");
    return parseLines(body).map(checkClef);
  });
  assertEquals(sent.map((line) => [line["SourceContext"], line["@mt"]]), expected);
  assertEquals(sent.map((line) => line["@l"]), ["Debug", "Information", "Error"]);
  const failure = sent[2]!;
  assertEquals([failure["taskType"], failure["taskKey"], failure["attempt"]], [
    "import-file",
    "orders",
    1,
  ]);
  assertMatch(String(failure["@x"]), /^RangeError: orders.csv is empty\n +at .*logtape.ts/);
  assertEquals(failure["error"], "RangeError: orders.csv is empty");

  const today = new Date().toISOString().slice(0, 10);
  const [[name, text]] = [...files] as [[string, string]];
  assertMatch(name, /^evertask-\d{4}-\d\d-\d\d\.log$/);
  assert(name <= `evertask-${today}.log`);
  const written = parseLines(text);
  assertEquals(written.map((line) => [line["logger"], line["message"]]), expected);

  assert(stdout.includes("Looking") && stdout.includes("Greeting"), stdout);
  assert((stdout + stderr).includes("orders.csv is empty"));
});

Deno.test("levels by category suppress some parts and not others", async () => {
  const minimumLevel = {
    default: "off",
    overrides: { "evertask.tasks": "error", "evertask.tasks.import-file": "trace" },
  };
  const config = await section({ minimumLevel, seq: undefined, console: false });
  const { stdout, files } = await run("logtape.ts", config);
  const [text] = files.values();
  assertEquals(parseLines(text!).map((line) => line["message"]), [
    "Opening {path}",
    "Task {taskId} ({taskType}) failed at attempt {attempt}: {error}",
  ]);
  assertEquals(stdout, "");
});

Deno.test("lines that Seq did not accept are sent again, and Seq may be unreachable", async () => {
  await using seq = startReceivingServer();
  seq.answers.push(new Response("not now", { status: 503 }));
  const sink = await import("../../examples/logging/support/seq_sink.ts");
  const { configure, dispose, getLogger } = await import("@logtape/logtape");
  await configure({
    reset: true,
    sinks: { seq: sink.getSeqSink({ serverUrl: seq.url }) },
    loggers: [
      { category: "app", sinks: ["seq"], lowestLevel: "info" },
      { category: ["logtape", "meta"], sinks: [], lowestLevel: "error" },
    ],
  });
  getLogger("app").info("first {@odd}", { "@odd": 1 });
  while (seq.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  getLogger("app").info("second");
  await dispose();
  const bodies = seq.requests.map(({ body }) => parseLines(body).map(checkClef));
  assertEquals(bodies.map((lines) => lines.map((line) => line["@mt"])), [
    ["first {@odd}"],
    ["first {@odd}", "second"],
  ]);
  assertEquals(bodies[0]![0]!["@@odd"], 1);

  const { stderr } = await run(
    "logtape.ts",
    await section({ seq: { serverUrl: "http://127.0.0.1:1" } }),
  );
  assertMatch(stderr, /3 lines have not reached Seq/);
});

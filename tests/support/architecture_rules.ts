// Defines the rules about dependencies as lint rules. The linter parses the code, so comments and
// strings do not count. architecture_test.ts checks every file of the project.

/**
 * The parts of the core that drivers may import: the contract of storage, its types, and pure
 * decisions.
 */
const storageContract = [
  "src/audit/",
  "src/faults/",
  "src/guards/",
  "src/log/",
  "src/storage/",
  "src/thrown/",
  "src/time/",
];

/** The foundation of all layers. */
const foundation = ["thrown", "guards", "log", "time"];

/** The layer of tasks and their storage. */
const tasks = [...foundation, "ids", "audit", "payload", "schedule", "task", "storage"];

/**
 * The layers of src/, the lowest first: each folder, and the other folders that it may import, all
 * of which are before it. The folders inside a folder are in its layer.
 */
export const floors: Readonly<Record<string, readonly string[]>> = {
  thrown: [],
  guards: ["thrown"],
  log: ["thrown", "guards"],
  time: ["thrown", "guards", "log"],
  ids: foundation,
  faults: foundation,
  instrumentation: foundation,
  audit: foundation,
  payload: foundation,
  schedule: foundation,
  task: [...foundation, "audit", "payload", "schedule"],
  retry: [...foundation, "faults", "task"],
  storage: [...foundation, "ids", "faults", "audit", "task"],
  events: [...foundation, "task", "storage"],
  rate_limit: [...foundation, "payload", "task", "storage", "events"],
  dispatch: [...tasks, "instrumentation", "retry", "events"],
  worker: [...tasks, "instrumentation", "retry", "events", "rate_limit", "dispatch"],
  operate: [
    ...foundation,
    ...["ids", "task", "retry", "storage", "payload", "schedule", "dispatch"],
  ],
  application: [
    ...tasks,
    "instrumentation",
    "retry",
    "events",
    "rate_limit",
    "dispatch",
    "worker",
    "operate",
  ],
  access: [...foundation, "storage", "events"],
  monitor: [...foundation, "ids", "instrumentation", "schedule", "storage", "events", "access"],
  api: [
    ...foundation,
    "ids",
    "payload",
    "schedule",
    "task",
    "storage",
    "events",
    "operate",
    "access",
    "monitor",
  ],
  dashboard: [...foundation, "ids", "storage", "operate", "access", "monitor", "api"],
  cli: [...foundation, "ids", "task", "schedule", "storage", "events", "operate"],
  testing: [
    ...tasks,
    "instrumentation",
    "retry",
    "events",
    "dispatch",
    "worker",
    "operate",
    "application",
  ],
};

/** The folders that a folder of src/ may import, itself among them. */
function onFloor(folder: string): string[] {
  return [folder, ...floors[folder]!].map((each) => `src/${each}/`);
}

/**
 * What the files of a folder (or one file) may import: folders and files of the project, and
 * packages. The first entry that fits a file decides; files without an entry are free.
 */
const allowedImports: [importer: string, imports: string[]][] = [
  ["mod.ts", ["src/"]],
  ["src/monitor/prometheus/", [...onFloor("monitor"), "prom-client"]],
  ["src/monitor/otel/", [...onFloor("monitor"), "@opentelemetry/api"]],
  ["src/api/", [...onFloor("api"), "@hono/zod-openapi", "hono"]],
  // The part that depends on the runtime. It creates instances, and opens databases of all drivers.
  ["src/cli/process/", [...onFloor("cli"), "src/dashboard/mod.ts", "mod.ts", "drivers/", "node:"]],
  ["src/cli/", [...onFloor("cli"), "string-width", "node:util"]],
  // Opens a port in Deno, Node and Bun.
  ["src/dashboard/serve_dashboard.ts", [...onFloor("dashboard"), "node:http"]],
  // Uses the types of the API's answers, and the rules of which changes a task allows.
  ["src/dashboard/ui/", [
    "src/dashboard/ui/",
    "src/operate/task_decisions.ts",
    "src/api/",
    "preact",
    "@preact/",
    "@hono/zod-openapi",
  ]],
  ...Object.keys(floors).map((folder): [string, string[]] => [`src/${folder}/`, onFloor(folder)]),
  // A folder without a layer may import nothing.
  ["src/", []],
  ["drivers/memory/", ["drivers/memory/", ...storageContract]],
  ["drivers/sqlite/", ["drivers/sqlite/", ...storageContract, "node:"]],
  [
    "drivers/postgres/",
    ["drivers/postgres/", ...storageContract, "postgres", "node:net", "node:os", "node:process"],
  ],
  [
    "drivers/sqlserver/",
    ["drivers/sqlserver/", ...storageContract, "src/schedule/upstream_schedule.ts"],
  ],
  [
    "examples/monitoring/",
    [
      "examples/monitoring/",
      "@evertask/evertask",
      "@microsoft/signalr",
      "@opentelemetry/",
      "nodemailer",
      "zod",
      "node:",
    ],
  ],
  [
    "examples/postgres/",
    ["@evertask/evertask", "drizzle-orm", "kysely", "kysely-postgres-js", "postgres"],
  ],
  [
    "examples/logging/",
    ["examples/logging/", "@evertask/evertask", "@logtape/", "bunyan", "pino", "winston", "node:"],
  ],
  [
    "examples/frameworks/",
    [
      "examples/frameworks/",
      "@evertask/evertask",
      "@hono/",
      "@nestjs/",
      "express",
      "fastify",
      "hono",
      "node:",
      "reflect-metadata",
    ],
  ],
  ["examples/rest/", ["@evertask/evertask", "jose", "node:"]],
  // Readers copy examples, so an example imports the package by its name.
  ["examples/", ["examples/", "@evertask/evertask", "zod", "node:"]],
];

/**
 * The files that may import src/application/ever_task.ts: the entry points, and the code that
 * creates instances for tests. The parts of an instance must not depend on whole instances.
 */
const instanceMakers = ["mod.ts", "src/testing/kit/", "src/testing/simulation/"];

/** The globals of one runtime, or of servers only. */
const runtimeGlobals = ["Deno", "Bun", "Buffer", "process"];

/** The part of the command line that may use the globals of a runtime. */
const cliProcess = "src/cli/process/";

/** The dashboard's page: a separate program, which may use the browser's clock. */
const browserProgram = "src/dashboard/ui/";

/**
 * Calls that read the clock or random values, or set timers, and the files that may contain them.
 * All other code gets a clock and a random source as arguments.
 */
const ambient: { selector: string; what: string; allowedIn: string[] }[] = [
  ...["Date.now", "performance.now", "Math.random", "crypto.randomUUID", "crypto.getRandomValues"]
    .map((name) => {
      const [object, property] = name.split(".");
      return {
        selector: `MemberExpression[object.name="${object}"][property.name="${property}"]`,
        what: name,
        allowedIn: /random/i.test(name) ? ["src/ids/"] : ["src/time/", browserProgram],
      };
    }),
  {
    selector: `NewExpression[callee.name="Date"][arguments.length=0]`,
    what: "new Date()",
    allowedIn: ["src/time/", browserProgram],
  },
  {
    selector: `CallExpression[callee.name=/^(setTimeout|setInterval|setImmediate)$/]`,
    what: "a timer",
    allowedIn: ["src/time/", browserProgram],
  },
];

const imports: Deno.lint.Rule = {
  create(context) {
    const importer = context.filename;
    const allowed = allowedImports.find(([owner]) => isWithin(importer, owner))?.[1];
    const check = (node: Deno.lint.Literal) => {
      const imported = resolveImport(importer, String(node.value));
      if (
        imported === "src/application/ever_task.ts" &&
        !instanceMakers.some((it) => isWithin(importer, it))
      ) {
        context.report({ node, message: `${importer} must not know of whole instances` });
      } else if (allowed?.some((owner) => isWithin(imported, owner)) === false) {
        context.report({ node, message: `${importer} must not import ${imported}` });
      }
    };
    return onImports(check);
  },
};

const runtime: Deno.lint.Rule = {
  create(context) {
    const { filename } = context;
    if (!isWithin(filename, "src/") || isWithin(filename, cliProcess)) return {};
    return {
      Identifier(node) {
        if (!runtimeGlobals.includes(node.name) || isMemberName(node)) return;
        context.report({ node, message: `the core does not know the runtime: ${node.name}` });
      },
    };
  },
};

const injected: Deno.lint.Rule = {
  create(context) {
    if (!["src/", "drivers/"].some((folder) => isWithin(context.filename, folder))) return {};
    const rules = ambient.filter(({ allowedIn }) =>
      !allowedIn.some((owner) => isWithin(context.filename, owner))
    );
    return Object.fromEntries(rules.map(({ selector, what }) => [
      selector,
      (node: Deno.lint.Node) => {
        context.report({ node, message: `time and chance are injected, but this uses ${what}` });
      },
    ]));
  },
};

/**
 * Reports whether `path` is the file, folder or package `owner`, or is inside it.
 */
function isWithin(path: string, owner: string): boolean {
  return path === owner || path.startsWith(/[/:]$/.test(owner) ? owner : `${owner}/`);
}

/** Visits the specifier of each import and re-export, type-only ones and `import(…)` included. */
export function onImports(visit: (specifier: Deno.lint.Literal) => void): Deno.lint.LintVisitor {
  return {
    ":matches(ImportDeclaration, ExportAllDeclaration, ExportNamedDeclaration) > Literal": visit,
    "ImportExpression > Literal": visit,
    "TSImportType Literal": visit,
  };
}

/** The path of an imported file from the root of the project, or the package name unchanged. */
export function resolveImport(importer: string, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  return new URL(specifier, `file:///${importer}`).pathname.slice(1);
}

/**
 * Whether an identifier only names a member of something else, as in `options.process` or `{
 * process: 1 }`.
 */
function isMemberName(node: Deno.lint.Identifier): boolean {
  const { parent } = node;
  if (parent.type === "MemberExpression") {
    const ofGlobal = parent.object.type === "Identifier" && parent.object.name === "globalThis";
    return parent.property === node && !parent.computed && !ofGlobal;
  }
  return "key" in parent && parent.key === node;
}

/** The rules. They expect file names as paths from the root of the project. */
export const architecture: Deno.lint.Plugin = {
  name: "architecture",
  rules: { imports, runtime, injected },
};

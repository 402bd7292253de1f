// Runs a load as in production for a long time, with faults, retention and an open dashboard, and
// reports whether any figure has a trend.

import process from "node:process";
import { readOptions, wholeNumber } from "../support/command_line.ts";
import type { StoreKind } from "../histories/setup.ts";
import { combined, findTrends, formatSamples, formatSizes } from "./figures.ts";
import { Soak } from "./soak.ts";

const usage = `deno task soak [--store sqlite|postgres] [--minutes N] [--rate N] [--seed N]
               [--folder PATH]

  --store    the store (default: sqlite)
  --minutes  how long the load runs (default: 60)
  --rate     dispatches per second (default: 10)
  --seed     the seed of the load and of the faults (default: 1)
  --folder   where to keep the records (default: a temporary folder, which is removed)

Prints the figures over time: throughput, calls of the store per task, the memory of the processes
that no fault hits, and the rows and sizes of the tables. Exits with 1 if a figure that must be
steady has a trend, or if the history breaks a promise.`;

const values = readOptions(usage, {
  store: { type: "string", default: "sqlite" },
  minutes: { type: "string", default: "60" },
  rate: { type: "string", default: "10" },
  seed: { type: "string", default: "1" },
  folder: { type: "string" },
});
const minutes = wholeNumber(usage, "minutes", values.minutes);
const rate = wholeNumber(usage, "rate", values.rate);
const seed = wholeNumber(usage, "seed", values.seed);
const folder = values.folder ?? await Deno.makeTempDir({ prefix: "evertask-soak-" });

await using soak = await Soak.start({ store: values.store as StoreKind, rate, seed, folder });
await soak.run(Math.max(1, minutes) * 60_000, (minute, sample) => {
  const [header, line, row] = formatSamples([[minute, sample]]).split("\n");
  console.log(minute === 1 ? `${header}\n${line}\n${row}` : row);
});
const warmUp = Math.ceil(soak.minutes.length / 10);
const { text, found } = findTrends(soak.minutes.slice(warmUp));
const every = Math.max(1, Math.round(soak.minutes.length / 12));
const parts = soak.minutes.flatMap((_, at) => {
  const part = soak.minutes.slice(at, at + every);
  return at % every === 0 ? [[at + part.length, combined(part)] as const] : [];
});
const sizes = soak.sizes.flatMap((each, at) =>
  (at + 1) % every === 0 ? [[at + 1, each] as const] : []
);
console.log(`\n${formatSamples(parts)}\n\n${formatSizes(sizes)}\n\n${text}\n`);
const broken = soak.verdict();
console.log(
  broken.length === 0 ? "The history keeps every promise." : broken.slice(0, 50).join("\n"),
);
if (values.folder === undefined) await Deno.remove(folder, { recursive: true });
await soak[Symbol.asyncDispose]();
process.exit(found.length + broken.length > 0 ? 1 : 0);

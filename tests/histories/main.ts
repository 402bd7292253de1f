// Plays histories of real processes for some minutes, and reports those that break a promise.

import process from "node:process";
import { readOptions, wholeNumber } from "../support/command_line.ts";
import { prepareGround } from "./place.ts";
import { formatRound, playRound } from "./real_world.ts";
import type { StoreKind } from "./setup.ts";

const usage = `deno task histories [--minutes N] [--store sqlite|postgres|sqlserver] [--from SEED]

  --minutes  how long (10)
  --store    the database (sqlite); sqlserver: that of EVERTASK_TEST_SQLSERVER
  --from     the seed of the first round (1)

Plays scenarios of the simulation with real processes, which are killed and frozen, on a database
that crashes, whose disk is filled and whose network fails. Checks each history as the simulation
does. Exits with 1 if one breaks a promise.`;

const values = readOptions(usage, {
  minutes: { type: "string", default: "10" },
  store: { type: "string", default: "sqlite" },
  from: { type: "string", default: "1" },
});
const minutes = wholeNumber(usage, "minutes", values.minutes);
const from = wholeNumber(usage, "from", values.from);

await using ground = await prepareGround(values.store as StoreKind);
// A T-SQL engine compiles each procedure anew for each process.
const size = values.store === "sqlserver"
  ? { scenarios: 20, forMs: 30_000, leaseMs: 10_000 }
  : { scenarios: 60, forMs: 15_000, leaseMs: 3_000 };
const endsAt = performance.now() + minutes * 60_000;
let [seed, failed] = [from, 0];
for (; performance.now() < endsAt; seed++) {
  await using place = await ground.create();
  const round = await playRound(place, seed, size);
  const { entries, tasks } = round.history;
  console.log(
    `Round ${seed}: ${tasks.length} tasks, ${entries.length} entries, ` +
      `${round.troubles.length} troubles of the database, ${round.broken.length} faults.`,
  );
  if (round.broken.length === 0) continue;
  failed++;
  const file = `${values.store}-${seed}.history`;
  await Deno.writeTextFile(`${Deno.env.get("TMPDIR") ?? "/tmp"}/${file}`, formatRound(round));
  console.log([...round.broken.slice(0, 10), ...round.troubles, `See ${file} in /tmp.`].join("\n"));
}
console.log(`${seed - from} rounds, ${failed} with faults.`);
process.exitCode = failed > 0 ? 1 : 0;

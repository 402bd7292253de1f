// Plays a short history of real processes on each database. `deno task histories` plays long ones.

import { prepareGround } from "./place.ts";
import { formatRound, playRound } from "./real_world.ts";

const size = { scenarios: 10, forMs: 3_000, leaseMs: 1_500 };

for (const store of ["sqlite", "postgres"] as const) {
  Deno.test(`real processes keep every promise despite kills, freezes and troubles of the database (${store})`, async () => {
    await using ground = await prepareGround(store);
    await using place = await ground.create();
    const round = await playRound(place, 3, size);
    if (round.broken.length > 0) throw new Error(formatRound(round));
  });
}

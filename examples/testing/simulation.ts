// Finds a handler that is not idempotent: it runs in simulated worlds in which processes are killed
// and the network fails, until a customer is charged twice. Then it is corrected.

import assert from "node:assert/strict";
import { defineTask, type EverTask, linearRetry } from "@evertask/evertask";
import { MemoryDatabase, memoryStorage } from "@evertask/evertask/memory";
import { simulate, type SimulatedMachine, SimulationError } from "@evertask/evertask/testing";

// ---- the application: orders are paid by a card, at a bank ----

interface Order {
  readonly number: number;
  readonly euros: number;
}

/** A fake of the bank. Like many, it recognizes a repeated request by its key. */
class Bank {
  readonly charges: Order[] = [];
  readonly #keys = new Set<string>();

  charge(order: Order, key?: string): void {
    if (key !== undefined && this.#keys.has(key)) return;
    if (key !== undefined) this.#keys.add(key);
    this.charges.push(order);
  }
}

type Machine = SimulatedMachine<Bank>;

/** Charges the card. If the process dies before the end is stored, it is charged again. */
const chargeCarelessly = ({ call, world: bank }: Machine) =>
  defineTask<Order>({
    type: "charge",
    retry: linearRetry(5, { seconds: 1 }),
    handle: (order) => call(() => bank.charge(order)),
  });

/** Charges the card with a key, which is the same in each attempt. */
const chargeOnce = ({ call, world: bank }: Machine) =>
  defineTask<Order>({
    type: "charge",
    retry: linearRetry(5, { seconds: 1 }),
    handle: (order, { taskId }) => call(() => bank.charge(order, taskId)),
  });

// ---- its test ----

async function simulateOrders(chargeOf: (machine: Machine) => typeof charge): Promise<void> {
  const order = (everTask: EverTask, number: number) =>
    everTask.dispatch(charge, { number, euros: 10 * number }, { taskKey: `order ${number}` });
  await simulate<Bank>({
    storage(clock) {
      const database = new MemoryDatabase({ clock });
      return () => memoryStorage({ database });
    },
    setUp: () => new Bank(),
    tasks: (machine) => [chargeOf(machine)],
    scenario: {
      "the first order": ({ everTask }) => order(everTask, 1),
      "the second order": ({ everTask }) => order(everTask, 2),
    },
    check({ world: bank, tasks }) {
      for (const { payload, status } of tasks) {
        const { number } = payload as Order;
        const times = bank.charges.filter((each) => each.number === number).length;
        assert.ok(times <= 1, `Order ${number} was charged ${times} times.`);
        assert.ok(times === 1 || status !== "Completed", `Order ${number} was never charged.`);
      }
    },
    seeds: 50,
  });
}

/** The task that is passed to `dispatch`, which uses only its type. */
const charge = defineTask<Order>({ type: "charge", handle() {} });

const found = await simulateOrders(chargeCarelessly).catch((error) => error);
assert.ok(found instanceof SimulationError);
console.log(found.message);

await simulateOrders(chargeOnce);
console.log("With a key, no seed charges an order twice.");

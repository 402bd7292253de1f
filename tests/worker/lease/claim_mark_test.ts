// Tests that the mark of a worker's claims moves forward and passes no task that it holds.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { HeldTask } from "../../../src/worker/held_tasks.ts";
import { ClaimMark } from "../../../src/worker/lease/claim_mark.ts";

/** A claim or a dispatch that is on its way. */
interface Request {
  readonly kind: "claim" | "dispatch";
  readonly place: HeldTask;
  /** The instant that storage has given its task; null before storage executes it. */
  claimedAt: number | null;
}

/** A worker, and a storage that dates its claims as drivers do. */
class Model {
  readonly held = new Set<HeldTask>();
  readonly openClaims = new Set<object>();
  unknown = false;
  now = 1_000;
  claimsFrom = 0;
  reported = 0;
  #lastId = 0;
  readonly requests: Request[] = [];
  /** When the tasks that storage shows as held by the worker were claimed. */
  readonly claimedAt = new Map<HeldTask, number>();
  readonly mark = new ClaimMark({
    held: this.held,
    openClaims: this.openClaims,
    mayHoldUnknown: () => this.unknown,
  });

  newTask = (): HeldTask => ({ id: String(++this.#lastId) });

  send(kind: "claim" | "dispatch"): void {
    const request: Request = { kind, place: this.newTask(), claimedAt: null };
    this.requests.push(request);
    if (kind === "claim") this.openClaims.add(request);
    else this.held.add(request.place);
  }

  execute(at: number): void {
    const request = this.requests[at % this.requests.length];
    if (request === undefined || request.claimedAt !== null) return;
    request.claimedAt = Math.max(this.now, this.claimsFrom);
    this.claimedAt.set(request.place, request.claimedAt);
  }

  answer(at: number): void {
    this.execute(at);
    const request = this.requests.splice(at % this.requests.length, 1)[0];
    if (request === undefined) return;
    const task = this.newTask();
    this.claimedAt.set(task, request.claimedAt!);
    this.held.add(task);
    this.claimedAt.delete(request.place);
    this.held.delete(request.place);
    this.openClaims.delete(request);
  }

  end(at: number): void {
    const tasks = [...this.held].filter((task) => this.requests.every((r) => r.place !== task));
    const task = tasks[at % tasks.length];
    if (task === undefined) return;
    this.held.delete(task);
    this.claimedAt.delete(task);
  }

  beat(whileAway: () => void): void {
    const holdsSince = this.mark.take();
    if (holdsSince !== undefined) this.reported = Math.max(this.reported, holdsSince);
    this.claimsFrom = Math.max(this.claimsFrom, this.now);
    const { claimsFrom } = this;
    whileAway();
    this.mark.follow(claimsFrom);
  }
}

const act = fc.oneof(
  fc.record({ kind: fc.constantFrom("claim", "dispatch", "beat", "suspect") }),
  fc.record({
    kind: fc.constantFrom("execute", "answer", "end", "wait", "setBack"),
    at: fc.nat(20),
  }),
);

function play(model: Model, step: { kind: string; at?: number }): void {
  const { kind, at = 0 } = step;
  if (kind === "claim" || kind === "dispatch") model.send(kind);
  else if (kind === "execute" && model.requests.length > 0) model.execute(at);
  else if (kind === "answer" && model.requests.length > 0) model.answer(at);
  else if (kind === "end") model.end(at);
  else if (kind === "wait") model.now += at + 1;
  else if (kind === "setBack") model.now -= at * 10;
  else if (kind === "suspect") model.unknown = !model.unknown;
}

Deno.test("a reported mark passes no task that storage shows as held by the worker", () => {
  fc.assert(fc.property(fc.array(fc.tuple(act, act), { maxLength: 80 }), (steps) => {
    const model = new Model();
    for (const [step, meanwhile] of steps) {
      if (step.kind === "beat") model.beat(() => play(model, meanwhile));
      else play(model, step);
      for (const claimedAt of model.claimedAt.values()) assert(claimedAt >= model.reported);
    }
  }));
});

Deno.test("the mark moves while short tasks come and go, and stays while an older task is held", () => {
  const model = new Model();
  const run = (beats: number) => {
    for (let beat = 0; beat < beats; beat++) {
      model.now += 1_000;
      model.beat(() => {});
      for (let task = 0; task < 3; task++) model.send(task % 2 === 0 ? "claim" : "dispatch");
      while (model.requests.length > 0) model.answer(0);
      while (model.held.size > 2) model.end(model.held.size > 2 ? 0 : 1);
    }
  };
  run(100);
  assert(model.now - model.reported <= 5_000, `${model.reported} at ${model.now}`);
  const old = model.newTask();
  model.held.add(old);
  const addedAt = model.now;
  model.end = () => {
    const younger = [...model.held].find((task) => task !== old)!;
    model.held.delete(younger);
    model.claimedAt.delete(younger);
  };
  run(10);
  assert(model.reported <= addedAt, `${model.reported} after ${addedAt}`);
});

Deno.test("the mark stays while unknown claims are suspected, and begins anew afterwards", () => {
  const model = new Model();
  model.beat(() => {});
  model.unknown = true;
  for (let beat = 0; beat < 5; beat++) model.beat(() => model.now++);
  assertEquals(model.reported, 0);
  model.unknown = false;
  model.beat(() => model.now++);
  const since = model.claimsFrom;
  model.beat(() => model.now++);
  assertEquals(model.reported, since);
});

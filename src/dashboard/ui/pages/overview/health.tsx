// What needs attention, with a link to it.

import type { Queues, Workers } from "../../answers.ts";
import { distance, integer } from "../../format.ts";
import { now } from "../../now.ts";
import { Mark } from "../../parts/status.tsx";
import { pageUrl } from "../../router.ts";
import { beginOf } from "../../spans.ts";
import { overviewTexts as texts } from "../../texts.ts";
import { useQueues } from "../queues.tsx";
import { useWorkers } from "../workers.tsx";
import { type SpanActivity, useActivity } from "./activity_of.ts";

interface Finding {
  readonly look: "bad" | "warn";
  readonly text: string;
  readonly href: string;
}

/** A wait of due tasks that needs attention, in milliseconds. */
const longWaitMs = 60_000;
/**
 * Failures need attention if at least this share of the ended tasks failed, and at least this
 * number.
 */
const [manyFailed, leastFailed] = [0.05, 5];

/** Shows what needs attention, or that nothing does. */
export function Health() {
  const [queues, workers, activity] = [useQueues(), useWorkers(), useActivity()];
  if (queues.data === null || workers.data === null || activity.data === null) return null;
  const findings = [
    ...workerFindings(workers.data),
    ...queues.data.items.flatMap(queueFindings),
    ...failureFindings(activity.data),
  ];
  return (
    <section class="health" aria-label={texts.health}>
      {findings.length === 0 && <Mark look="good">{texts.healthy}</Mark>}
      {findings.map(({ look, text, href }) => (
        <a key={text} href={href}>
          <Mark look={look}>{text}</Mark>
        </a>
      ))}
    </section>
  );
}

function workerFindings({ items }: Workers): Finding[] {
  const href = pageUrl("workers");
  const lost = items.filter(({ alive }) => !alive).length;
  if (lost === items.length) return [{ look: "bad", text: texts.noLiveWorker, href }];
  return lost === 0 ? [] : [{ look: "warn", text: texts.lostWorkers(integer(lost)), href }];
}

function queueFindings(
  { queue, due, paused, workerIds, oldestDueAt }: Queues["items"][number],
): Finding[] {
  const href = pageUrl("queues");
  if (due === 0) return [];
  const count = integer(due);
  if (paused) return [{ look: "warn", text: texts.waitPaused(count, queue), href }];
  if (workerIds.length === 0) {
    return [{ look: "bad", text: texts.waitUnserved(count, queue), href }];
  }
  const isLong = oldestDueAt !== null && now.value - Date.parse(oldestDueAt) > longWaitMs;
  if (!isLong) return [];
  return [{ look: "warn", text: texts.waitLong(queue, distance(oldestDueAt, now.value)), href }];
}

function failureFindings({ completed, failed, span }: SpanActivity): Finding[] {
  const share = failed / (completed + failed);
  if (failed < leastFailed || share < manyFailed) return [];
  const executedFrom = new Date(beginOf(span)).toISOString();
  return [{
    look: "bad",
    text: texts.manyFailed(`${Math.round(share * 100)} %`, span.name),
    href: pageUrl("tasks", { status: "Failed", executedFrom }),
  }];
}

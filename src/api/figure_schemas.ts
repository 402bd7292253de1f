// The schemas of activity, of groups of failures and of rate limits.

import { z } from "@hono/zod-openapi";
import { tableNames } from "../storage/table_sizes.ts";

const durations = z.object({
  totalMs: z.number(),
  maxMs: z.number(),
  histogram: z.array(z.int()).openapi({
    description: "The numbers of durations up to 1, 4, 16, 64 … ms; the last number has no bound",
  }),
});

/** The activity of a store. */
export const activitySchema = z.object({
  items: z.array(z.object({
    at: z.iso.datetime().openapi({ description: "The beginning of the step" }),
    type: z.string().nullable(),
    queue: z.string().nullable(),
    started: z.int(),
    completed: z.int(),
    failed: z.int(),
    cancelled: z.int(),
    retried: z.int(),
    lost: z.int(),
    run: durations,
    wait: durations,
  })),
}).openapi("Activity");

/** A page of groups of failures. */
export const failuresSchema = z.object({
  items: z.array(z.object({
    id: z.string(),
    type: z.string(),
    summary: z.string().openapi({ description: "The common part of the errors" }),
    count: z.int(),
    firstAt: z.iso.datetime(),
    lastAt: z.iso.datetime(),
    firstVersion: z.string().nullable().openapi({
      description: "The version of the application at the first failure; null if unknown",
    }),
    lastVersion: z.string().nullable().openapi({
      description: "The version of the application at the last failure; null if unknown",
    }),
    taskId: z.string().openapi({ description: "The last task that failed with this error" }),
    exception: z.string().openapi({ description: "The text of its error" }),
    counts: z.array(z.object({
      startAt: z.iso.datetime().openapi({ description: "The beginning of the step" }),
      count: z.int(),
    })).openapi({ description: "The failures in the steps of the span that have any" }),
  })),
  next: z.string().nullable(),
}).openapi("Failures");

/** A page of the budgets of rate limits. */
export const limitsSchema = z.object({
  items: z.array(z.object({
    type: z.string(),
    key: z.string().openapi({ description: "Empty for a limit without keys" }),
    reservedUntilAt: z.iso.datetime().openapi({
      description: "The instant from which the whole budget is free of reservations",
    }),
    startedUntilAt: z.iso.datetime().openapi({
      description: "The instant from which the whole budget is free of runs",
    }),
    waiting: z.int().nullable().openapi({
      description: "The number of tasks that wait for a slot; null if unknown",
    }),
    nextSlotAt: z.iso.datetime().nullable().openapi({
      description: "The slot that the next task would get; null if unknown",
    }),
  })),
  next: z.string().nullable(),
}).openapi("Limits");

/** The sizes of the tables. */
export const sizesSchema = z.object({
  items: z.array(z.object({
    table: z.enum(tableNames),
    rows: z.int().nullable().openapi({ description: "null if counting would read the table" }),
    isEstimate: z.boolean(),
    bytes: z.int().nullable().openapi({
      description: "Of the table and its indexes; null if the store cannot tell",
    }),
    oldestAt: z.iso.datetime().nullable(),
    rowsPerDay: z.number().nullable().openapi({
      description: "The average since the oldest row; null for less than a day",
    }),
  })),
}).openapi("Sizes");

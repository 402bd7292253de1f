// The dialog that gives a series another schedule, with a preview of its runs.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { SchedulePreview, Task } from "../answers.ts";
import { ProblemError, read } from "../client.ts";
import { zoneOf } from "../clock_changes.ts";
import { Field } from "../parts/field.tsx";
import { RunList } from "../parts/run_list.tsx";
import { actionTexts, seriesTexts, texts } from "../texts.ts";
import { InvalidField } from "./change_problem.tsx";
import { indented } from "./payload_text.ts";
import { openTaskDialog } from "./task_dialog.tsx";

/** Opens the dialog. */
export function openReschedule(task: Task): void {
  openTaskDialog(task, {
    ...actionTexts.reschedule,
    reason: "required",
    isWide: true,
    fieldNames: ["schedule"],
    fields: (problems) => (
      <ScheduleField first={indented(task.series!.schedule)} problems={problems("schedule")} />
    ),
    request: (values) => ({
      method: "PATCH",
      route: `series/${task.id}`,
      body: { schedule: parseSchedule(String(values.get("schedule"))) },
    }),
  });
}

function parseSchedule(text: string): unknown {
  if (!text.trimStart().startsWith("{")) return text.trim();
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidField("schedule", actionTexts.noJson((error as Error).message));
  }
}

/** The pause in typing after which the preview is loaded, in milliseconds. */
const pauseMs = 250;

function ScheduleField(
  { first, problems }: { readonly first: string; readonly problems: readonly string[] },
) {
  const text = useSignal(first);
  const preview = useSignal<SchedulePreview | null>(null);
  const problem = useSignal<string | null>(null);
  useEffect(() => {
    const stopped = new AbortController();
    const load = async () => {
      const query = new URLSearchParams({ schedule: text.value.trim() });
      try {
        preview.value = await read<SchedulePreview>(`series/preview?${query}`, stopped.signal);
        problem.value = null;
      } catch (error) {
        if (stopped.signal.aborted) return;
        preview.value = null;
        problem.value = error instanceof ProblemError ? error.message : texts.unreachable;
      }
    };
    const timer = setTimeout(load, pauseMs);
    return () => {
      clearTimeout(timer);
      stopped.abort();
    };
  }, [text.value]);
  return (
    <>
      <Field
        name="schedule"
        title={texts.schedule}
        hint={seriesTexts.scheduleHelp}
        problems={problem.value === null ? problems : [problem.value]}
      >
        {(attributes) => (
          <textarea
            {...attributes}
            class="mono"
            rows={6}
            spellcheck={false}
            required
            defaultValue={first}
            onInput={(event: Event) => {
              text.value = (event.currentTarget as HTMLTextAreaElement).value;
            }}
          />
        )}
      </Field>
      {preview.value !== null && (
        <section class="preview" aria-label={texts.nextRuns}>
          <p>
            <strong>{preview.value.info}</strong>
          </p>
          <RunList runs={preview.value.runs} zone={zoneOf(text.value)} />
        </section>
      )}
    </>
  );
}

// What a retention policy would delete. The policy is part of the URL.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { openPurge, type Policy, rowsOf } from "../actions/purge_dialog.tsx";
import type { RetentionPreview } from "../answers.ts";
import { read } from "../client.ts";
import { integer } from "../format.ts";
import { Card } from "../parts/card.tsx";
import { Fact } from "../parts/fact.tsx";
import { Field } from "../parts/field.tsx";
import { Problem } from "../parts/loaded.tsx";
import { mayChangeStore } from "../rights.ts";
import { changedUrl, go, parameters } from "../router.ts";
import { actionTexts, auditTexts, texts } from "../texts.ts";

const days = [
  "statusAuditDays",
  "runsAuditDays",
  "errorAuditDays",
  "executionLogDays",
  "operatorActionDays",
] as const;
const deletesTasks = "deleteCompletedTasksAfterRetention";
const names = [...days, deletesTasks];

/** A card with a form for the policy, and what it would delete. */
export function RetentionCard() {
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    const values = new FormData(event.currentTarget as HTMLFormElement);
    go(changedUrl(Object.fromEntries(names.map((name) => {
      const value = String(values.get(name) ?? "");
      return [name, value === "" ? null : value];
    }))));
  };
  const policy = new URLSearchParams();
  for (const name of names) {
    const value = parameters.value.get(name);
    if (value !== null) policy.set(name, value);
  }
  return (
    <Card title={auditTexts.retention}>
      <form class="pad policy" onSubmit={onSubmit}>
        <p class="faint">{auditTexts.retentionHelp}</p>
        <div class="field-row">
          {days.map((name) => (
            <Field name={name} title={auditTexts.days[name]} key={name}>
              {(attributes) => (
                <input
                  {...attributes}
                  type="number"
                  min="0.001"
                  step="any"
                  defaultValue={policy.get(name) ?? ""}
                />
              )}
            </Field>
          ))}
        </div>
        <label class="check">
          <input
            type="checkbox"
            name={deletesTasks}
            value="true"
            defaultChecked={policy.get(deletesTasks) === "true"}
          />
          {auditTexts.deletesTasks}
        </label>
        <div class="buttons start">
          <button type="submit">{auditTexts.count}</button>
        </div>
      </form>
      {policy.size > 0 && <Preview policy={String(policy)} />}
    </Card>
  );
}

/** Returns the policy of the URL as the API takes it in a body. */
function policyOf(query: string): Policy {
  return Object.fromEntries(
    Array.from(new URLSearchParams(query), ([name, value]) => [
      name,
      name === deletesTasks ? value === "true" : Number(value),
    ]),
  );
}

/** Counts once for each policy: the server reads whole tables for it. */
function Preview({ policy }: { readonly policy: string }) {
  const counts = useSignal<RetentionPreview | null>(null);
  const error = useSignal<unknown>(null);
  useEffect(() => {
    const stopped = new AbortController();
    counts.value = error.value = null;
    read<RetentionPreview>(`audit/preview?${policy}`, stopped.signal)
      .then((found) => counts.value = found)
      .catch((thrown) => {
        if (!stopped.signal.aborted) error.value = thrown;
      });
    return () => stopped.abort();
  }, [policy]);
  if (error.value !== null) return <Problem error={error.value} />;
  if (counts.value === null) return <p class="pad faint" role="status">{texts.loading}</p>;
  const { statusAudit, runsAudit, executionLog, tasks, operatorActions } = counts.value;
  const rows = rowsOf(counts.value);
  return (
    <dl class="facts" aria-label={auditTexts.wouldDelete}>
      <Fact title={auditTexts.statusRows}>{integer(statusAudit)}</Fact>
      <Fact title={auditTexts.runRows}>{integer(runsAudit)}</Fact>
      <Fact title={auditTexts.logRows}>{integer(executionLog)}</Fact>
      <Fact title={auditTexts.tasks}>{integer(tasks)}</Fact>
      <Fact title={auditTexts.actionRows}>{integer(operatorActions)}</Fact>
      {mayChangeStore() && rows > 0 && (
        <dd class="buttons start">
          <button type="button" class="danger" onClick={() => openPurge(policyOf(policy), rows)}>
            {actionTexts.purge.button}
          </button>
        </dd>
      )}
    </dl>
  );
}

// `evertask doctor`.

import { SchemaVersionError, StorageError } from "../../storage/errors.ts";
import type { Finding } from "../../storage/maintenance.ts";
import { messageOf } from "../../thrown/describe_error.ts";
import { storeFindings } from "../doctor/store_findings.ts";
import type { Call, Command } from "../frame/command.ts";
import { manyWords } from "../text/words.ts";

/** The faults that keep a store from being opened. */
const unusable = new Set([
  "schemaMissing",
  "schemaOlder",
  "schemaNewer",
  "encoding",
  "missingTable",
]);

async function findAll(call: Call): Promise<Finding[]> {
  const { values, host } = call;
  const findings: Finding[] = [];
  if (values.api === undefined) findings.push(...await (await call.maintenance()).diagnose());
  if (findings.some(({ kind }) => unusable.has(kind))) return findings;
  try {
    findings.push(...await storeFindings(await call.store(), () => host.clock.now()));
  } catch (error) {
    // The faults found in the database may be the reason for the error.
    if (findings.length === 0 || !(error instanceof StorageError)) throw error;
    if (!(error instanceof SchemaVersionError)) findings.push(unreadable(error));
  }
  return findings;
}

function unreadable(error: StorageError): Finding {
  return {
    kind: "unreadableStore",
    what: `What is in the store could not be read: ${messageOf(error)}`,
    why: "Processes of the application meet the same error.",
    remedy: "Remedy the other faults, and run evertask doctor again.",
  };
}

export const doctor: Command = {
  name: "doctor",
  summary: "Find faults of the database, its settings and its content",
  about:
    `Each fault is printed with its consequence and its remedy. The exit code is 1 if there is a
fault. The command reads all rows of the audit tables. With --api, it checks only the content of the
store.`,
  examples: ["doctor --storage sqlite:app.db", "doctor --json | jq .kind"],
  async run(call) {
    const { print } = call;
    const findings = await findAll(call);
    for (const finding of findings) {
      if (print.isJson) await print.json(finding);
      else {
        await print.text(finding.what, "yellow");
        await print.text(`  Why: ${finding.why}`);
        await print.text(`  Remedy: ${finding.remedy}`);
      }
    }
    await print.note(
      findings.length === 0 ? "Nothing was found." : `${manyWords(findings.length, "fault")}.`,
    );
    return findings.length === 0 ? 0 : 1;
  },
};

// Finds faults of a database's schema.

import type { Finding } from "../../src/storage/maintenance.ts";
import type { SchemaState } from "./schema_state.ts";
import { knownVersion } from "./script.ts";

/** Finds the faults of a schema. */
export function schemaFindings(
  { version, missing, outdated }: SchemaState,
  schema: string,
): Finding[] {
  if (version > knownVersion) {
    return [{
      kind: "schemaNewer",
      what: `The schema ${schema} has version ${version}, and this program knows ${knownVersion}.`,
      why: "Processes of this version cannot start on it.",
      remedy: "Update EverTask here.",
    }];
  }
  if (version < knownVersion) {
    return [{
      kind: version === 0 ? "schemaMissing" : "schemaOlder",
      what: version === 0
        ? `There is no schema ${schema} that this user sees.`
        : `The schema ${schema} has version ${version}, and this program needs ${knownVersion}.`,
      why: "Processes of this version cannot work on it.",
      remedy: "Run: evertask migrate",
    }];
  }
  const findings: Finding[] = [];
  if (missing.length > 0) {
    findings.push({
      kind: "missingFunction",
      what: `Procedures are missing, or this user may not see them: ${missing.join(", ")}.`,
      why: "Calls fail.",
      remedy: "Run: evertask migrate, or grant the user the rights on the schema.",
    });
  }
  const changed = outdated.filter((name) => !missing.includes(name));
  if (changed.length > 0) {
    findings.push({
      kind: "changedFunction",
      what: `Procedures have another text than those of this version: ${changed.join(", ")}.`,
      why: "They may not do what EverTask expects.",
      remedy: "Run: evertask migrate",
    });
  }
  return findings;
}

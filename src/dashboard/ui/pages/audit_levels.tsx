// What each audit level would write, as bars.

import type { Activity } from "../answers.ts";
import { auditLevels, rowsByLevel } from "../audit_levels.ts";
import { integer } from "../format.ts";
import { now } from "../now.ts";
import { Card } from "../parts/card.tsx";
import { Loaded } from "../parts/loaded.tsx";
import { useResource } from "../resource.ts";
import { auditTexts } from "../texts.ts";

const hourMs = 3_600_000;

/** A card with a bar for each level. */
export function AuditLevelsCard() {
  // Begins at a whole hour, so that the route changes only once an hour.
  const from = new Date(Math.floor(now.value / hourMs) * hourMs - 24 * hourMs).toISOString();
  const activity = useResource<Activity>(`activity?${new URLSearchParams({ step: "hour", from })}`);
  return (
    <Card title={auditTexts.levels} aside={auditTexts.lastDay}>
      <Loaded from={activity}>
        {({ items }) => {
          const rows = rowsByLevel(items);
          const most = Math.max(1, ...Object.values(rows));
          return (
            <div class="pad">
              <dl class="bars">
                {auditLevels.map((level) => (
                  <div key={level}>
                    <dt>{level}</dt>
                    <dd>
                      <svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
                        <rect width={100 * rows[level] / most} height="1" />
                      </svg>
                      <span>{auditTexts.about(integer(rows[level]))}</span>
                      <span class="faint">{auditTexts.keeps[level]}</span>
                    </dd>
                  </div>
                ))}
              </dl>
            </div>
          );
        }}
      </Loaded>
    </Card>
  );
}

// The start page, which shows whether and where something is wrong.

import { SpanPicker } from "../../parts/span_picker.tsx";
import { seesWholeStore } from "../../rights.ts";
import { activitySpans } from "../../spans.ts";
import { overviewTexts as texts } from "../../texts.ts";
import { QueuesCard } from "../queues.tsx";
import { WorkersCard } from "../workers.tsx";
import { Latency, Throughput } from "./charts.tsx";
import { FailureGroups } from "./failure_groups.tsx";
import { OwnFigures, StoreFigures } from "./figures.tsx";
import { Health } from "./health.tsx";

/** The page. */
export function OverviewPage() {
  if (!seesWholeStore()) {
    return (
      <>
        <OwnFigures />
        <p class="faint">{texts.partOfStore}</p>
      </>
    );
  }
  return (
    <>
      <div class="bar">
        <Health />
        <SpanPicker from={activitySpans} />
      </div>
      <StoreFigures />
      <div class="columns wide-first">
        <div>
          <Throughput />
          <QueuesCard />
        </div>
        <div>
          <FailureGroups />
          <WorkersCard />
        </div>
      </div>
      <Latency />
    </>
  );
}

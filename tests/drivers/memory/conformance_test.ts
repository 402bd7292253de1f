// The memory store keeps every promise of the storage contract.

import { registerConformance } from "../../support/conformance.ts";
import { memoryHarness } from "./harness.ts";

registerConformance(memoryHarness);

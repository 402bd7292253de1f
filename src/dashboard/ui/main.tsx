// The dashboard's page, as it starts in the browser.

/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import { render } from "preact";
import { App } from "./app.tsx";

render(<App />, document.getElementById("app")!);

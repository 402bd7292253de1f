// The entry point of the page in the browser.

/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import { render } from "preact";
import { App } from "./app.tsx";

render(<App />, document.getElementById("app")!);

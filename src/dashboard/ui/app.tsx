// The frame of all pages: navigation, title, search and the page itself.

import { useEffect } from "preact/hooks";
import { Dialogs, openDialog } from "./actions/dialogs.tsx";
import type { Me } from "./answers.ts";
import { ProblemError, send } from "./client.ts";
import { handleKeys } from "./keyboard.ts";
import { followEvents } from "./live.ts";
import { setClock, startClock } from "./now.ts";
import { KeyHelp } from "./parts/key_help.tsx";
import { LiveMark } from "./parts/live_mark.tsx";
import { Loaded } from "./parts/loaded.tsx";
import { Name, Text } from "./parts/text.tsx";
import { ActionsPage } from "./pages/actions.tsx";
import { AuditPage } from "./pages/audit.tsx";
import { FailuresPage } from "./pages/failures.tsx";
import { LimitsPage } from "./pages/limits.tsx";
import { OneSeriesPage } from "./pages/one_series.tsx";
import { OverviewPage } from "./pages/overview/overview.tsx";
import { QueuesPage } from "./pages/queues.tsx";
import { SeriesPage } from "./pages/series.tsx";
import { SignInPage } from "./pages/sign_in.tsx";
import { TaskPage } from "./pages/task.tsx";
import { TasksPage } from "./pages/tasks.tsx";
import { WorkersPage } from "./pages/workers.tsx";
import { useResource } from "./resource.ts";
import { maySeePage, me as rights } from "./rights.ts";
import { followLinks, go, pageUrl, pathParts } from "./router.ts";
import { pageNames, texts } from "./texts.ts";

followLinks();
startClock();

/** The whole dashboard. */
export function App() {
  const me = useResource<Me>("me", { changesWith: () => false });
  const isSignedIn = me.data !== null && !(me.error instanceof ProblemError);
  const mustSignIn = me.error instanceof ProblemError && me.error.status === 401;
  const title = titleOf(pathParts.value[0]!);
  useEffect(() => {
    rights.value = me.data;
    if (me.data !== null) setClock(me.data.now);
  }, [me.data]);
  useEffect(() => handleKeys(() => openDialog(<KeyHelp />)), []);
  useEffect(() => isSignedIn ? followEvents() : undefined, [isSignedIn]);
  useEffect(() => {
    document.title = `${title} · EverTask`;
  }, [title]);
  if (mustSignIn) return <SignInPage />;
  return (
    <>
      <a class="skip" href="#content">{texts.skipToContent}</a>
      <Navigation me={me.data} />
      <div class="main">
        <header class="top">
          <Title />
          <Search />
          <LiveMark />
        </header>
        <main id="content" tabIndex={-1}>
          <Loaded from={me}>{() => <Page />}</Loaded>
        </main>
      </div>
      <Dialogs />
    </>
  );
}

function Page() {
  const [name = "", id] = pathParts.value;
  if (name === "tasks" && id !== undefined) return <TaskPage id={id} />;
  if (name === "series" && id !== undefined) return <OneSeriesPage id={id} />;
  if (name === "") return <OverviewPage />;
  if (name === "tasks") return <TasksPage />;
  if (name === "series") return <SeriesPage />;
  if (name === "queues") return <QueuesPage />;
  if (name === "workers") return <WorkersPage />;
  if (name === "failures") return <FailuresPage />;
  if (name === "limits") return <LimitsPage />;
  if (name === "audit") return <AuditPage />;
  if (name === "actions") return <ActionsPage />;
  return <p class="pad">{texts.notFound}</p>;
}

function Title() {
  const [name = "", id] = pathParts.value;
  const title = titleOf(name);
  if (id === undefined) return <h1>{title}</h1>;
  return (
    <h1>
      <a class="faint" href={pageUrl(name)}>{title}</a> /{" "}
      <span class="mono">
        <Name>{id}</Name>
      </span>
    </h1>
  );
}

function titleOf(name: string): string {
  return Object.hasOwn(pageNames, name)
    ? pageNames[name as keyof typeof pageNames]
    : texts.notFound;
}

/** The user of an API without `authorize`, who has not signed in. */
const localUser = "local";

function Navigation({ me }: { readonly me: Me | null }) {
  const [current] = pathParts.value;
  const signOut = async () => {
    await send("DELETE", "session", undefined);
    location.reload();
  };
  return (
    <nav class="side" aria-label={texts.pages}>
      <p class="brand">
        <svg viewBox="0 0 20 20" aria-hidden="true">
          <rect width="20" height="20" rx="5" />
          <path d="M5.5 10.5 9 13.5 14.5 6.5" />
        </svg>
        EverTask
      </p>
      <ul>
        {Object.entries(pageNames).filter(([name]) => maySeePage(name)).map(([name, title]) => (
          <li key={name}>
            <a href={pageUrl(name)} aria-current={name === current ? "page" : undefined}>{title}</a>
          </li>
        ))}
      </ul>
      {me !== null && (
        <p class="user faint">
          <Text>{texts.signedInAs(me.user)}</Text>
          {me.user !== localUser && (
            <button type="button" class="plain" onClick={signOut}>{texts.signOut}</button>
          )}
        </p>
      )}
    </nav>
  );
}

const idPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function Search() {
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const text = String(new FormData(form).get("text")).trim();
    if (text === "") return;
    form.reset();
    go(
      idPattern.test(text)
        ? pageUrl(`tasks/${text.toLowerCase()}`)
        : pageUrl("tasks", { key: text }),
    );
  };
  return (
    <form class="search" role="search" onSubmit={onSubmit}>
      <input name="text" type="search" placeholder={texts.searchFor} aria-label={texts.searchFor} />
      <kbd aria-hidden="true">/</kbd>
    </form>
  );
}

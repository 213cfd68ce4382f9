import { lazy, Suspense } from "preact/compat";
import { InboxPage } from "./inbox/InboxPage";
import { Help } from "./keyboard/Help";
import { may, useSession } from "./session/context";
import { ConnectionLine } from "./ui/ConnectionLine";
import { place } from "./ui/router";
import { useStore } from "./ui/store";
import { TopBar } from "./ui/TopBar";

// Most people only ever review: the other pages, and the charts, are fetched when they are opened.
const AnalysisPage = lazy(() => import("./analysis/AnalysisPage"));
const OperationsPage = lazy(() => import("./operations/OperationsPage"));

export function App() {
  const { me } = useSession();
  const { page } = useStore(place);
  return (
    <div class="app">
      <button class="skip button" type="button" onClick={skip}>
        Skip to the page
      </button>
      <TopBar />
      <ConnectionLine />
      <Suspense fallback={<p class="loading">Opening …</p>}>
        {page === "analysis" && may.analyse(me) ? (
          <AnalysisPage />
        ) : page === "operations" && may.operate(me) ? (
          <OperationsPage />
        ) : (
          <InboxPage />
        )}
      </Suspense>
      <Help />
    </div>
  );
}

function skip(): void {
  document.querySelector<HTMLElement>("main")?.focus();
}

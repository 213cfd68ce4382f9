// For who runs a workspace: what waits, what is due, what happens, and who there is.
import { useEffect } from "preact/hooks";
import "../analysis/analysis.css";
import { Feed } from "./Feed";
import { Keys } from "./Keys";
import { Deadlines, Waiting } from "./Waiting";
import "./operations.css";
import { Directory } from "./Directory";
import { usePending } from "./usePending";

export default function OperationsPage() {
  const { data, error } = usePending();
  useEffect(() => {
    document.title = "Operations · Signoff";
  }, []);
  return (
    <main id="main" class="page" tabIndex={-1}>
      <h1>Operations</h1>
      {error && (
        <p class="notice bad" role="alert">
          {error.graphQLErrors[0]?.message ?? "Signoff is not in reach; trying again."}
        </p>
      )}
      <div class="operations">
        <div class="column">
          {data && <Waiting data={data} />}
          {data && <Deadlines data={data} />}
        </div>
        <div class="column">
          <Feed />
        </div>
      </div>
      <Directory />
      <Keys />
    </main>
  );
}

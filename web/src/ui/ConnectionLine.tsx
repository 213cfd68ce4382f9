// Says when the line to the service is cut; what was missed meanwhile comes once it is back.
import { connection } from "../api/client";
import { useStore } from "./store";

export function ConnectionLine() {
  const state = useStore(connection);
  return (
    <div role="status" class="connection">
      {state === "cut" && (
        <p>
          <span class="pulse" aria-hidden="true" />
          Reconnecting … You will miss nothing.
        </p>
      )}
    </div>
  );
}

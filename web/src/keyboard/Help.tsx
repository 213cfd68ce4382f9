// The keys, on ?.
import { useEffect, useRef } from "preact/hooks";
import { makeStore, useStore } from "../ui/store";
import { useKeys } from "./keys";

/** How often the keys were asked for by a button. */
const asked = makeStore(0);

export const showKeys = () => asked.set(asked.get() + 1);

const KEYS = [
  ["j / k", "Next and previous task"],
  ["Enter", "Open the task"],
  ["a", "Approve: then Enter sends"],
  ["r", "Reject: then say why"],
  ["1 – 5", "Rate"],
  ["Ctrl + Enter", "Send, from any field"],
  ["c", "Claim, or release"],
  ["x", "Select for one decision on several"],
  ["Esc", "Leave a field; close the task"],
  ["?", "These keys"],
] as const;

export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  useKeys({ "?": () => dialog.current?.showModal() });
  const times = useStore(asked);
  useEffect(() => {
    if (times) dialog.current?.showModal();
  }, [times]);
  return (
    <dialog ref={dialog} class="card" aria-labelledby="help-title">
      <h2 id="help-title">By keyboard</h2>
      <dl class="keys">
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button class="button primary" type="submit">
          Close
        </button>
      </form>
    </dialog>
  );
}

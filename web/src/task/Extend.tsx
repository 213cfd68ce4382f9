// More time for the current level.
import { useState } from "preact/hooks";
import type { Act } from "./Actions";
import { ExtendDeadline } from "./documents";

const SPANS = [
  ["PT15M", "15 minutes"],
  ["PT1H", "1 hour"],
  ["PT4H", "4 hours"],
  ["P1D", "1 day"],
  ["P3D", "3 days"],
] as const;

export function Extend({ id, act }: { id: string; act: Act }) {
  const [by, setBy] = useState<string>(SPANS[1][0]);
  const [reason, setReason] = useState("");
  const submit = (event: Event) => {
    event.preventDefault();
    void act(ExtendDeadline, { id, by, reason: reason.trim() || null }, "There is more time now");
  };
  return (
    <form class="fields" onSubmit={submit} aria-label="More time">
      <label class="field">
        <span class="label">How much more</span>
        <select name="by" value={by} onChange={(event) => setBy(event.currentTarget.value)}>
          {SPANS.map(([value, title]) => (
            <option key={value} value={value}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span class="label">
          Reason <span class="optional">(may be left out)</span>
        </span>
        <input value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
      </label>
      <button class="button primary" type="submit">
        Give it more time
      </button>
    </form>
  );
}

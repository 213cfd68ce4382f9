// Others are asked instead. Only an ADMIN may read the directory; everybody else types whom they know.
import { useQuery } from "@urql/preact";
import { useId, useState } from "preact/hooks";
import { may, useSession } from "../session/context";
import type { Act } from "./Actions";
import { Directory, ReassignTask } from "./documents";

export function HandOver({ id, act }: { id: string; act: Act }) {
  const { me } = useSession();
  const [{ data }] = useQuery({ query: Directory, pause: !may.operate(me) });
  const [kind, setKind] = useState<"reviewer" | "group">("reviewer");
  const [name, setName] = useState("");
  const [reason, setReason] = useState("");
  const known = useId();
  const names = kind === "reviewer" ? data?.reviewers.map((r) => r.id) : data?.groups.map((g) => g.name);
  const submit = (event: Event) => {
    event.preventDefault();
    const assignee = kind === "reviewer" ? { reviewer: name.trim() } : { group: name.trim() };
    void act(
      ReassignTask,
      { id, assignees: [assignee], reason: reason.trim() || null },
      `Handed over to ${name.trim()}`,
    );
  };
  return (
    <form class="fields" onSubmit={submit} aria-label="Hand over">
      <fieldset class="options">
        <legend class="unseen">To whom</legend>
        {(["reviewer", "group"] as const).map((each) => (
          <label key={each} class="option">
            <input type="radio" name="kind" checked={kind === each} onChange={() => setKind(each)} />
            {each === "reviewer" ? "A reviewer" : "A group"}
          </label>
        ))}
      </fieldset>
      <label class="field">
        <span class="label">{kind === "reviewer" ? "Reviewer" : "Group"}</span>
        <input
          name="assignee"
          required
          list={known}
          autocomplete="off"
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
        <datalist id={known}>
          {names?.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      </label>
      <label class="field">
        <span class="label">
          Reason <span class="optional">(may be left out)</span>
        </span>
        <input value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
      </label>
      <button class="button primary" type="submit">
        Hand over
      </button>
    </form>
  );
}

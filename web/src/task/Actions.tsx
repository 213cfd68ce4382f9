// What can be done with a task besides answering it: take it for a while, hand it over, give it more time.
import type { TypedDocumentNode } from "@urql/core";
import { useState } from "preact/hooks";
import type { Said } from "../answer/words";
import { serverNow } from "../api/clock";
import type { TaskOutcome, WholeTask } from "../api/documents";
import { useKeys } from "../keyboard/keys";
import { may, useSession } from "../session/context";
import { Notice } from "../ui/Notice";
import { moment } from "../ui/time";
import { ClaimTask, ReleaseTask } from "./documents";
import { Extend } from "./Extend";
import { HandOver } from "./HandOver";
import { saidOf } from "./outcome";

export type Act = <Variables extends object>(
  mutation: TypedDocumentNode<{ result: TaskOutcome }, Variables>,
  variables: Variables,
  done: string,
) => Promise<void>;

interface ActionsProps {
  task: WholeTask;
  take: (task: WholeTask) => void;
  answerable: boolean;
}

export function Actions({ task, take, answerable }: ActionsProps) {
  const { client, me } = useSession();
  const [outcome, setOutcome] = useState<Said | null>(null);
  const [form, setForm] = useState<"hand" | "extend" | null>(null);
  const mine = task.assignments.find((a) => a.claimedBy === me.id);

  const act: Act = async (mutation, variables, done) => {
    const { data } = await client.mutation(mutation, variables).toPromise();
    const result = data?.result;
    setOutcome(saidOf(result, done, me.id, serverNow()));
    if (result && "task" in result) take(result.task);
    if (result?.__typename === "TaskSuccess") setForm(null);
  };
  const toggleClaim = () =>
    mine
      ? act(ReleaseTask, { id: task.id }, "Given back: the others may answer again")
      : act(ClaimTask, { id: task.id }, "It is yours: nobody else may answer it now");
  useKeys({ c: () => answerable && toggleClaim() });

  if (task.status !== "PENDING" || !(answerable || may.operate(me)))
    return outcome && <Notice {...outcome} />;
  return (
    <section class="card" aria-label="More to do">
      {outcome && <Notice {...outcome} />}
      {mine?.claimExpiresAt && <p class="hint">Yours until {moment(mine.claimExpiresAt, serverNow())}.</p>}
      <div class="buttons">
        {answerable && (
          <button class="button" type="button" onClick={toggleClaim}>
            {mine ? "Release" : "Claim"} <kbd>c</kbd>
          </button>
        )}
        <button
          class="button"
          type="button"
          aria-expanded={form === "hand"}
          onClick={() => setForm(form === "hand" ? null : "hand")}
        >
          Hand over
        </button>
        <button
          class="button"
          type="button"
          aria-expanded={form === "extend"}
          onClick={() => setForm(form === "extend" ? null : "extend")}
        >
          More time
        </button>
      </div>
      {form === "hand" && <HandOver id={task.id} act={act} />}
      {form === "extend" && <Extend id={task.id} act={act} />}
    </section>
  );
}

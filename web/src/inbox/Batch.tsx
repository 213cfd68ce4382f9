// One decision on several tasks; each is answered or refused on its own, and says so.
import { useRef, useState } from "preact/hooks";
import { type Decision, missing } from "../answer/draft";
import { type Said, said } from "../answer/words";
import { serverNow } from "../api/clock";
import { useSession } from "../session/context";
import { Notice } from "../ui/Notice";
import { counted } from "../ui/names";
import { taskHref } from "../ui/place";
import { AnswerTasks } from "./documents";
import type { Inbox } from "./inbox";

interface BatchProps {
  ids: readonly string[];
  inbox: Inbox;
  onDone: () => void;
}

interface Result {
  id: string;
  prompt: string;
  said: Said | null;
}

export function Batch({ ids, inbox, onDone }: BatchProps) {
  const { client, me } = useSession();
  const dialog = useRef<HTMLDialogElement>(null);
  const [decision, setDecision] = useState<Decision>("APPROVE");
  const [comment, setComment] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [results, setResults] = useState<readonly Result[] | null>(null);
  // What was chosen when the dialog opened: the choice shrinks as answered tasks leave the inbox.
  const [asked, setAsked] = useState<readonly { id: string; prompt: string; version: number }[]>([]);

  const open = (chosen: Decision) => {
    setDecision(chosen);
    setResults(null);
    setProblem(null);
    setAsked(ids.flatMap((id) => inbox.entries.get(id)?.task ?? []));
    dialog.current?.showModal();
  };
  const send = async (event: Event) => {
    event.preventDefault();
    const wrong = missing({ decision, comment });
    setProblem(wrong?.message ?? null);
    if (wrong) return;
    const shared = { decision, comment: comment.trim() || null };
    const inputs = asked.map(({ id, version }) => ({ taskId: id, version, ...shared }));
    const { data } = await client.mutation(AnswerTasks, { inputs }).toPromise();
    if (!data) {
      setProblem(
        "Signoff is not in reach. Nothing you typed is lost; send again: an answer never counts twice.",
      );
      return;
    }
    const now = serverNow();
    setResults(
      asked.map(({ id, prompt }, n) => {
        const result = data.answerTasks[n];
        return { id, prompt, said: result ? said(result, decision, me.id, now) : null };
      }),
    );
  };
  const close = () => {
    if (results) onDone();
  };

  return (
    <div class="batch" role="toolbar" aria-label="Selected tasks">
      <span>{counted(ids.length, "task")} selected</span>
      <button class="button primary" type="button" onClick={() => open("APPROVE")}>
        Approve
      </button>
      <button class="button danger" type="button" onClick={() => open("REJECT")}>
        Reject
      </button>
      <button class="button quiet" type="button" onClick={onDone}>
        Clear
      </button>
      <dialog ref={dialog} class="card" aria-labelledby="batch-title" onClose={close}>
        <h2 id="batch-title">
          {decision === "APPROVE" ? "Approve" : "Reject"} {counted(asked.length, "task")}
        </h2>
        {results ? (
          <ul class="results">
            {results.map((result) => (
              <li key={result.id}>
                <a href={taskHref(result.id)} onClick={() => dialog.current?.close()}>
                  {result.prompt}
                </a>
                {result.said && <Notice {...result.said} />}
              </li>
            ))}
          </ul>
        ) : (
          <form onSubmit={send} noValidate>
            <label class="field">
              <span class="label">{decision === "REJECT" ? "Why not?" : "Comment, the same for each"}</span>
              <textarea
                rows={3}
                value={comment}
                aria-invalid={problem !== null}
                onInput={(event) => setComment(event.currentTarget.value)}
              />
            </label>
            {problem && (
              <p class="problem" role="alert">
                {problem}
              </p>
            )}
            <button
              class={decision === "REJECT" ? "button danger wide" : "button primary wide"}
              type="submit"
            >
              Send {counted(asked.length, "answer")}
            </button>
          </form>
        )}
        <form method="dialog">
          <button class="button quiet wide" type="submit">
            {results ? "Close" : "Not yet"}
          </button>
        </form>
      </dialog>
    </div>
  );
}

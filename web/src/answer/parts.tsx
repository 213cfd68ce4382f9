// The parts of the answer's form that every task has.
import { messagesAt, type Problem } from "../form/problems";
import type { Decision } from "./draft";

interface DecisionChoiceProps {
  decision: Decision | null;
  onChange: (decision: Decision) => void;
}

export function DecisionChoice({ decision, onChange }: DecisionChoiceProps) {
  return (
    <fieldset class="decision">
      <legend class="unseen">Decision</legend>
      <label class="choice approve">
        <input
          type="radio"
          name="decision"
          checked={decision === "APPROVE"}
          onChange={() => onChange("APPROVE")}
        />
        <span>
          Approve <kbd>a</kbd>
        </span>
      </label>
      <label class="choice reject">
        <input
          type="radio"
          name="decision"
          checked={decision === "REJECT"}
          onChange={() => onChange("REJECT")}
        />
        <span>
          Reject <kbd>r</kbd>
        </span>
      </label>
    </fieldset>
  );
}

interface CommentProps {
  decision: Decision | null;
  value: string;
  onChange: (value: string) => void;
  problems: readonly Problem[];
}

export function Comment({ decision, value, onChange, problems }: CommentProps) {
  const messages = messagesAt(problems, "/comment");
  return (
    <div class="field" data-path="/comment">
      <label class="label" for="comment">
        {decision === "REJECT" ? "Why not?" : "Comment"}
        {decision !== "REJECT" && <span class="optional"> (may be left out)</span>}
      </label>
      <textarea
        id="comment"
        name="/comment"
        rows={3}
        value={value}
        aria-invalid={messages.length > 0}
        aria-describedby="comment-problem"
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      <span id="comment-problem" class="problem">
        {messages.join("; ")}
      </span>
    </div>
  );
}

/** What is wrong and has no field of its own. */
export function Elsewhere({ problems }: { problems: readonly Problem[] }) {
  return problems.map(({ path, message }) => (
    <p key={path + message} class="problem">
      {path.replace(/^\/input/, "") || "The answer"}: {message}
    </p>
  ));
}

export function Send({ decision, sending }: { decision: Decision | null; sending: boolean }) {
  const words = { APPROVE: "Send: approve", REJECT: "Send: reject" };
  return (
    <button
      class={decision === "REJECT" ? "button danger wide" : "button primary wide"}
      type="submit"
      disabled={!decision || sending}
    >
      {sending ? "Sending …" : decision ? words[decision] : "Choose first"}
    </button>
  );
}

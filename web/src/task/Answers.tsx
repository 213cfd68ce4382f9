// What reviewers said so far, and how many more must approve.
import { now as clock } from "../api/clock";
import type { WholeTask } from "../api/documents";
import { counted } from "../ui/names";
import { useStore } from "../ui/store";
import { ago } from "../ui/time";

const RULES = {
  ANY: "One answer decides.",
  ALL: "Everybody asked must approve; one rejection rejects.",
  AT_LEAST: "So many different people must approve.",
} as const;

export function Answers({ task }: { task: WholeTask }) {
  const now = useStore(clock);
  const { rule, required, approvals, rejections } = task.approval;
  const ratings = new Map(task.feedback.map((feedback) => [feedback.reviewer, feedback]));
  const only = rule === "ANY" && !task.answers.length;
  return (
    <section class="card" aria-labelledby="answers-title">
      <h2 id="answers-title">Answers</h2>
      {only ? (
        <p class="hint">Nobody has answered. {RULES.ANY}</p>
      ) : (
        <p class="hint">
          {approvals} of {counted(required, "approval")}
          {rejections > 0 && `, ${counted(rejections, "rejection")}`}. {RULES[rule]}
        </p>
      )}
      <ul class="answers">
        {task.answers.map((answer) => {
          const feedback = ratings.get(answer.reviewer);
          return (
            <li key={answer.reviewer}>
              <p>
                <strong>{answer.reviewer}</strong>
                {answer.onBehalfOf && ` for ${answer.onBehalfOf}`}{" "}
                <span class={answer.decision === "APPROVE" ? "badge approved" : "badge rejected"}>
                  {answer.decision === "APPROVE" ? "approved" : "rejected"}
                </span>{" "}
                <span class="hint">{ago(answer.answeredAt, now)}</span>
              </p>
              {answer.comment && <p class="said">{answer.comment}</p>}
              {answer.input !== null && <pre class="small">{JSON.stringify(answer.input, null, 2)}</pre>}
              {feedback && <Given rating={feedback.rating} scores={feedback.scores} />}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Given({ rating, scores }: { rating: number | null; scores: { name: string; value: number }[] }) {
  return (
    <p class="hint">
      {rating !== null && (
        <span role="img" aria-label={`${rating} of 5`}>
          {"★".repeat(rating)}
          {"☆".repeat(5 - rating)}
        </span>
      )}
      {scores.map(({ name, value }) => ` ${name} ${value}`).join(",")}
    </p>
  );
}

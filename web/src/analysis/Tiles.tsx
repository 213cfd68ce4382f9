// The figures that one looks for first. A rate, always the API's own, stands beside the counts that it is made of.
import { seconds } from "../ui/time";
import type { Figures } from "./documents";

export function Tiles({ total }: { total: Figures }) {
  const of = (part: number, all: number) => `${part.toLocaleString()} of ${all.toLocaleString()}`;
  const percent = (rate: number | null) => (rate === null ? "–" : `${(rate * 100).toFixed(1)} %`);
  const tiles = [
    ["Tasks", total.tasks.toLocaleString(), `${total.pending.toLocaleString()} pending`],
    ["Mean rating", total.meanRating?.toFixed(2) ?? "–", `${total.ratings.toLocaleString()} ratings`],
    [
      "Approval rate",
      percent(total.approvalRate),
      `${total.approved.toLocaleString()} approved, ${total.rejected.toLocaleString()} rejected by humans`,
    ],
    [
      "Expiry rate",
      percent(total.expiryRate),
      `${of(total.expired, total.approved + total.rejected + total.expired)} ended tasks nobody decided in time`,
    ],
    [
      "Escalation rate",
      percent(total.escalationRate),
      `${of(total.escalated, total.tasks)} tasks escalated, at least once`,
    ],
    [
      "Half answered within",
      seconds(total.answerSecondsP50),
      `90 % within ${seconds(total.answerSecondsP90)}, 99 % within ${seconds(total.answerSecondsP99)}`,
    ],
  ] as const;
  return (
    <dl class="tiles">
      {tiles.map(([title, figure, more]) => (
        <div key={title} class="card">
          <dt>{title}</dt>
          <dd>
            <strong>{figure}</strong>
            <span class="hint">{more}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

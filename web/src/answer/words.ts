// What is said when an answer was not taken: who was first, what they decided and when.
import type { AnswerOutcome, TaskLine, WholeTask } from "../api/documents";
import { ended } from "../inbox/gone";
import { ago } from "../ui/time";
import type { Decision } from "./draft";

export interface Said {
  tone: "good" | "calm" | "bad";
  title: string;
  more: string | null;
}

export const NOT_SENT: Said = {
  tone: "bad",
  title: "It is not known whether your answer arrived",
  more: "Signoff is not in reach. What you typed is kept; send it again: an answer never counts twice.",
};

/** What is read of an outcome: the same for one answer and for several. */
export interface Told {
  __typename: AnswerOutcome["__typename"];
  message?: string;
  task?: { approval: WholeTask["approval"]; resolution: TaskLine["resolution"] };
}

export function said(
  { __typename, message = "", task }: Told,
  decision: Decision,
  me: string,
  now: number,
): Said {
  switch (__typename) {
    case "AnswerTaskSuccess":
      return taken(task, decision);
    case "AlreadyResolved":
      return beaten(task?.resolution ?? null, me, now);
    case "AlreadyAnswered":
      return { tone: "calm", title: "You have answered this already", more: "Your first answer stands." };
    case "StaleVersion":
      return {
        tone: "calm",
        title: "The task changed while you were writing",
        more: "It is shown as it stands now. Look again, and send your answer if it still holds.",
      };
    case "ClaimedByAnother":
      return { tone: "calm", title: "Somebody is at it just now", more: message };
    case "InvalidInput":
      return { tone: "bad", title: "Something is missing or does not fit", more: "It is marked below." };
    case "NotAllowed":
    case "NotFound":
      return { tone: "bad", title: "This is not yours to answer", more: message };
  }
}

function taken(task: Told["task"], decision: Decision): Said {
  const title = decision === "REJECT" ? "You rejected it" : "You approved it";
  const left = (task?.approval.required ?? 0) - (task?.approval.approvals ?? 0);
  const waits = left === 1 ? "One more approval is needed." : `${left} more approvals are needed.`;
  return { tone: "good", title, more: task?.resolution ? "The workflow goes on with your answer." : waits };
}

function beaten(resolution: TaskLine["resolution"], me: string, now: number): Said {
  if (!resolution) return { tone: "calm", title: "This is decided already", more: null };
  const comment = resolution.by === "REVIEWER" && resolution.comment ? `“${resolution.comment}” ` : "";
  return {
    tone: "calm",
    title: `${ended(resolution, me)}, ${ago(resolution.at, now)}`,
    more: `${comment}Your answer is not needed any more; nothing of it was used.`,
  };
}

/** While the reader was at it, it stopped waiting for them; `kept` says whether what they typed is still there. */
export function overtaken(task: WholeTask, me: string, kept: boolean): Said {
  const own = task.answers.some((answer) => answer.reviewer === me);
  if (own) return { tone: "good", title: "You have answered this", more: null };
  const more = kept ? "What you typed is kept below." : null;
  if (task.resolution) return { tone: "calm", title: ended(task.resolution, me), more };
  const holder = task.assignments.find((a) => a.claimedBy && a.claimedBy !== me)?.claimedBy;
  const title = holder ? `${holder} is at it just now` : "This no longer waits for you";
  return { tone: "calm", title, more };
}

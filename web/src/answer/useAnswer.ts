// An answer in the making: its draft, what is wrong with it, and what became of it when it was sent.
import { useCallback, useState } from "preact/hooks";
import { serverNow } from "../api/clock";
import type { WholeTask } from "../api/documents";
import type { VariablesOf } from "../api/graphql";
import { atField, type Problem } from "../form/problems";
import { initial, isObject, whole } from "../form/schema";
import { useSession } from "../session/context";
import { AnswerTask } from "../task/documents";
import { BLANK, type Draft, dropDraft, keepDraft, missing, readDraft, touched } from "./draft";
import { NOT_SENT, type Said, said } from "./words";

type AnswerInput = VariablesOf<typeof AnswerTask>["input"];

export interface Answering {
  draft: Draft;
  problems: readonly Problem[];
  outcome: Said | null;
  sending: boolean;
  /** Whether there is anything in the draft that the reader typed. */
  typed: boolean;
  change(part: Partial<Draft>): void;
  send(): Promise<void>;
}

export function useAnswer(task: WholeTask, take: (task: WholeTask) => void): Answering {
  const { client, me } = useSession();
  const whose = `${me.workspace}/${me.id}`;
  const [draft, setDraft] = useState(() => readDraft(whose, task.id) ?? begun(task));
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  const [outcome, setOutcome] = useState<Said | null>(null);
  const [sending, setSending] = useState(false);

  const change = useCallback(
    (part: Partial<Draft>) =>
      setDraft((before) => {
        const next = { ...before, ...part };
        keepDraft(whose, task.id, next);
        return next;
      }),
    [whose, task.id],
  );

  async function send(): Promise<void> {
    const wrong = missing(draft);
    if (!draft.decision || sending) return;
    setProblems(wrong ? [wrong] : []);
    setOutcome(null);
    if (wrong) return;
    setSending(true);
    const { data } = await client.mutation(AnswerTask, { input: inputOf(task, draft) }).toPromise();
    setSending(false);
    const result = data?.answerTask;
    if (!result) {
      setOutcome(NOT_SENT);
      return;
    }
    setOutcome(said(result, draft.decision, me.id, serverNow()));
    if (result.__typename === "InvalidInput") setProblems(result.problems.map(atField));
    if (result.__typename === "AnswerTaskSuccess") dropDraft(whose, task.id);
    if ("task" in result) take(result.task);
  }

  return { draft, problems, outcome, sending, typed: touched(draft, begun(task)), change, send };
}

function begun(task: WholeTask): Draft {
  const schema = task.answerSchema;
  return isObject(schema) ? { ...BLANK, input: initial(schema, schema) } : BLANK;
}

export function inputOf(task: WholeTask, draft: Draft): AnswerInput {
  const schema = task.answerSchema;
  const scores = Object.entries(draft.scores).filter(([, value]) => value.trim() !== "");
  return {
    taskId: task.id,
    decision: draft.decision ?? "APPROVE",
    comment: draft.comment.trim() || null,
    rating: draft.rating,
    scores: scores.map(([name, value]) => ({ name, value: Number(value) })),
    input: (isObject(schema) ? whole(schema, schema, draft.input) : draft.input) ?? null,
    version: task.version,
  };
}

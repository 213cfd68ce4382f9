// The reviewer's answer: what they decide, what the workflow asks them for, why, and how good it was.
import { useEffect, useRef, useState } from "preact/hooks";
import type { WholeTask } from "../api/documents";
import { Field } from "../form/Field";
import { elsewhere, messagesAt } from "../form/problems";
import { isObject } from "../form/schema";
import { useKeys } from "../keyboard/keys";
import { useSession } from "../session/context";
import { Notice } from "../ui/Notice";
import type { Decision } from "./draft";
import { Comment, DecisionChoice, Elsewhere, Send } from "./parts";
import { Scores } from "./Scores";
import { Stars } from "./Stars";
import { useAnswer } from "./useAnswer";
import { overtaken } from "./words";

interface AnswerFormProps {
  task: WholeTask;
  take: (task: WholeTask) => void;
  /** A decision that was asked for by a key before the form was there. */
  asked: Decision | null;
  /** Whether it still waits for the reader; what they typed is shown even where it does not. */
  answerable: boolean;
  onNext: () => void;
}

export function AnswerForm({ task, take, asked, answerable, onNext }: AnswerFormProps) {
  const { me } = useSession();
  const { draft, problems, outcome, sending, typed, change, send } = useAnswer(task, take);
  const done = outcome?.tone === "good";
  // What is wrong with an answer does not matter any more once somebody else has given theirs.
  const notice =
    !answerable && outcome?.tone !== "good" && outcome?.tone !== "calm"
      ? overtaken(task, me.id, typed)
      : outcome;
  const next = useRef<HTMLButtonElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const [tried, setTried] = useState(0);
  const schema = isObject(task.answerSchema) ? task.answerSchema : null;

  const choose = (decision: Decision) => {
    change({ decision });
    // After the drawing: the button that sends, or on a rejection the reason, is where one goes on.
    requestAnimationFrame(() => {
      const reason = form.current?.querySelector<HTMLElement>("[name='/comment']");
      const firstEmpty = form.current?.querySelector<HTMLElement>(
        "[data-path^='/input'] :is(input, select, textarea)",
      );
      const submit = form.current?.querySelector<HTMLElement>("button[type=submit]");
      (decision === "REJECT" && !draft.comment ? reason : schema && !tried ? firstEmpty : submit)?.focus();
    });
  };
  useKeys({
    a: () => answerable && choose("APPROVE"),
    r: () => answerable && choose("REJECT"),
    ...Object.fromEntries(
      [1, 2, 3, 4, 5].map((rating) => [String(rating), () => answerable && change({ rating })]),
    ),
  });
  useEffect(() => {
    if (asked) choose(asked);
  }, [asked]);
  useEffect(() => {
    // What is wrong is shown where it is: the first of it gets the focus.
    if (tried) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [problems, tried]);

  useEffect(() => {
    if (done) next.current?.focus();
  }, [done]);

  const submit = async (event?: Event) => {
    event?.preventDefault();
    // What an input cannot read as it was meant is never sent; the input itself says so.
    if (![...(form.current?.elements ?? [])].some(isUnread)) await send();
    setTried((n) => n + 1);
  };
  const paths = new Set(shownPaths(form.current));
  return (
    <section class="card answer" aria-labelledby="answer-title">
      <h2 id="answer-title">Your answer</h2>
      {notice && <Notice {...notice} />}
      {!answerable && (
        <button ref={next} class={done ? "button primary" : "button"} type="button" onClick={onNext}>
          Next task <kbd>j</kbd>
        </button>
      )}
      <form
        hidden={done || (!answerable && !typed)}
        inert={!answerable}
        ref={form}
        noValidate
        onSubmit={submit}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void submit(event);
        }}
      >
        <DecisionChoice decision={draft.decision} onChange={choose} />
        {schema && (
          <Field
            schema={schema}
            root={schema}
            path="/input"
            name={null}
            required
            value={draft.input}
            onChange={(input) => change({ input })}
            problems={problems}
          />
        )}
        <Comment
          decision={draft.decision}
          value={draft.comment}
          onChange={(comment) => change({ comment })}
          problems={problems}
        />
        <Stars
          value={draft.rating}
          required={task.feedbackAsked.ratingRequired}
          onChange={(rating) => change({ rating })}
          problem={messagesAt(problems, "/rating")[0] ?? null}
        />
        <Scores
          asked={task.feedbackAsked.scores}
          scores={draft.scores}
          onChange={(scores) => change({ scores })}
          problems={problems}
        />
        <Elsewhere problems={elsewhere(problems, paths).filter(({ path }) => !path.startsWith("/scores/"))} />
        <Send decision={draft.decision} sending={sending} />
      </form>
    </section>
  );
}

function isUnread(element: Element): boolean {
  return "validity" in element && (element as HTMLInputElement).validity.customError;
}

function shownPaths(form: HTMLFormElement | null): string[] {
  return [...(form?.querySelectorAll<HTMLElement>("[data-path]") ?? [])].map(
    (each) => each.dataset.path ?? "",
  );
}

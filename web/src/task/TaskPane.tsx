// A task, whole: what is asked, what there is to know, the reader's answer, what others said, what happened and will.
import { useEffect, useRef } from "preact/hooks";
import { AnswerForm } from "../answer/AnswerForm";
import type { Decision } from "../answer/draft";
import { concerns } from "../inbox/inbox";
import { useSession } from "../session/context";
import { Markdown } from "../ui/Markdown";
import { Actions } from "./Actions";
import { Answers } from "./Answers";
import { Context } from "./Context";
import { Header } from "./Header";
import { Timeline } from "./Timeline";
import { useTask } from "./useTask";

interface TaskPaneProps {
  id: string;
  asked: Decision | null;
  onNext: () => void;
}

export function TaskPane({ id, asked, onNext }: TaskPaneProps) {
  const { me } = useSession();
  const { task, problem, take, read } = useTask(id);
  // Once there was a form it stays: what was typed must not go when somebody else was faster.
  const formed = useRef(false);
  const answerable = task ? concerns(task, me) : false;
  if (answerable) formed.current = true;
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // On a phone the task covers the list: who reads with their ears is to be there, too.
    if (task && matchMedia("(max-width: 760px)").matches) title.current?.focus({ preventScroll: true });
  }, [task?.id]);

  if (problem && !task) {
    return (
      <article class="task">
        <a class="back" href="#/">
          Back to the list
        </a>
        <p class="notice bad" role="alert">
          {problem}
        </p>
        <button class="button" type="button" onClick={read}>
          Try again
        </button>
      </article>
    );
  }
  if (task === undefined) return <article class="task loading">Reading the task …</article>;
  if (task === null) {
    return (
      <article class="task">
        <a class="back" href="#/">
          Back to the list
        </a>
        <p class="notice calm">There is no such task, or your key may not see it.</p>
      </article>
    );
  }
  return (
    <article class="task" aria-labelledby="task-title">
      <Header task={task} title={title} />
      <div class="columns">
        <div class="facts">
          {task.details && (
            <section class="card" aria-label="Details">
              <Markdown text={task.details} />
            </section>
          )}
          <Context context={task.context} />
          <Answers task={task} />
        </div>
        <div class="acts">
          {formed.current ? (
            <AnswerForm task={task} take={take} asked={asked} answerable={answerable} onNext={onNext} />
          ) : null}
          <Actions task={task} take={take} answerable={answerable} />
          <Timeline task={task} />
        </div>
      </div>
    </article>
  );
}

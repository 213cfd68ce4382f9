// The named scores that a task asks for, beside the rating. Each may be left out.
import { messagesAt, type Problem } from "../form/problems";

interface ScoresProps {
  asked: readonly string[];
  scores: Readonly<Record<string, string>>;
  onChange: (scores: Readonly<Record<string, string>>) => void;
  problems: readonly Problem[];
}

export function Scores({ asked, scores, onChange, problems }: ScoresProps) {
  // Problems are numbered by what was sent: the scores that were given, in their order.
  const given = Object.keys(scores).filter((name) => scores[name]?.trim());
  return asked.map((name) => {
    const n = given.indexOf(name);
    const messages =
      n < 0 ? [] : ["name", "value"].flatMap((part) => messagesAt(problems, `/scores/${n}/${part}`));
    return (
      <div key={name} class="field">
        <label class="label" for={`score-${name}`}>
          {name}
        </label>
        <input
          id={`score-${name}`}
          type="number"
          step="any"
          value={scores[name] ?? ""}
          aria-invalid={messages.length > 0}
          onInput={(event) => onChange({ ...scores, [name]: event.currentTarget.value })}
        />
        {messages.map((message) => (
          <span key={message} class="problem">
            {message}
          </span>
        ))}
      </div>
    );
  });
}

// Named scores beside the rating. Which ones a task asks for, the API tells only in the refusal of another name.
import { useState } from "preact/hooks";
import { messagesAt, type Problem } from "../form/problems";

interface ScoresProps {
  scores: Readonly<Record<string, string>>;
  onChange: (scores: Readonly<Record<string, string>>) => void;
  problems: readonly Problem[];
}

export function Scores({ scores, onChange, problems }: ScoresProps) {
  const [name, setName] = useState("");
  const add = () => {
    const given = name.trim();
    if (given && !(given in scores)) onChange({ ...scores, [given]: "" });
    setName("");
  };
  return (
    <details class="scores" open={Object.keys(scores).length > 0}>
      <summary>Named scores</summary>
      {Object.entries(scores).map(([each, value], n) => {
        const { [each]: _, ...others } = scores;
        const messages = [`/scores/${n}/name`, `/scores/${n}/value`].flatMap((path) =>
          messagesAt(problems, path),
        );
        return (
          <div key={each} class="field">
            <label class="label" for={`score-${each}`}>
              {each}
            </label>
            <span class="inline">
              <input
                id={`score-${each}`}
                type="number"
                step="any"
                value={value}
                aria-invalid={messages.length > 0}
                onInput={(event) => onChange({ ...scores, [each]: event.currentTarget.value })}
              />
              <button class="button quiet" type="button" onClick={() => onChange(others)}>
                Remove
              </button>
            </span>
            {messages.map((message) => (
              <span key={message} class="problem">
                {message}
              </span>
            ))}
          </div>
        );
      })}
      <div class="inline">
        <input
          aria-label="Name of a score"
          placeholder="Name, such as clarity"
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            add();
          }}
        />
        <button class="button" type="button" onClick={add}>
          Add
        </button>
      </div>
    </details>
  );
}

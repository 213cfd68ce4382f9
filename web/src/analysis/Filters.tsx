// Which feedback is looked at.
import { useId } from "preact/hooks";
import { type Chosen, SPANS } from "./filter";

interface FiltersProps {
  chosen: Chosen;
  onChange: (part: Partial<Chosen>) => void;
  workflows: readonly string[];
  reviewers: readonly string[];
}

export function Filters({ chosen, onChange, workflows, reviewers }: FiltersProps) {
  return (
    <form class="filters" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
      <Among
        title="Workflow"
        value={chosen.workflow}
        among={workflows}
        onChange={(workflow) => onChange({ workflow })}
      />
      <Among
        title="Reviewer"
        value={chosen.reviewer}
        among={reviewers}
        onChange={(reviewer) => onChange({ reviewer })}
      />
      <label class="field">
        <span class="label">Label</span>
        <input
          placeholder="model=large-2"
          value={chosen.label}
          onChange={(event) => onChange({ label: event.currentTarget.value })}
        />
      </label>
      <label class="field">
        <span class="label">Time</span>
        <select
          value={String(chosen.days)}
          onChange={(event) => {
            const days = event.currentTarget.value;
            onChange({ days: days === "null" ? null : Number(days) });
          }}
        >
          {SPANS.map(([days, title]) => (
            <option key={title} value={String(days)}>
              {title}
            </option>
          ))}
        </select>
      </label>
    </form>
  );
}

interface AmongProps {
  title: string;
  value: string;
  among: readonly string[];
  onChange: (value: string) => void;
}

function Among({ title, value, among, onChange }: AmongProps) {
  const id = useId();
  return (
    <label class="field">
      <span class="label">{title}</span>
      <input
        list={id}
        placeholder="All"
        value={value}
        onChange={(event) => onChange(event.currentTarget.value.trim())}
      />
      <datalist id={id}>
        {among.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
    </label>
  );
}

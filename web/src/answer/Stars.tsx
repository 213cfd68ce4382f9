// One to five stars. As a radio group it is one stop of the Tab key, and the arrows move within it.
const RATINGS = ["Poor", "Fair", "Good", "Very good", "Excellent"];

interface StarsProps {
  value: number | null;
  /** Whether an answer without a rating is refused. */
  required: boolean;
  onChange: (value: number | null) => void;
  problem: string | null;
}

export function Stars({ value, required, onChange, problem }: StarsProps) {
  return (
    <fieldset class="field" data-path="/rating">
      <legend class="label">
        Rating <span class="optional">of what you were asked about{required ? ", required" : ""}</span>
      </legend>
      <div class="stars">
        {RATINGS.map((title, n) => {
          const rating = n + 1;
          return (
            <label key={title} class={value !== null && rating <= value ? "star lit" : "star"} title={title}>
              <input
                type="radio"
                name="/rating"
                checked={value === rating}
                aria-invalid={problem !== null}
                onChange={() => onChange(rating)}
              />
              <span class="unseen">
                {rating}: {title}
              </span>
              <svg viewBox="0 0 24 24" aria-hidden="true">
                <path d="M12 2.6l2.9 6 6.6.9-4.8 4.6 1.2 6.5L12 17.5l-5.9 3.1 1.2-6.5L2.5 9.5l6.6-.9z" />
              </svg>
            </label>
          );
        })}
        {value !== null && (
          <>
            <span class="hint">{RATINGS[value - 1]}</span>
            <button class="button quiet" type="button" onClick={() => onChange(null)}>
              Clear
            </button>
          </>
        )}
      </div>
      {problem && <span class="problem">{problem}</span>}
    </fieldset>
  );
}

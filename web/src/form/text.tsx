// Inputs for text, times and numbers.
import { useState } from "preact/hooks";
import { isInexact } from "../api/exact";
import type { Json } from "../api/graphql";
import type { InputProps } from "./Field";
import { numbersIn, TOO_LARGE } from "./number";

const TYPES = { text: "text", email: "email", link: "url", date: "date", moment: "datetime-local" } as const;

export function TextInput({
  kind,
  value,
  onChange,
  ...rest
}: InputProps & { kind: keyof typeof TYPES | "long" }) {
  const text =
    typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value);
  if (kind === "long") {
    return (
      <textarea
        {...attributes(rest)}
        rows={3}
        value={text}
        onInput={(event) => onChange(event.currentTarget.value || undefined)}
      />
    );
  }
  const moment = kind === "moment";
  return (
    <input
      {...attributes(rest)}
      type={TYPES[kind] as "text"} // what else is allowed on an input hangs on its type; this is on all
      step={moment ? 1 : undefined}
      value={moment ? localOf(text) : text}
      onInput={(event) => {
        const given = event.currentTarget.value;
        onChange(given ? (moment ? new Date(given).toISOString() : given) : undefined);
      }}
    />
  );
}

/** What an input for a local time shows of a moment. */
function localOf(moment: string): string {
  const time = new Date(moment);
  if (Number.isNaN(time.getTime())) return "";
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

const NUMBERS = numbersIn();

export function NumberInput({ value, onChange, ...rest }: InputProps) {
  // The text as it is typed: "1.0" is on its way to "1.05", as a number it would lose its end.
  const [typed, setTyped] = useState("");
  // What else is in the value came from elsewhere: a default, a draft, the next entry of a list.
  const text = NUMBERS.read(typed).value === value ? typed : numberText(value);
  const { problem } = NUMBERS.read(text);
  const plain = typeof value === "number" ? NUMBERS.plain(value) : text;
  const noteId = `${rest.id}-read`;
  return (
    <>
      <input
        {...attributes(rest)}
        ref={(input) => input?.setCustomValidity(problem ?? "")}
        aria-invalid={rest.invalid || problem !== null}
        aria-describedby={`${rest.describedBy ?? ""} ${noteId}`.trim()}
        type="text"
        inputmode="decimal"
        autocomplete="off"
        value={text}
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          onChange(NUMBERS.read(event.currentTarget.value).value);
        }}
      />
      <span id={noteId} class="notes">
        {problem && <span class="problem">{problem}</span>}
        {!problem && plain !== text.trim() && <span class="hint">= {plain}</span>}
      </span>
    </>
  );
}

function numberText(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "number" ? NUMBERS.plain(value) : String(value);
}

/** For what no field fits: JSON as it is. What is no JSON is kept as text. */
export function RawInput({ value, onChange, ...rest }: InputProps) {
  const [text, setText] = useState(() => (value === undefined ? "" : JSON.stringify(value, null, 2)));
  const problem = hasInexact(parsed(text)) ? TOO_LARGE : null;
  const noteId = `${rest.id}-read`;
  return (
    <>
      <textarea
        {...attributes(rest)}
        ref={(input) => input?.setCustomValidity(problem ?? "")}
        aria-invalid={rest.invalid || problem !== null}
        aria-describedby={`${rest.describedBy ?? ""} ${noteId}`.trim()}
        class="code"
        rows={4}
        spellcheck={false}
        placeholder="JSON"
        value={text}
        onInput={(event) => {
          const given = event.currentTarget.value;
          setText(given);
          onChange(parsed(given));
        }}
      />
      <span id={noteId} class="problem">
        {problem}
      </span>
    </>
  );
}

function hasInexact(value: Json | undefined): boolean {
  return typeof value === "object" && value !== null
    ? Object.values(value).some(hasInexact)
    : isInexact(value);
}

function parsed(text: string): Json | undefined {
  if (!text.trim()) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function attributes({ id, name, invalid, describedBy }: Omit<InputProps, "value" | "onChange">) {
  return { id, name, "aria-invalid": invalid, "aria-describedby": describedBy };
}

// Inputs that hold numbers, alone or in JSON. They say themselves what cannot be sent as it was meant.
import { useState } from "preact/hooks";
import { isInexact } from "../api/exact";
import type { Json } from "../api/graphql";
import type { InputProps } from "./Field";
import { numbersIn, TOO_LARGE } from "./number";
import { attributes } from "./text";

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
        {...judged(rest, problem, noteId)}
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
        {...judged(rest, problem, noteId)}
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

/** An input that judges what is typed: with a custom validity it keeps the form from being sent. */
function judged(rest: Omit<InputProps, "value" | "onChange">, problem: string | null, noteId: string) {
  return {
    ...attributes({
      ...rest,
      invalid: rest.invalid || problem !== null,
      describedBy: `${rest.describedBy ?? ""} ${noteId}`.trim(),
    }),
    ref: (input: HTMLInputElement | HTMLTextAreaElement | null) => input?.setCustomValidity(problem ?? ""),
  };
}

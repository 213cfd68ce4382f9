// Inputs for text and times.
import type { InputProps } from "./Field";

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

export function attributes({ id, name, invalid, describedBy }: Omit<InputProps, "value" | "onChange">) {
  return { id, name, "aria-invalid": invalid, "aria-describedby": describedBy };
}

// One field of an answer's form, of the kind that its schema asks for.
import { useId } from "preact/hooks";
import type { Json } from "../api/graphql";
import { worded } from "../ui/names";
import { Choice, Several, YesNo } from "./choices";
import { NumberInput, RawInput } from "./figures";
import { Group, List, Variants } from "./nested";
import { messagesAt, type Problem } from "./problems";
import { controlOf, empty, resolved, type Schema } from "./schema";
import { TextInput } from "./text";

export interface FieldProps {
  schema: Schema;
  /** Where its references point into. */
  root: Schema;
  /** Its place in the mutation's input, as a JSON pointer. */
  path: string;
  name: string | null;
  required: boolean;
  value: Json | undefined;
  onChange: (value: Json | undefined) => void;
  problems: readonly Problem[];
}

/** What an input needs to be found and understood. */
export interface InputProps<Value = Json> {
  id: string;
  value: Value | undefined;
  onChange: (value: Json | undefined) => void;
  invalid: boolean;
  describedBy: string | undefined;
  name: string;
}

export function Field(props: FieldProps) {
  const id = useId();
  const { schema, root, path, name, value, onChange, problems } = props;
  const required = props.required && empty(schema, root) === undefined;
  const { title, description } = resolved(schema, root);
  const control = controlOf(schema, root);
  const messages = messagesAt(problems, path);
  const label = typeof title === "string" ? title : name === null ? "Answer" : worded(name);
  const hint = typeof description === "string" ? description : null;
  const noted = hint !== null || messages.length > 0;
  const input: InputProps = {
    id,
    value,
    onChange,
    invalid: messages.length > 0,
    describedBy: noted ? `${id}-notes` : undefined,
    name: path,
  };
  const notes = noted && (
    <span id={`${id}-notes`} class="notes">
      {hint && <span class="hint">{hint}</span>}
      {messages.map((message) => (
        <span key={message} class="problem">
          {message}
        </span>
      ))}
    </span>
  );
  const heading = (
    <>
      {label}
      {!required && <span class="optional"> (may be left out)</span>}
    </>
  );
  switch (control.kind) {
    case "group":
      return (
        <Group {...props} fields={control.fields} label={name === null ? null : heading} notes={notes} />
      );
    case "list":
      return <List {...props} items={control.items} label={heading} notes={notes} />;
    case "variants":
      return <Variants {...props} variants={control.variants} label={heading} notes={notes} />;
    case "yesno":
      return <YesNo {...input} label={heading} notes={notes} />;
    case "several":
      return <Several {...input} options={control.options} label={heading} notes={notes} />;
    case "choice":
      return (
        <Choice {...input} options={control.options} label={heading} notes={notes} required={required} />
      );
    default:
      return (
        <div class="field" data-path={path}>
          <label class="label" for={id}>
            {heading}
          </label>
          {control.kind === "number" ? (
            <NumberInput {...input} />
          ) : control.kind === "raw" ? (
            <RawInput {...input} />
          ) : (
            <TextInput {...input} kind={control.kind} />
          )}
          {notes}
        </div>
      );
  }
}

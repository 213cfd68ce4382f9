// A word on what became of something; read out as soon as it is there.
interface NoticeProps {
  tone: "good" | "calm" | "bad";
  title: string;
  more: string | null;
}

export function Notice({ tone, title, more }: NoticeProps) {
  return (
    <div class={`notice ${tone}`} role={tone === "bad" ? "alert" : "status"}>
      <strong>{title}</strong>
      {more && <p>{more}</p>}
    </div>
  );
}

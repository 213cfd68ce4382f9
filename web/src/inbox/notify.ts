// A desktop notification for a task that came while the reader looks elsewhere, where they allowed it.
import type { TaskLine } from "../api/documents";
import { taskHref } from "../ui/place";
import { go } from "../ui/router";
import { makeStore } from "../ui/store";

export const allowed = makeStore<NotificationPermission>(
  "Notification" in globalThis ? Notification.permission : "denied",
);

export async function askToNotify(): Promise<void> {
  allowed.set(await Notification.requestPermission());
}

export function notify(task: TaskLine): void {
  if (allowed.get() !== "granted" || !document.hidden || task.status !== "PENDING") return;
  let shown: Notification;
  try {
    shown = new Notification(task.prompt, { body: task.workflow.name, tag: task.id, icon: "/icon.svg" });
  } catch {
    allowed.set("denied"); // on some phones none may be made by a page
    return;
  }
  shown.onclick = () => {
    window.focus();
    go(taskHref(task.id));
    shown.close();
  };
}

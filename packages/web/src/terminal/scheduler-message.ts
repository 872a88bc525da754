// The scheduler's messages to a terminal page, checked. Pure.

export type SchedulerMessage =
  | { readonly type: "session"; readonly cluster: string; readonly node: string; readonly title: string }
  | { readonly type: "exit"; readonly code: number; readonly signal: string }
  | { readonly type: "error"; readonly code: string; readonly error: string };

/** Undefined for what this page does not know, or what is no message at all. */
export function readMessage(text: string): SchedulerMessage | undefined {
  const value = parsed(text);
  if (!isRecord(value)) return undefined;
  const word = (field: string) => (typeof value[field] === "string" ? value[field] : "");
  switch (value.type) {
    case "session":
      return { type: "session", cluster: word("cluster"), node: word("node"), title: word("title") };
    case "exit":
      return { type: "exit", code: typeof value.code === "number" ? value.code : -1, signal: word("signal") };
    case "error":
      return { type: "error", code: word("code"), error: word("error") };
    default:
      return undefined;
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

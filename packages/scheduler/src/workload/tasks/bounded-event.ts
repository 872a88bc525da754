// Events of Mesos with their texts cut, before anything else sees them: the words of the master, of agents, executors,
// Docker and processes go into records, logs and views, and thousands of events may wait in the inbox. Pure.
import { boundedText } from "@cke/foundation";
import type { HandledSchedulerEvent, TaskStatus } from "@cke/mesos";
import { boundedReport, maxReportBytes } from "@cke/protocol";
import { withoutSecrets } from "./redaction.ts";

/** A reason is one of Mesos' names. */
const maxReasonBytes = 128;

/** A text that is longer is searched for secrets after the cut only: a search takes time. */
const maxSearchedBytes = 65_536;

/** The text, cut. What is a secret is taken out before: half of it would not look like one any more. */
export function boundedWords(text: string): string {
  if (boundedText(text) === text) return text;
  const short = Buffer.byteLength(text) > maxSearchedBytes ? boundedText(text) : text;
  return boundedText(withoutSecrets(short));
}

/** Base64 of the report with its words cut; undefined for what is too large and cannot be read. */
function boundedData(data: string): string | undefined {
  if (data.length <= (maxReportBytes * 4) / 3) return data;
  try {
    const report = boundedReport(Buffer.from(data, "base64"));
    return report === undefined ? undefined : Buffer.from(report).toString("base64");
  } catch {
    // Of another version or of nobody: the state of the task counts all the same.
    return undefined;
  }
}

/** What is used of a status, cut. */
export function boundedStatus(status: TaskStatus): TaskStatus {
  const { message, reason, data, labels: _labels, container_status: _container, ...rest } = status;
  const report = data === undefined ? undefined : boundedData(data);
  return {
    ...rest,
    ...(message === undefined ? {} : { message: boundedWords(message) }),
    ...(reason === undefined ? {} : { reason: boundedText(reason, { maxBytes: maxReasonBytes }) }),
    ...(report === undefined ? {} : { data: report }),
  };
}

export function boundedEvent(event: HandledSchedulerEvent): HandledSchedulerEvent {
  switch (event.type) {
    case "UPDATE":
      return { ...event, update: { ...event.update, status: boundedStatus(event.update.status) } };
    case "UPDATE_OPERATION_STATUS": {
      const { status } = event.update_operation_status;
      const { message } = status;
      if (message === undefined) return event;
      const cut = { ...status, message: boundedWords(message) };
      return { ...event, update_operation_status: { ...event.update_operation_status, status: cut } };
    }
    default:
      return event;
  }
}

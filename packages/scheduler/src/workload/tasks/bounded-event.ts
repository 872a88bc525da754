// Cuts the texts of Mesos' events before any other part sees them. Texts of the Mesos master, of agents, executors,
// Docker and processes go into records, logs and views, and thousands of events may wait in the queue. Pure.
import { boundedText } from "@cke/foundation";
import type { HandledSchedulerEvent, TaskStatus } from "@cke/mesos";
import { boundedReport, maxReportBytes } from "@cke/protocol";
import { withoutSecrets } from "./redaction.ts";

/** A reason is one of Mesos' names. */
const maxReasonBytes = 128;

/** A longer text is searched for secrets only after the cut, because a search takes time. */
const maxSearchedBytes = 65_536;

/** The cut text. Secrets are removed before the cut, because half a secret would not be recognised. */
export function boundedWords(text: string): string {
  if (boundedText(text) === text) return text;
  const short = Buffer.byteLength(text) > maxSearchedBytes ? boundedText(text) : text;
  return boundedText(withoutSecrets(short));
}

/** Base64 of the report with its texts cut; undefined when it is too large and cannot be read. */
function boundedData(data: string): string | undefined {
  if (data.length <= (maxReportBytes * 4) / 3) return data;
  try {
    const report = boundedReport(Buffer.from(data, "base64"));
    return report === undefined ? undefined : Buffer.from(report).toString("base64");
  } catch {
    // The data is of another version, or no report. The state of the task counts all the same.
    return undefined;
  }
}

/** The used fields of a status, cut. */
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

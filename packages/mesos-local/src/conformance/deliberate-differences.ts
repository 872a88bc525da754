// Exchanges of the recordings that the embedded Mesos answers differently on purpose; docs/mesos-local.md shows this list.

interface DeliberateDifference {
  readonly recording: string;
  readonly seq: number;
  readonly reason: string;
  /** What every difference of that exchange looks like; anything else is a failure. */
  readonly pattern: RegExp;
}

export const deliberateDifferences: readonly DeliberateDifference[] = [
  {
    recording: "scheduler-errors",
    seq: 80,
    reason: "There is no web interface: GET / answers a short JSON document.",
    pattern: /^(headers|body) /,
  },
  {
    recording: "operator-api",
    seq: 60,
    reason: "There are no help pages: GET /help is 404.",
    pattern: /^(status|headers|body) /,
  },
  {
    recording: "operator-api",
    seq: 61,
    reason: "There is no web interface: GET / answers a short JSON document.",
    pattern: /^(headers|body) /,
  },
  {
    recording: "operator-api",
    seq: 70,
    reason: "There are no libprocess processes to list: GET /__processes__ is 404.",
    pattern: /^(status|headers|body) /,
  },
  ...[18, 48].map((seq) => ({
    recording: "ha-redirect",
    seq,
    reason: "There is no web interface: GET / answers a short JSON document.",
    pattern: /^(headers|body) /,
  })),
  {
    recording: "agent-restart",
    seq: 1,
    reason:
      "After its re-registration a real agent sends what is unacknowledged twice within 20 ms; the embedded one sends it once.",
    pattern:
      /^missing \{"type":"UPDATE","update":\{"status":\{"task_id":\{"value":"r[23]"\},.*"source":"SOURCE_EXECUTOR"/,
  },
  {
    recording: "executor-exit0-exec-exit0",
    seq: 1,
    reason:
      "The recorded executor ended on this MESSAGE before it could write it down; the embedded agent sends it too.",
    pattern: /^unexpected \{"type":"MESSAGE"/,
  },
];

// Exchanges of the recordings that the embedded Mesos answers otherwise on purpose; docs/mesos-local.md shows this list.

export interface DeliberateDifference {
  readonly recording: string;
  readonly seq: number;
  readonly reason: string;
}

export const deliberateDifferences: readonly DeliberateDifference[] = [
  { recording: "scheduler-errors", seq: 80, reason: "There is no web interface: GET / answers a short JSON document." },
  {
    recording: "agent-restart",
    seq: 1,
    reason:
      "After its re-registration a real agent sends a fresh terminal update twice within 20 ms; the embedded one sends it once.",
  },
  {
    recording: "executor-exit0-exec-exit0",
    seq: 1,
    reason:
      "The recorded executor ended on this MESSAGE before it could write it down; the embedded agent sends it too.",
  },
];

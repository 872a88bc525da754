// What can be wrong with a maintenance schedule and with machines that go down or come up. Words: src/master/maintenance.cpp
// and src/master/http.cpp of Mesos 1.12.
import { isIPv4 } from "node:net";
import { encodeMessage } from "../../wire/index.ts";
import { type MachineId, machineKey, type Schedule } from "../state/maintenance-schedule.ts";

const machineText = (id: MachineId) => `Machine '${encodeMessage("MachineID", id)}'`;

function machineProblem({ hostname = "", ip = "" }: MachineId): string | undefined {
  if (hostname === "" && ip === "") return "Both 'hostname' and 'ip' for a machine are empty";
  return ip === "" || isIPv4(ip) ? undefined : `Failed to parse IPv4: ${ip}`;
}

/** What is wrong with one of them, or that one is named twice. */
function listProblem(machines: readonly MachineId[]): string | undefined {
  const seen = new Set<string>();
  for (const id of machines) {
    const problem = machineProblem(id);
    if (problem !== undefined) return problem;
    const key = machineKey(id);
    if (seen.has(key)) return `${machineText(id)} appears more than once in the schedule`;
    seen.add(key);
  }
  return undefined;
}

/** `down` are the machines that must not leave the schedule. */
export function scheduleProblem({ windows }: Schedule, down: readonly MachineId[]): string | undefined {
  for (const { machine_ids, unavailability } of windows) {
    if (machine_ids.length === 0) return "List of machines in the maintenance window is empty";
    if (Number(unavailability.duration?.nanoseconds ?? 0) < 0) return "Unavailability 'duration' is negative";
  }
  const all = windows.flatMap(({ machine_ids }) => machine_ids);
  const problem = listProblem(all);
  if (problem !== undefined) return problem;
  const keys = new Set(all.map(machineKey));
  const lost = down.find((id) => !keys.has(machineKey(id)));
  return lost && `${machineText(lost)} is deactivated and cannot be removed from the schedule`;
}

interface MachineModes {
  readonly isScheduled: (id: MachineId) => boolean;
  readonly isDown: (id: MachineId) => boolean;
}

/** What is wrong with taking these machines down, or up again. */
export function machinesProblem(
  machines: readonly MachineId[],
  wanted: "down" | "up",
  { isScheduled, isDown }: MachineModes,
): string | undefined {
  if (machines.length === 0) return "List of machines is empty";
  const problem = listProblem(machines);
  if (problem !== undefined) return problem;
  for (const id of machines) {
    if (!isScheduled(id)) return `${machineText(id)} is not part of a maintenance schedule`;
    if (wanted === "up" && !isDown(id)) return `${machineText(id)} is not in DOWN mode and cannot be brought up`;
    if (wanted === "down" && isDown(id)) return `${machineText(id)} is not in DRAINING mode and cannot be brought down`;
  }
  return undefined;
}

// REGISTER: everything the agent knows, for the master (pure).
import type { RegisterMessage } from "../../link/index.ts";
import { mesosVersion } from "../../wire/mesos-version.ts";
import type { AgentContext } from "../state/agent-context.ts";
import { latestStatus } from "../state/agent-state.ts";

export function registerMessage(context: AgentContext): RegisterMessage {
  const { settings, state, updates, agentInfo, port } = context;
  const frameworks = [...state.frameworks.values()].filter(({ removed }) => !removed);
  const info = agentInfo();
  return {
    type: "REGISTER",
    ...(state.agentId === undefined ? {} : { agent_id: { value: state.agentId } }),
    hostname: settings.hostname,
    ip: settings.ip,
    port: port(),
    resources: [...(info.resources ?? [])],
    attributes: [...(info.attributes ?? [])],
    version: mesosVersion.version,
    frameworks: frameworks.map((framework) => ({
      framework_id: { value: framework.id },
      framework_info: framework.info,
      executors: [...framework.runs.values()].map((run) => ({
        executor_info: run.info,
        command_executor: run.kind === "command",
        tasks: [...run.tasks.values()].map((task) => {
          const latest = latestStatus(task);
          return {
            task: task.info,
            ...(latest === undefined ? {} : { latest }),
            unacknowledged: [...updates.pending(framework.id, task.info.task_id.value)],
          };
        }),
      })),
    })),
  };
}

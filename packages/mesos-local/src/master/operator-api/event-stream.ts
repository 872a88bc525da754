// SUBSCRIBE of the operator API: the whole state, then what changes in it. Facts: recording operator-api.
import type { HttpRequest } from "../../http/server.ts";
import { double, type JsonObject, type MediaType, toJson, writeJsonBody } from "../../wire/index.ts";
import type { MasterState } from "../state/master-state.ts";
import type { OperatorEvent } from "../state/records.ts";
import { agentMessage, frameworkOutline, getState, taskMessage } from "./v1-views.ts";

/** Answers with an endless stream of events. */
export function openEventStream(state: MasterState, request: HttpRequest, form: MediaType): undefined {
  const records = request.openStream([["Content-Type", form]]);
  const send = (event: JsonObject) => records.send(writeJsonBody("master.Event", form, event));
  const { heartbeatIntervalMs } = state.services.timings;
  send({
    type: "SUBSCRIBED",
    subscribed: { get_state: getState(state), heartbeat_interval_seconds: double(heartbeatIntervalMs / 1000) },
  });
  const watcher = (change: OperatorEvent) => send(eventOf(state, change));
  state.watchers.add(watcher);
  let cancel = () => {};
  const beat = () => {
    send({ type: "HEARTBEAT" });
    cancel = state.after(heartbeatIntervalMs, beat);
  };
  beat();
  records.onClose(() => {
    state.watchers.delete(watcher);
    cancel();
  });
}

function eventOf(state: MasterState, change: OperatorEvent): JsonObject {
  switch (change.type) {
    case "TASK_ADDED":
      return { type: change.type, task_added: { task: taskMessage(change.task) } };
    case "TASK_UPDATED": {
      const { task, status } = change;
      const framework_id = { value: task.frameworkId };
      const task_updated = { framework_id, status: toJson(status, "TaskStatus"), state: task.state };
      return { type: change.type, task_updated };
    }
    case "FRAMEWORK_ADDED":
      return { type: change.type, framework_added: { framework: frameworkOutline(change.framework) } };
    case "FRAMEWORK_UPDATED":
      return { type: change.type, framework_updated: { framework: frameworkOutline(change.framework) } };
    case "FRAMEWORK_REMOVED":
      return {
        type: change.type,
        framework_removed: { framework_info: toJson(change.framework.info, "FrameworkInfo") },
      };
    case "AGENT_ADDED":
      return { type: change.type, agent_added: { agent: agentMessage(state, change.agent) } };
    case "AGENT_REMOVED":
      return { type: change.type, agent_removed: { agent_id: { value: change.agentId } } };
  }
}

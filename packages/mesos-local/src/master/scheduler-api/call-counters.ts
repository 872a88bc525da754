// How often frameworks called, for /metrics/snapshot.
import type { SchedulerCall } from "@cke/mesos";
import type { MasterState } from "../state/master-state.ts";

/** Calls are counted under the names that their libprocess messages have. */
const messageOf: Readonly<Record<Exclude<SchedulerCall["type"], "SUBSCRIBE">, string>> = {
  ACCEPT: "launch_tasks",
  DECLINE: "decline_offers",
  REVIVE: "revive_offers",
  SUPPRESS: "suppress_offers",
  KILL: "kill_task",
  SHUTDOWN: "",
  ACKNOWLEDGE: "status_update_acknowledgement",
  ACKNOWLEDGE_OPERATION_STATUS: "operation_status_update_acknowledgement",
  RECONCILE: "reconcile_tasks",
  RECONCILE_OPERATIONS: "reconcile_operations",
  MESSAGE: "framework_to_executor",
  REQUEST: "resource_request",
  TEARDOWN: "unregister_framework",
  UPDATE_FRAMEWORK: "",
  ACCEPT_INVERSE_OFFERS: "",
  DECLINE_INVERSE_OFFERS: "",
};

export function countCall(state: MasterState, call: SchedulerCall): void {
  const again = call.type === "SUBSCRIBE" && (call.subscribe.framework_info.id?.value ?? "") !== "";
  const message =
    call.type === "SUBSCRIBE" ? (again ? "reregister_framework" : "register_framework") : messageOf[call.type];
  if (message !== "") state.count(`messages_${message}`);
}

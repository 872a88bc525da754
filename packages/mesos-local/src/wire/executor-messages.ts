// The messages of Mesos' v1 API (executor.proto): name, then field:type in order of declaration. "!" marks a required
// field, "*" a repeated one, "%" a map from string; "any" stands for a message that nothing here looks into.
// Source of the facts: the field lists of apache/mesos include/mesos/v1, version 1.12.

export const executorMessages = `
executor.Event type:executor.Event.Type subscribed:executor.Event.Subscribed
  acknowledged:executor.Event.Acknowledged launch:executor.Event.Launch launch_group:executor.Event.LaunchGroup
  kill:executor.Event.Kill message:executor.Event.Message error:executor.Event.Error
executor.Event.Subscribed executor_info:ExecutorInfo! framework_info:FrameworkInfo! agent_info:AgentInfo!
  container_id:ContainerID
executor.Event.Launch task:TaskInfo!
executor.Event.LaunchGroup task_group:TaskGroupInfo!
executor.Event.Kill task_id:TaskID! kill_policy:KillPolicy
executor.Event.Acknowledged task_id:TaskID! uuid:bytes!
executor.Event.Message data:bytes!
executor.Event.Error message:string!
executor.Call executor_id:ExecutorID! framework_id:FrameworkID! type:executor.Call.Type
  subscribe:executor.Call.Subscribe update:executor.Call.Update message:executor.Call.Message
executor.Call.Subscribe unacknowledged_tasks:TaskInfo* unacknowledged_updates:executor.Call.Update*
executor.Call.Update status:TaskStatus!
executor.Call.Message data:bytes!
`;

export const executorEnums = `
executor.Event.Type UNKNOWN SUBSCRIBED LAUNCH LAUNCH_GROUP KILL ACKNOWLEDGED MESSAGE ERROR SHUTDOWN HEARTBEAT
executor.Call.Type UNKNOWN SUBSCRIBE UPDATE MESSAGE HEARTBEAT
`;

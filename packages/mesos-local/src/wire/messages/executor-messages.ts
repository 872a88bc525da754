// The messages of Mesos' v1 API (executor.proto): name, then field:type=number in order of declaration. "!" marks a
// required field, "*" a repeated one, "%" a map from string, "~" a default that is printed when the field is not set.
// Source of the facts: apache/mesos include/mesos/v1 (field lists of version 1.12).

export const executorMessages = `
executor.Event type:executor.Event.Type=1 subscribed:executor.Event.Subscribed=2
  acknowledged:executor.Event.Acknowledged=3 launch:executor.Event.Launch=4 launch_group:executor.Event.LaunchGroup=8
  kill:executor.Event.Kill=5 message:executor.Event.Message=6 error:executor.Event.Error=7
executor.Event.Subscribed executor_info:ExecutorInfo!=1 framework_info:FrameworkInfo!=2 agent_info:AgentInfo!=3
  container_id:ContainerID=4
executor.Event.Launch task:TaskInfo!=1
executor.Event.LaunchGroup task_group:TaskGroupInfo!=1
executor.Event.Kill task_id:TaskID!=1 kill_policy:KillPolicy=2
executor.Event.Acknowledged task_id:TaskID!=1 uuid:bytes!=2
executor.Event.Message data:bytes!=1
executor.Event.Error message:string!=1
executor.Call executor_id:ExecutorID!=1 framework_id:FrameworkID!=2 type:executor.Call.Type=3
  subscribe:executor.Call.Subscribe=4 update:executor.Call.Update=5 message:executor.Call.Message=6
executor.Call.Subscribe unacknowledged_tasks:TaskInfo*=1 unacknowledged_updates:executor.Call.Update*=2
executor.Call.Update status:TaskStatus!=1
executor.Call.Message data:bytes!=2
`;

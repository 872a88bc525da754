// The messages of Mesos' v1 API (agent.proto): name, then field:type=number in order of declaration. "!" marks a
// required field, "*" a repeated one, "%" a map from string, "~" a default that is printed when the field is not set.
// Source of the facts: apache/mesos include/mesos/v1 (field lists of version 1.12).

export const agentMessages = `
agent.Call type:agent.Call.Type=1 get_metrics:agent.Call.GetMetrics=2 set_logging_level:agent.Call.SetLoggingLevel=3
  list_files:agent.Call.ListFiles=4 read_file:agent.Call.ReadFile=5 get_containers:agent.Call.GetContainers=20
  launch_nested_container:agent.Call.LaunchNestedContainer=6 wait_nested_container:agent.Call.WaitNestedContainer=7
  kill_nested_container:agent.Call.KillNestedContainer=8 remove_nested_container:agent.Call.RemoveNestedContainer=12
  launch_nested_container_session:agent.Call.LaunchNestedContainerSession=9
  attach_container_input:agent.Call.AttachContainerInput=10 attach_container_output:agent.Call.AttachContainerOutput=11
  launch_container:agent.Call.LaunchContainer=13 wait_container:agent.Call.WaitContainer=14
  kill_container:agent.Call.KillContainer=15 remove_container:agent.Call.RemoveContainer=16
  add_resource_provider_config:agent.Call.AddResourceProviderConfig=17
  update_resource_provider_config:agent.Call.UpdateResourceProviderConfig=18
  remove_resource_provider_config:agent.Call.RemoveResourceProviderConfig=19
  mark_resource_provider_gone:agent.Call.MarkResourceProviderGone=22 prune_images:agent.Call.PruneImages=21
agent.Call.GetMetrics timeout:DurationInfo=1
agent.Call.SetLoggingLevel level:uint32!=1 duration:DurationInfo!=2
agent.Call.ListFiles path:string!=1
agent.Call.ReadFile path:string!=1 offset:uint64!=2 length:uint64=3
agent.Call.GetContainers show_nested:bool=1 show_standalone:bool=2
agent.Call.LaunchNestedContainer container_id:ContainerID!=1 command:CommandInfo=2 container:ContainerInfo=3
agent.Call.WaitNestedContainer container_id:ContainerID!=1
agent.Call.KillNestedContainer container_id:ContainerID!=1 signal:int32=2
agent.Call.RemoveNestedContainer container_id:ContainerID!=1
agent.Call.LaunchNestedContainerSession container_id:ContainerID!=1 command:CommandInfo=2 container:ContainerInfo=3
agent.Call.AttachContainerInput type:agent.Call.AttachContainerInput.Type=1 container_id:ContainerID=2
  process_io:agent.ProcessIO=3
agent.Call.AttachContainerOutput container_id:ContainerID!=1
agent.Call.LaunchContainer container_id:ContainerID!=1 command:CommandInfo=2 resources:Resource*=3
  container:ContainerInfo=4 limits:Value.Scalar%=5
agent.Call.WaitContainer container_id:ContainerID!=1
agent.Call.KillContainer container_id:ContainerID!=1 signal:int32=2
agent.Call.RemoveContainer container_id:ContainerID!=1
agent.Call.AddResourceProviderConfig info:ResourceProviderInfo!=1
agent.Call.UpdateResourceProviderConfig info:ResourceProviderInfo!=1
agent.Call.RemoveResourceProviderConfig type:string!=1 name:string!=2
agent.Call.MarkResourceProviderGone resource_provider_id:ResourceProviderID!=1
agent.Call.PruneImages excluded_images:Image*=1
agent.Response type:agent.Response.Type=1 get_health:agent.Response.GetHealth=2 get_flags:agent.Response.GetFlags=3
  get_version:agent.Response.GetVersion=4 get_metrics:agent.Response.GetMetrics=5
  get_logging_level:agent.Response.GetLoggingLevel=6 list_files:agent.Response.ListFiles=7
  read_file:agent.Response.ReadFile=8 get_state:agent.Response.GetState=9
  get_containers:agent.Response.GetContainers=10 get_frameworks:agent.Response.GetFrameworks=11
  get_executors:agent.Response.GetExecutors=12 get_operations:agent.Response.GetOperations=18
  get_tasks:agent.Response.GetTasks=13 get_agent:agent.Response.GetAgent=15
  get_resource_providers:agent.Response.GetResourceProviders=17
  wait_nested_container:agent.Response.WaitNestedContainer=14 wait_container:agent.Response.WaitContainer=16
agent.Response.GetHealth healthy:bool!=1
agent.Response.GetFlags flags:Flag*=1
agent.Response.GetVersion version_info:VersionInfo!=1
agent.Response.GetMetrics metrics:Metric*=1
agent.Response.GetLoggingLevel level:uint32!=1
agent.Response.ListFiles file_infos:FileInfo*=1
agent.Response.ReadFile size:uint64!=1 data:bytes!=2
agent.Response.GetState get_tasks:agent.Response.GetTasks=1 get_executors:agent.Response.GetExecutors=2
  get_frameworks:agent.Response.GetFrameworks=3
agent.Response.GetContainers containers:agent.Response.GetContainers.Container*=1
agent.Response.GetContainers.Container framework_id:FrameworkID=1 executor_id:ExecutorID=2 executor_name:string=3
  container_id:ContainerID!=4 container_status:ContainerStatus=5 resource_statistics:ResourceStatistics=6
agent.Response.GetFrameworks frameworks:agent.Response.GetFrameworks.Framework*=1
  completed_frameworks:agent.Response.GetFrameworks.Framework*=2
agent.Response.GetFrameworks.Framework framework_info:FrameworkInfo!=1
agent.Response.GetExecutors executors:agent.Response.GetExecutors.Executor*=1
  completed_executors:agent.Response.GetExecutors.Executor*=2
agent.Response.GetExecutors.Executor executor_info:ExecutorInfo!=1
agent.Response.GetOperations operations:Operation*=1
agent.Response.GetTasks pending_tasks:Task*=1 queued_tasks:Task*=2 launched_tasks:Task*=3 terminated_tasks:Task*=4
  completed_tasks:Task*=5
agent.Response.GetAgent agent_info:AgentInfo=1 drain_config:DrainConfig=2 estimated_drain_start_time:TimeInfo=3
agent.Response.GetResourceProviders resource_providers:agent.Response.GetResourceProviders.ResourceProvider*=1
agent.Response.GetResourceProviders.ResourceProvider resource_provider_info:ResourceProviderInfo!=1
  total_resources:Resource*=2
agent.Response.WaitNestedContainer exit_status:int32=1 state:TaskState=2 reason:TaskStatus.Reason=3
  limitation:TaskResourceLimitation=4 message:string=5
agent.Response.WaitContainer exit_status:int32=1 state:TaskState=2 reason:TaskStatus.Reason=3
  limitation:TaskResourceLimitation=4 message:string=5
agent.ProcessIO type:agent.ProcessIO.Type=1 data:agent.ProcessIO.Data=2 control:agent.ProcessIO.Control=3
agent.ProcessIO.Data type:agent.ProcessIO.Data.Type=1 data:bytes=2
agent.ProcessIO.Control type:agent.ProcessIO.Control.Type=1 tty_info:TTYInfo=2
  heartbeat:agent.ProcessIO.Control.Heartbeat=3
agent.ProcessIO.Control.Heartbeat interval:DurationInfo=1
`;

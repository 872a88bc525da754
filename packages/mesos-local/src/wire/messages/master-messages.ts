// The messages of Mesos' v1 API (master.proto): name, then field:type=number in order of declaration. "!" marks a
// required field, "*" a repeated one, "%" a map from string, "~" a default that is printed when the field is not set.
// Source of the facts: apache/mesos include/mesos/v1 (field lists of version 1.12).

export const masterMessages = `
master.Call type:master.Call.Type=1 get_metrics:master.Call.GetMetrics=2
  set_logging_level:master.Call.SetLoggingLevel=3 list_files:master.Call.ListFiles=4 read_file:master.Call.ReadFile=5
  update_weights:master.Call.UpdateWeights=6 reserve_resources:master.Call.ReserveResources=7
  unreserve_resources:master.Call.UnreserveResources=8 create_volumes:master.Call.CreateVolumes=9
  destroy_volumes:master.Call.DestroyVolumes=10 grow_volume:master.Call.GrowVolume=18
  shrink_volume:master.Call.ShrinkVolume=19 update_maintenance_schedule:master.Call.UpdateMaintenanceSchedule=11
  start_maintenance:master.Call.StartMaintenance=12 stop_maintenance:master.Call.StopMaintenance=13
  drain_agent:master.Call.DrainAgent=21 deactivate_agent:master.Call.DeactivateAgent=22
  reactivate_agent:master.Call.ReactivateAgent=23 update_quota:master.Call.UpdateQuota=20
  teardown:master.Call.Teardown=16 mark_agent_gone:master.Call.MarkAgentGone=17 set_quota:master.Call.SetQuota=14
  remove_quota:master.Call.RemoveQuota=15
master.Call.GetMetrics timeout:DurationInfo=1
master.Call.SetLoggingLevel level:uint32!=1 duration:DurationInfo!=2
master.Call.ListFiles path:string!=1
master.Call.ReadFile path:string!=1 offset:uint64!=2 length:uint64=3
master.Call.UpdateWeights weight_infos:WeightInfo*=1
master.Call.ReserveResources agent_id:AgentID!=1 source:Resource*=3 resources:Resource*=2
master.Call.UnreserveResources agent_id:AgentID!=1 resources:Resource*=2
master.Call.CreateVolumes agent_id:AgentID!=1 volumes:Resource*=2
master.Call.DestroyVolumes agent_id:AgentID!=1 volumes:Resource*=2
master.Call.GrowVolume agent_id:AgentID=1 volume:Resource!=2 addition:Resource!=3
master.Call.ShrinkVolume agent_id:AgentID=1 volume:Resource!=2 subtract:Value.Scalar!=3
master.Call.UpdateMaintenanceSchedule schedule:maintenance.Schedule!=1
master.Call.StartMaintenance machines:MachineID*=1
master.Call.StopMaintenance machines:MachineID*=1
master.Call.DrainAgent agent_id:AgentID!=1 max_grace_period:google.protobuf.Duration=2 mark_gone:bool=3~false
master.Call.DeactivateAgent agent_id:AgentID!=1
master.Call.ReactivateAgent agent_id:AgentID!=1
master.Call.UpdateQuota force:bool=1 quota_configs:quota.QuotaConfig*=2
master.Call.SetQuota quota_request:quota.QuotaRequest!=1
master.Call.RemoveQuota role:string!=1
master.Call.Teardown framework_id:FrameworkID!=1
master.Call.MarkAgentGone agent_id:AgentID!=1
master.Response type:master.Response.Type=1 get_health:master.Response.GetHealth=2 get_flags:master.Response.GetFlags=3
  get_version:master.Response.GetVersion=4 get_metrics:master.Response.GetMetrics=5
  get_logging_level:master.Response.GetLoggingLevel=6 list_files:master.Response.ListFiles=7
  read_file:master.Response.ReadFile=8 get_state:master.Response.GetState=9 get_agents:master.Response.GetAgents=10
  get_frameworks:master.Response.GetFrameworks=11 get_executors:master.Response.GetExecutors=12
  get_operations:master.Response.GetOperations=20 get_tasks:master.Response.GetTasks=13
  get_roles:master.Response.GetRoles=14 get_weights:master.Response.GetWeights=15
  get_master:master.Response.GetMaster=16 get_maintenance_status:master.Response.GetMaintenanceStatus=17
  get_maintenance_schedule:master.Response.GetMaintenanceSchedule=18 get_quota:master.Response.GetQuota=19
master.Response.GetHealth healthy:bool!=1
master.Response.GetFlags flags:Flag*=1
master.Response.GetVersion version_info:VersionInfo!=1
master.Response.GetMetrics metrics:Metric*=1
master.Response.GetLoggingLevel level:uint32!=1
master.Response.ListFiles file_infos:FileInfo*=1
master.Response.ReadFile size:uint64!=1 data:bytes!=2
master.Response.GetState get_tasks:master.Response.GetTasks=1 get_executors:master.Response.GetExecutors=2
  get_frameworks:master.Response.GetFrameworks=3 get_agents:master.Response.GetAgents=4
master.Response.GetAgents agents:master.Response.GetAgents.Agent*=1 recovered_agents:AgentInfo*=2
master.Response.GetAgents.Agent agent_info:AgentInfo!=1 active:bool!=2 deactivated:bool=12 version:string!=3
  pid:string=4 registered_time:TimeInfo=5 reregistered_time:TimeInfo=6 total_resources:Resource*=7
  allocated_resources:Resource*=8 offered_resources:Resource*=9 capabilities:AgentInfo.Capability*=10
  resource_providers:master.Response.GetAgents.Agent.ResourceProvider*=11 drain_info:DrainInfo=13
  estimated_drain_start_time:TimeInfo=14
master.Response.GetAgents.Agent.ResourceProvider resource_provider_info:ResourceProviderInfo!=1
  total_resources:Resource*=2
master.Response.GetFrameworks frameworks:master.Response.GetFrameworks.Framework*=1
  completed_frameworks:master.Response.GetFrameworks.Framework*=2 recovered_frameworks:FrameworkInfo*=3
master.Response.GetFrameworks.Framework framework_info:FrameworkInfo!=1 active:bool!=2 connected:bool!=3
  recovered:bool!=11 registered_time:TimeInfo=4 reregistered_time:TimeInfo=5 unregistered_time:TimeInfo=6
  offers:Offer*=7 inverse_offers:InverseOffer*=8 allocated_resources:Resource*=9 offered_resources:Resource*=10
  offer_constraints:scheduler.OfferConstraints=12
master.Response.GetExecutors executors:master.Response.GetExecutors.Executor*=1
  orphan_executors:master.Response.GetExecutors.Executor*=2
master.Response.GetExecutors.Executor executor_info:ExecutorInfo!=1 agent_id:AgentID!=2
master.Response.GetOperations operations:Operation*=1
master.Response.GetTasks pending_tasks:Task*=1 tasks:Task*=2 unreachable_tasks:Task*=5 completed_tasks:Task*=3
  orphan_tasks:Task*=4
master.Response.GetRoles roles:Role*=1
master.Response.GetWeights weight_infos:WeightInfo*=1
master.Response.GetMaster master_info:MasterInfo=1 start_time:double=2 elected_time:double=3
master.Response.GetMaintenanceStatus status:maintenance.ClusterStatus!=1
master.Response.GetMaintenanceSchedule schedule:maintenance.Schedule!=1
master.Response.GetQuota status:quota.QuotaStatus!=1
master.Event type:master.Event.Type=1 subscribed:master.Event.Subscribed=2 task_added:master.Event.TaskAdded=3
  task_updated:master.Event.TaskUpdated=4 agent_added:master.Event.AgentAdded=5
  agent_removed:master.Event.AgentRemoved=6 framework_added:master.Event.FrameworkAdded=7
  framework_updated:master.Event.FrameworkUpdated=8 framework_removed:master.Event.FrameworkRemoved=9
master.Event.Subscribed get_state:master.Response.GetState=1 heartbeat_interval_seconds:double=2
master.Event.TaskAdded task:Task!=1
master.Event.TaskUpdated framework_id:FrameworkID!=1 status:TaskStatus!=2 state:TaskState!=3
master.Event.FrameworkAdded framework:master.Response.GetFrameworks.Framework!=1
master.Event.FrameworkUpdated framework:master.Response.GetFrameworks.Framework!=1
master.Event.FrameworkRemoved framework_info:FrameworkInfo!=1
master.Event.AgentAdded agent:master.Response.GetAgents.Agent!=1
master.Event.AgentRemoved agent_id:AgentID!=1
`;

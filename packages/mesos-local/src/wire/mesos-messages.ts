// The messages of Mesos' v1 API (mesos.proto): name, then field:type=number in order of declaration. "!" marks a
// required field, "*" a repeated one, "%" a map from string, "~" a default that is printed when the field is not set;
// "any" stands for a message that nothing here looks into.
// Source of the facts: apache/mesos include/mesos/v1 (field lists of version 1.12).

export const mesosMessages = `
FrameworkID value:string!=1
OfferID value:string!=1
AgentID value:string!=1
TaskID value:string!=1
ExecutorID value:string!=1
ContainerID value:string!=1 parent:ContainerID=2
ResourceProviderID value:string!=1
OperationID value:string!=1
UUID value:bytes!=1
Address hostname:string=1 ip:string=2 port:int32!=3
TimeInfo nanoseconds:int64!=1
DurationInfo nanoseconds:int64!=1
URL scheme:string!=1 address:Address!=2 path:string=3 query:Parameter*=4 fragment:string=5
Unavailability start:TimeInfo!=1 duration:DurationInfo=2
FrameworkInfo user:string!=1 name:string!=2 id:FrameworkID=3 failover_timeout:double=4~0.0 checkpoint:bool=5~false
  role:string=6 roles:string*=12 hostname:string=7 principal:string=8 webui_url:string=9
  capabilities:FrameworkInfo.Capability*=10 labels:Labels=11 offer_filters:OfferFilters%=13
FrameworkInfo.Capability type:FrameworkInfo.Capability.Type=1
CheckInfo type:CheckInfo.Type=1 command:CheckInfo.Command=2 http:CheckInfo.Http=3 tcp:CheckInfo.Tcp=7
  delay_seconds:double=4~15.0 interval_seconds:double=5~10.0 timeout_seconds:double=6~20.0
CheckInfo.Command command:CommandInfo!=1
CheckInfo.Http port:uint32!=1 path:string=2
CheckInfo.Tcp port:uint32!=1
HealthCheck delay_seconds:double=2~15.0 interval_seconds:double=3~10.0 timeout_seconds:double=4~20.0
  consecutive_failures:uint32=5~3 grace_period_seconds:double=6~10.0 type:HealthCheck.Type=8 command:CommandInfo=7
  http:HealthCheck.HTTPCheckInfo=1 tcp:HealthCheck.TCPCheckInfo=9
HealthCheck.HTTPCheckInfo protocol:NetworkInfo.Protocol=5~IPv4 scheme:string=3 port:uint32!=1 path:string=2
  statuses:uint32*=4
HealthCheck.TCPCheckInfo protocol:NetworkInfo.Protocol=2~IPv4 port:uint32!=1
KillPolicy grace_period:DurationInfo=1
CommandInfo uris:CommandInfo.URI*=1 environment:Environment=2 shell:bool=6~true value:string=3 arguments:string*=7
  user:string=5
CommandInfo.URI value:string!=1 executable:bool=2 extract:bool=3~true cache:bool=4 output_file:string=5
ExecutorInfo type:ExecutorInfo.Type=15 executor_id:ExecutorID!=1 framework_id:FrameworkID=8 command:CommandInfo=7
  container:ContainerInfo=11 resources:Resource*=5 name:string=9 source:string=10 data:bytes=4
  discovery:DiscoveryInfo=12 shutdown_grace_period:DurationInfo=13 labels:Labels=14
DomainInfo fault_domain:DomainInfo.FaultDomain=1
DomainInfo.FaultDomain region:DomainInfo.FaultDomain.RegionInfo!=1 zone:DomainInfo.FaultDomain.ZoneInfo!=2
DomainInfo.FaultDomain.RegionInfo name:string!=1
DomainInfo.FaultDomain.ZoneInfo name:string!=1
MasterInfo id:string!=1 ip:uint32!=2 port:uint32!=3~5050 pid:string=4 hostname:string=5 version:string=6
  address:Address=7 domain:DomainInfo=8 capabilities:MasterInfo.Capability*=9
MasterInfo.Capability type:MasterInfo.Capability.Type=1
AgentInfo hostname:string!=1 port:int32=8~5051 resources:Resource*=3 attributes:Attribute*=5 id:AgentID=6
  domain:DomainInfo=10
Value.Scalar value:double!=1
Value.Range begin:uint64!=1 end:uint64!=2
Value.Ranges range:Value.Range*=1
Value.Set item:string*=1
Value.Text value:string!=1
Attribute name:string!=1 type:Value.Type!=2 scalar:Value.Scalar=3 ranges:Value.Ranges=4 set:Value.Set=6
  text:Value.Text=5
Resource provider_id:ResourceProviderID=12 name:string!=1 type:Value.Type!=2 scalar:Value.Scalar=3
  ranges:Value.Ranges=4 set:Value.Set=5 role:string=6 allocation_info:Resource.AllocationInfo=11
  reservation:Resource.ReservationInfo=8 reservations:Resource.ReservationInfo*=13 disk:Resource.DiskInfo=7
  revocable:Resource.RevocableInfo=9 shared:Resource.SharedInfo=10
Resource.AllocationInfo role:string=1
Resource.ReservationInfo type:Resource.ReservationInfo.Type=4 role:string=3 principal:string=1 labels:Labels=2
Resource.DiskInfo persistence:Resource.DiskInfo.Persistence=1 volume:Volume=2 source:Resource.DiskInfo.Source=3
Resource.DiskInfo.Persistence id:string!=1 principal:string=2
Resource.DiskInfo.Source type:Resource.DiskInfo.Source.Type!=1 path:Resource.DiskInfo.Source.Path=2
  mount:Resource.DiskInfo.Source.Mount=3 vendor:string=7 id:string=4 metadata:Labels=5 profile:string=6
Resource.DiskInfo.Source.Path root:string=1
Resource.DiskInfo.Source.Mount root:string=1
Resource.RevocableInfo
Resource.SharedInfo
OfferFilters min_allocatable_resources:OfferFilters.MinAllocatableResources=1
OfferFilters.ResourceQuantities quantities:Value.Scalar%=1
OfferFilters.MinAllocatableResources quantities:OfferFilters.ResourceQuantities*=1
Offer id:OfferID!=1 framework_id:FrameworkID!=2 agent_id:AgentID!=3 hostname:string!=4 url:URL=8
  domain:DomainInfo=11 resources:Resource*=5 attributes:Attribute*=7 executor_ids:ExecutorID*=6
  unavailability:Unavailability=9 allocation_info:Resource.AllocationInfo=10
Offer.Operation type:Offer.Operation.Type=1 id:OperationID=12 launch:Offer.Operation.Launch=2
  launch_group:Offer.Operation.LaunchGroup=7 reserve:Offer.Operation.Reserve=3 unreserve:Offer.Operation.Unreserve=4
  create:Offer.Operation.Create=5 destroy:Offer.Operation.Destroy=6 grow_volume:Offer.Operation.GrowVolume=13
  shrink_volume:Offer.Operation.ShrinkVolume=14 create_disk:Offer.Operation.CreateDisk=15
  destroy_disk:Offer.Operation.DestroyDisk=16
Offer.Operation.Launch task_infos:TaskInfo*=1
Offer.Operation.LaunchGroup executor:ExecutorInfo!=1 task_group:TaskGroupInfo!=2
Offer.Operation.Reserve source:Resource*=2 resources:Resource*=1
Offer.Operation.Unreserve resources:Resource*=1
Offer.Operation.Create volumes:Resource*=1
Offer.Operation.Destroy volumes:Resource*=1
Offer.Operation.GrowVolume volume:Resource!=1 addition:Resource!=2
Offer.Operation.ShrinkVolume volume:Resource!=1 subtract:Value.Scalar!=2
Offer.Operation.CreateDisk source:Resource!=1 target_type:Resource.DiskInfo.Source.Type!=2 target_profile:string=3
Offer.Operation.DestroyDisk source:Resource!=1
InverseOffer id:OfferID!=1 url:URL=2 framework_id:FrameworkID!=3 agent_id:AgentID=4 unavailability:Unavailability!=5
  resources:Resource*=6
TaskInfo name:string!=1 task_id:TaskID!=2 agent_id:AgentID!=3 resources:Resource*=4 executor:ExecutorInfo=5
  command:CommandInfo=7 container:ContainerInfo=9 health_check:HealthCheck=8 check:CheckInfo=13
  kill_policy:KillPolicy=12 data:bytes=6 labels:Labels=10 discovery:DiscoveryInfo=11
  max_completion_time:DurationInfo=14 limits:Value.Scalar%=15
TaskGroupInfo tasks:TaskInfo*=1
Task name:string!=1 task_id:TaskID!=2 framework_id:FrameworkID!=3 executor_id:ExecutorID=4 agent_id:AgentID!=5
  state:TaskState!=6 resources:Resource*=7 statuses:TaskStatus*=8 status_update_state:TaskState=9
  status_update_uuid:bytes=10 labels:Labels=11 discovery:DiscoveryInfo=12 container:ContainerInfo=13
  health_check:HealthCheck=15 kill_policy:KillPolicy=16 user:string=14 limits:Value.Scalar%=17
TaskStatus task_id:TaskID!=1 state:TaskState!=2 message:string=4 source:TaskStatus.Source=9
  reason:TaskStatus.Reason=10 data:bytes=3 agent_id:AgentID=5 executor_id:ExecutorID=7 timestamp:double=6
  uuid:bytes=11 healthy:bool=8 check_status:any=15 labels:Labels=12 container_status:ContainerStatus=13
  unreachable_time:TimeInfo=14 limitation:any=16
Operation framework_id:FrameworkID=1 agent_id:AgentID=2 info:Offer.Operation!=3 latest_status:OperationStatus!=4
  statuses:OperationStatus*=5 uuid:UUID!=6
OperationStatus operation_id:OperationID=1 state:OperationState!=2 message:string=3 converted_resources:Resource*=4
  uuid:UUID=5 agent_id:AgentID=6 resource_provider_id:ResourceProviderID=7
Filters refuse_seconds:double=1~5.0
Environment variables:Environment.Variable*=1
Environment.Variable name:string!=1 type:Environment.Variable.Type=3~VALUE value:string=2 secret:any=4
Parameter key:string!=1 value:string!=2
Parameters parameter:Parameter*=1
ContainerInfo type:ContainerInfo.Type!=1 volumes:Volume*=2 hostname:string=4 docker:ContainerInfo.DockerInfo=3
  mesos:ContainerInfo.MesosInfo=5 network_infos:NetworkInfo*=7 linux_info:any=8 rlimit_info:any=9 tty_info:any=10
ContainerInfo.DockerInfo image:string!=1 network:ContainerInfo.DockerInfo.Network=2~HOST
  port_mappings:ContainerInfo.DockerInfo.PortMapping*=3 privileged:bool=4~false parameters:Parameter*=5
  force_pull_image:bool=6 volume_driver:string=7
ContainerInfo.DockerInfo.PortMapping host_port:uint32!=1 container_port:uint32!=2 protocol:string=3
ContainerInfo.MesosInfo image:any=1
Volume mode:Volume.Mode!=3 container_path:string!=1 host_path:string=2 image:any=4 source:Volume.Source=5
Volume.Source type:Volume.Source.Type=1 docker_volume:Volume.Source.DockerVolume=2
  host_path:Volume.Source.HostPath=5 sandbox_path:Volume.Source.SandboxPath=3 secret:any=4
  csi_volume:Volume.Source.CSIVolume=6
Volume.Source.DockerVolume driver:string=1 name:string!=2 driver_options:Parameters=3
Volume.Source.HostPath path:string!=1 mount_propagation:any=2
Volume.Source.SandboxPath type:Volume.Source.SandboxPath.Type=1 path:string!=2
Volume.Source.CSIVolume plugin_name:string!=1 static_provisioning:Volume.Source.CSIVolume.StaticProvisioning=2
Volume.Source.CSIVolume.VolumeCapability block:Volume.Source.CSIVolume.VolumeCapability.BlockVolume=1
  mount:Volume.Source.CSIVolume.VolumeCapability.MountVolume=2
  access_mode:Volume.Source.CSIVolume.VolumeCapability.AccessMode!=3
Volume.Source.CSIVolume.VolumeCapability.BlockVolume
Volume.Source.CSIVolume.VolumeCapability.MountVolume fs_type:string=1 mount_flags:string*=2
Volume.Source.CSIVolume.VolumeCapability.AccessMode mode:Volume.Source.CSIVolume.VolumeCapability.AccessMode.Mode!=1
Volume.Source.CSIVolume.StaticProvisioning volume_id:string!=1
  volume_capability:Volume.Source.CSIVolume.VolumeCapability!=2 node_stage_secrets:any%=3
  node_publish_secrets:any%=4 volume_context:string%=5
NetworkInfo ip_addresses:NetworkInfo.IPAddress*=5 name:string=6 groups:string*=3 labels:Labels=4
  port_mappings:NetworkInfo.PortMapping*=7
NetworkInfo.IPAddress protocol:NetworkInfo.Protocol=1~IPv4 ip_address:string=2
NetworkInfo.PortMapping host_port:uint32!=1 container_port:uint32!=2 protocol:string=3
Labels labels:Label*=1
Label key:string!=1 value:string=2
Port number:uint32!=1 name:string=2 protocol:string=3 visibility:DiscoveryInfo.Visibility=4 labels:Labels=5
Ports ports:Port*=1
DiscoveryInfo visibility:DiscoveryInfo.Visibility!=1 name:string=2 environment:string=3 location:string=4
  version:string=5 ports:Ports=6 labels:Labels=7
ContainerStatus container_id:ContainerID=4 network_infos:NetworkInfo*=1 cgroup_info:CgroupInfo=2
  executor_pid:uint32=3
CgroupInfo net_cls:CgroupInfo.NetCls=1
CgroupInfo.NetCls classid:uint32=1
`;

export const mesosEnums = `
FrameworkInfo.Capability.Type UNKNOWN REVOCABLE_RESOURCES TASK_KILLING_STATE GPU_RESOURCES SHARED_RESOURCES
  PARTITION_AWARE MULTI_ROLE RESERVATION_REFINEMENT REGION_AWARE
CheckInfo.Type UNKNOWN COMMAND HTTP TCP
HealthCheck.Type UNKNOWN COMMAND HTTP TCP
ExecutorInfo.Type UNKNOWN DEFAULT CUSTOM
MasterInfo.Capability.Type UNKNOWN AGENT_UPDATE AGENT_DRAINING QUOTA_V2
Value.Type SCALAR RANGES SET TEXT
Resource.ReservationInfo.Type UNKNOWN STATIC DYNAMIC
Resource.DiskInfo.Source.Type UNKNOWN PATH MOUNT BLOCK RAW
Offer.Operation.Type UNKNOWN LAUNCH LAUNCH_GROUP RESERVE UNRESERVE CREATE DESTROY GROW_VOLUME SHRINK_VOLUME
  CREATE_DISK DESTROY_DISK
TaskState TASK_STAGING TASK_STARTING TASK_RUNNING TASK_KILLING TASK_FINISHED TASK_FAILED TASK_KILLED TASK_ERROR
  TASK_LOST TASK_DROPPED TASK_UNREACHABLE TASK_GONE TASK_GONE_BY_OPERATOR TASK_UNKNOWN
TaskStatus.Source SOURCE_MASTER SOURCE_AGENT SOURCE_EXECUTOR
TaskStatus.Reason REASON_COMMAND_EXECUTOR_FAILED REASON_CONTAINER_LAUNCH_FAILED REASON_CONTAINER_LIMITATION
  REASON_CONTAINER_LIMITATION_DISK REASON_CONTAINER_LIMITATION_MEMORY REASON_CONTAINER_PREEMPTED
  REASON_CONTAINER_UPDATE_FAILED REASON_MAX_COMPLETION_TIME_REACHED REASON_EXECUTOR_REGISTRATION_TIMEOUT
  REASON_EXECUTOR_REREGISTRATION_TIMEOUT REASON_EXECUTOR_TERMINATED REASON_EXECUTOR_UNREGISTERED
  REASON_FRAMEWORK_REMOVED REASON_GC_ERROR REASON_INVALID_FRAMEWORKID REASON_INVALID_OFFERS
  REASON_IO_SWITCHBOARD_EXITED REASON_MASTER_DISCONNECTED REASON_RECONCILIATION REASON_RESOURCES_UNKNOWN
  REASON_AGENT_DISCONNECTED REASON_AGENT_DRAINING REASON_AGENT_REMOVED REASON_AGENT_REMOVED_BY_OPERATOR
  REASON_AGENT_REREGISTERED REASON_AGENT_RESTARTED REASON_AGENT_UNKNOWN REASON_TASK_KILLED_DURING_LAUNCH
  REASON_TASK_CHECK_STATUS_UPDATED REASON_TASK_HEALTH_CHECK_STATUS_UPDATED REASON_TASK_GROUP_INVALID
  REASON_TASK_GROUP_UNAUTHORIZED REASON_TASK_INVALID REASON_TASK_UNAUTHORIZED REASON_TASK_UNKNOWN
OperationState OPERATION_UNSUPPORTED OPERATION_PENDING OPERATION_FINISHED OPERATION_FAILED OPERATION_ERROR
  OPERATION_DROPPED OPERATION_UNREACHABLE OPERATION_GONE_BY_OPERATOR OPERATION_RECOVERING OPERATION_UNKNOWN
Environment.Variable.Type UNKNOWN VALUE SECRET
ContainerInfo.Type DOCKER MESOS
ContainerInfo.DockerInfo.Network HOST BRIDGE NONE USER
Volume.Mode RW RO
Volume.Source.Type UNKNOWN DOCKER_VOLUME HOST_PATH SANDBOX_PATH SECRET CSI_VOLUME
Volume.Source.SandboxPath.Type UNKNOWN SELF PARENT
Volume.Source.CSIVolume.VolumeCapability.AccessMode.Mode UNKNOWN SINGLE_NODE_WRITER SINGLE_NODE_READER_ONLY
  MULTI_NODE_READER_ONLY MULTI_NODE_SINGLE_WRITER MULTI_NODE_MULTI_WRITER
NetworkInfo.Protocol IPv4 IPv6
DiscoveryInfo.Visibility FRAMEWORK CLUSTER EXTERNAL
`;

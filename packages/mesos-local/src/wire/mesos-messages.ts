// The messages of Mesos' v1 API (mesos.proto): name, then field:type in order of declaration. "!" marks a required
// field, "*" a repeated one, "%" a map from string; "any" stands for a message that nothing here looks into.
// Source of the facts: the field lists of apache/mesos include/mesos/v1, version 1.12.

export const mesosMessages = `
FrameworkID value:string!
OfferID value:string!
AgentID value:string!
TaskID value:string!
ExecutorID value:string!
ContainerID value:string! parent:ContainerID
ResourceProviderID value:string!
OperationID value:string!
UUID value:bytes!
Address hostname:string ip:string port:int32!
TimeInfo nanoseconds:int64!
DurationInfo nanoseconds:int64!
URL scheme:string! address:Address! path:string query:Parameter* fragment:string
Unavailability start:TimeInfo! duration:DurationInfo
FrameworkInfo user:string! name:string! id:FrameworkID failover_timeout:double checkpoint:bool role:string
  roles:string* hostname:string principal:string webui_url:string capabilities:FrameworkInfo.Capability*
  labels:Labels offer_filters:OfferFilters%
FrameworkInfo.Capability type:FrameworkInfo.Capability.Type
CheckInfo type:CheckInfo.Type command:CheckInfo.Command http:CheckInfo.Http tcp:CheckInfo.Tcp delay_seconds:double
  interval_seconds:double timeout_seconds:double
CheckInfo.Command command:CommandInfo!
CheckInfo.Http port:uint32! path:string
CheckInfo.Tcp port:uint32!
HealthCheck delay_seconds:double interval_seconds:double timeout_seconds:double consecutive_failures:uint32
  grace_period_seconds:double type:HealthCheck.Type command:CommandInfo http:HealthCheck.HTTPCheckInfo
  tcp:HealthCheck.TCPCheckInfo
HealthCheck.HTTPCheckInfo protocol:NetworkInfo.Protocol scheme:string port:uint32! path:string statuses:uint32*
HealthCheck.TCPCheckInfo protocol:NetworkInfo.Protocol port:uint32!
KillPolicy grace_period:DurationInfo
CommandInfo uris:CommandInfo.URI* environment:Environment shell:bool value:string arguments:string* user:string
CommandInfo.URI value:string! executable:bool extract:bool cache:bool output_file:string
ExecutorInfo type:ExecutorInfo.Type executor_id:ExecutorID! framework_id:FrameworkID command:CommandInfo
  container:ContainerInfo resources:Resource* name:string source:string data:bytes discovery:DiscoveryInfo
  shutdown_grace_period:DurationInfo labels:Labels
DomainInfo fault_domain:DomainInfo.FaultDomain
DomainInfo.FaultDomain region:DomainInfo.FaultDomain.RegionInfo! zone:DomainInfo.FaultDomain.ZoneInfo!
DomainInfo.FaultDomain.RegionInfo name:string!
DomainInfo.FaultDomain.ZoneInfo name:string!
MasterInfo id:string! ip:uint32! port:uint32! pid:string hostname:string version:string address:Address
  domain:DomainInfo capabilities:MasterInfo.Capability*
MasterInfo.Capability type:MasterInfo.Capability.Type
AgentInfo hostname:string! port:int32 resources:Resource* attributes:Attribute* id:AgentID domain:DomainInfo
Value.Scalar value:double!
Value.Range begin:uint64! end:uint64!
Value.Ranges range:Value.Range*
Value.Set item:string*
Value.Text value:string!
Attribute name:string! type:Value.Type! scalar:Value.Scalar ranges:Value.Ranges set:Value.Set text:Value.Text
Resource provider_id:ResourceProviderID name:string! type:Value.Type! scalar:Value.Scalar ranges:Value.Ranges
  set:Value.Set role:string allocation_info:Resource.AllocationInfo reservation:Resource.ReservationInfo
  reservations:Resource.ReservationInfo* disk:Resource.DiskInfo revocable:Resource.RevocableInfo
  shared:Resource.SharedInfo
Resource.AllocationInfo role:string
Resource.ReservationInfo type:Resource.ReservationInfo.Type role:string principal:string labels:Labels
Resource.DiskInfo persistence:Resource.DiskInfo.Persistence volume:Volume source:Resource.DiskInfo.Source
Resource.DiskInfo.Persistence id:string! principal:string
Resource.DiskInfo.Source type:Resource.DiskInfo.Source.Type! path:Resource.DiskInfo.Source.Path
  mount:Resource.DiskInfo.Source.Mount vendor:string id:string metadata:Labels profile:string
Resource.DiskInfo.Source.Path root:string
Resource.DiskInfo.Source.Mount root:string
Resource.RevocableInfo
Resource.SharedInfo
OfferFilters min_allocatable_resources:OfferFilters.MinAllocatableResources
OfferFilters.ResourceQuantities quantities:Value.Scalar%
OfferFilters.MinAllocatableResources quantities:OfferFilters.ResourceQuantities*
Offer id:OfferID! framework_id:FrameworkID! agent_id:AgentID! hostname:string! url:URL domain:DomainInfo
  resources:Resource* attributes:Attribute* executor_ids:ExecutorID* unavailability:Unavailability
  allocation_info:Resource.AllocationInfo
Offer.Operation type:Offer.Operation.Type id:OperationID launch:Offer.Operation.Launch
  launch_group:Offer.Operation.LaunchGroup reserve:Offer.Operation.Reserve unreserve:Offer.Operation.Unreserve
  create:Offer.Operation.Create destroy:Offer.Operation.Destroy grow_volume:Offer.Operation.GrowVolume
  shrink_volume:Offer.Operation.ShrinkVolume create_disk:Offer.Operation.CreateDisk
  destroy_disk:Offer.Operation.DestroyDisk
Offer.Operation.Launch task_infos:TaskInfo*
Offer.Operation.LaunchGroup executor:ExecutorInfo! task_group:TaskGroupInfo!
Offer.Operation.Reserve source:Resource* resources:Resource*
Offer.Operation.Unreserve resources:Resource*
Offer.Operation.Create volumes:Resource*
Offer.Operation.Destroy volumes:Resource*
Offer.Operation.GrowVolume volume:Resource! addition:Resource!
Offer.Operation.ShrinkVolume volume:Resource! subtract:Value.Scalar!
Offer.Operation.CreateDisk source:Resource! target_type:Resource.DiskInfo.Source.Type! target_profile:string
Offer.Operation.DestroyDisk source:Resource!
InverseOffer id:OfferID! url:URL framework_id:FrameworkID! agent_id:AgentID unavailability:Unavailability!
  resources:Resource*
TaskInfo name:string! task_id:TaskID! agent_id:AgentID! resources:Resource* executor:ExecutorInfo
  command:CommandInfo container:ContainerInfo health_check:HealthCheck check:CheckInfo kill_policy:KillPolicy
  data:bytes labels:Labels discovery:DiscoveryInfo max_completion_time:DurationInfo limits:Value.Scalar%
TaskGroupInfo tasks:TaskInfo*
Task name:string! task_id:TaskID! framework_id:FrameworkID! executor_id:ExecutorID agent_id:AgentID!
  state:TaskState! resources:Resource* statuses:TaskStatus* status_update_state:TaskState status_update_uuid:bytes
  labels:Labels discovery:DiscoveryInfo container:ContainerInfo health_check:HealthCheck kill_policy:KillPolicy
  user:string limits:Value.Scalar%
TaskStatus task_id:TaskID! state:TaskState! message:string source:TaskStatus.Source reason:TaskStatus.Reason
  data:bytes agent_id:AgentID executor_id:ExecutorID timestamp:double uuid:bytes healthy:bool check_status:any
  labels:Labels container_status:ContainerStatus unreachable_time:TimeInfo limitation:any
Operation framework_id:FrameworkID agent_id:AgentID info:Offer.Operation! latest_status:OperationStatus!
  statuses:OperationStatus* uuid:UUID!
OperationStatus operation_id:OperationID state:OperationState! message:string converted_resources:Resource*
  uuid:UUID agent_id:AgentID resource_provider_id:ResourceProviderID
Filters refuse_seconds:double
Environment variables:Environment.Variable*
Environment.Variable name:string! type:Environment.Variable.Type value:string secret:any
Parameter key:string! value:string!
Parameters parameter:Parameter*
ContainerInfo type:ContainerInfo.Type! volumes:Volume* hostname:string docker:ContainerInfo.DockerInfo
  mesos:ContainerInfo.MesosInfo network_infos:NetworkInfo* linux_info:any rlimit_info:any tty_info:any
ContainerInfo.DockerInfo image:string! network:ContainerInfo.DockerInfo.Network
  port_mappings:ContainerInfo.DockerInfo.PortMapping* privileged:bool parameters:Parameter* force_pull_image:bool
  volume_driver:string
ContainerInfo.DockerInfo.PortMapping host_port:uint32! container_port:uint32! protocol:string
ContainerInfo.MesosInfo image:any
Volume mode:Volume.Mode! container_path:string! host_path:string image:any source:Volume.Source
Volume.Source type:Volume.Source.Type docker_volume:Volume.Source.DockerVolume host_path:Volume.Source.HostPath
  sandbox_path:Volume.Source.SandboxPath secret:any csi_volume:Volume.Source.CSIVolume
Volume.Source.DockerVolume driver:string name:string! driver_options:Parameters
Volume.Source.HostPath path:string! mount_propagation:any
Volume.Source.SandboxPath type:Volume.Source.SandboxPath.Type path:string!
Volume.Source.CSIVolume plugin_name:string! static_provisioning:Volume.Source.CSIVolume.StaticProvisioning
Volume.Source.CSIVolume.VolumeCapability block:Volume.Source.CSIVolume.VolumeCapability.BlockVolume
  mount:Volume.Source.CSIVolume.VolumeCapability.MountVolume
  access_mode:Volume.Source.CSIVolume.VolumeCapability.AccessMode!
Volume.Source.CSIVolume.VolumeCapability.BlockVolume
Volume.Source.CSIVolume.VolumeCapability.MountVolume fs_type:string mount_flags:string*
Volume.Source.CSIVolume.VolumeCapability.AccessMode mode:Volume.Source.CSIVolume.VolumeCapability.AccessMode.Mode!
Volume.Source.CSIVolume.StaticProvisioning volume_id:string!
  volume_capability:Volume.Source.CSIVolume.VolumeCapability! node_stage_secrets:any% node_publish_secrets:any%
  volume_context:string%
NetworkInfo ip_addresses:NetworkInfo.IPAddress* name:string groups:string* labels:Labels
  port_mappings:NetworkInfo.PortMapping*
NetworkInfo.IPAddress protocol:NetworkInfo.Protocol ip_address:string
NetworkInfo.PortMapping host_port:uint32! container_port:uint32! protocol:string
Labels labels:Label*
Label key:string! value:string
Port number:uint32! name:string protocol:string visibility:DiscoveryInfo.Visibility labels:Labels
Ports ports:Port*
DiscoveryInfo visibility:DiscoveryInfo.Visibility! name:string environment:string location:string version:string
  ports:Ports labels:Labels
ContainerStatus container_id:ContainerID network_infos:NetworkInfo* cgroup_info:CgroupInfo executor_pid:uint32
CgroupInfo net_cls:CgroupInfo.NetCls
CgroupInfo.NetCls classid:uint32
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

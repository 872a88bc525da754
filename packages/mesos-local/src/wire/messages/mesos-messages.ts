// The messages of Mesos' v1 API (mesos.proto): name, then field:type=number in order of declaration. "!" marks a
// required field, "*" a repeated one, "%" a map from string, "~" a default that is printed when the field is not set.
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
TimeInfo nanoseconds:int64!=1
DurationInfo nanoseconds:int64!=1
Address hostname:string=1 ip:string=2 port:int32!=3
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
AgentInfo.Capability type:AgentInfo.Capability.Type=1
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
Request agent_id:AgentID=1 resources:Resource*=2
Offer id:OfferID!=1 framework_id:FrameworkID!=2 agent_id:AgentID!=3 hostname:string!=4 url:URL=8 domain:DomainInfo=11
  resources:Resource*=5 attributes:Attribute*=7 executor_ids:ExecutorID*=6 unavailability:Unavailability=9
  allocation_info:Resource.AllocationInfo=10
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
TaskResourceLimitation resources:Resource*=1
UUID value:bytes!=1
Operation framework_id:FrameworkID=1 agent_id:AgentID=2 info:Offer.Operation!=3 latest_status:OperationStatus!=4
  statuses:OperationStatus*=5 uuid:UUID!=6
OperationStatus operation_id:OperationID=1 state:OperationState!=2 message:string=3 converted_resources:Resource*=4
  uuid:UUID=5 agent_id:AgentID=6 resource_provider_id:ResourceProviderID=7
CheckStatusInfo type:CheckInfo.Type=1 command:CheckStatusInfo.Command=2 http:CheckStatusInfo.Http=3
  tcp:CheckStatusInfo.Tcp=4
CheckStatusInfo.Command exit_code:int32=1
CheckStatusInfo.Http status_code:uint32=1
CheckStatusInfo.Tcp succeeded:bool=1
TaskStatus task_id:TaskID!=1 state:TaskState!=2 message:string=4 source:TaskStatus.Source=9 reason:TaskStatus.Reason=10
  data:bytes=3 agent_id:AgentID=5 executor_id:ExecutorID=7 timestamp:double=6 uuid:bytes=11 healthy:bool=8
  check_status:CheckStatusInfo=15 labels:Labels=12 container_status:ContainerStatus=13 unreachable_time:TimeInfo=14
  limitation:TaskResourceLimitation=16
Filters refuse_seconds:double=1~5.0
Environment variables:Environment.Variable*=1
Environment.Variable name:string!=1 type:Environment.Variable.Type=3~VALUE value:string=2 secret:Secret=4
Parameter key:string!=1 value:string!=2
Parameters parameter:Parameter*=1
Credential principal:string!=1 secret:string=2
Secret type:Secret.Type=1 reference:Secret.Reference=2 value:Secret.Value=3
Secret.Reference name:string!=1 key:string=2
Secret.Value data:bytes!=1
Image type:Image.Type!=1 appc:Image.Appc=2 docker:Image.Docker=3 cached:bool=4~true
Image.Appc name:string!=1 id:string=2 labels:Labels=3
Image.Docker name:string!=1 credential:Credential=2 config:Secret=3
MountPropagation mode:MountPropagation.Mode=1
Volume mode:Volume.Mode!=3 container_path:string!=1 host_path:string=2 image:Image=4 source:Volume.Source=5
Volume.Source type:Volume.Source.Type=1 docker_volume:Volume.Source.DockerVolume=2 host_path:Volume.Source.HostPath=5
  sandbox_path:Volume.Source.SandboxPath=3 secret:Secret=4 csi_volume:Volume.Source.CSIVolume=6
Volume.Source.DockerVolume driver:string=1 name:string!=2 driver_options:Parameters=3
Volume.Source.HostPath path:string!=1 mount_propagation:MountPropagation=2
Volume.Source.SandboxPath type:Volume.Source.SandboxPath.Type=1 path:string!=2
Volume.Source.CSIVolume plugin_name:string!=1 static_provisioning:Volume.Source.CSIVolume.StaticProvisioning=2
Volume.Source.CSIVolume.VolumeCapability block:Volume.Source.CSIVolume.VolumeCapability.BlockVolume=1
  mount:Volume.Source.CSIVolume.VolumeCapability.MountVolume=2
  access_mode:Volume.Source.CSIVolume.VolumeCapability.AccessMode!=3
Volume.Source.CSIVolume.VolumeCapability.BlockVolume
Volume.Source.CSIVolume.VolumeCapability.MountVolume fs_type:string=1 mount_flags:string*=2
Volume.Source.CSIVolume.VolumeCapability.AccessMode mode:Volume.Source.CSIVolume.VolumeCapability.AccessMode.Mode!=1
Volume.Source.CSIVolume.StaticProvisioning volume_id:string!=1
  volume_capability:Volume.Source.CSIVolume.VolumeCapability!=2 node_stage_secrets:Secret%=3
  node_publish_secrets:Secret%=4 volume_context:string%=5
NetworkInfo ip_addresses:NetworkInfo.IPAddress*=5 name:string=6 groups:string*=3 labels:Labels=4
  port_mappings:NetworkInfo.PortMapping*=7
NetworkInfo.IPAddress protocol:NetworkInfo.Protocol=1~IPv4 ip_address:string=2
NetworkInfo.PortMapping host_port:uint32!=1 container_port:uint32!=2 protocol:string=3
CapabilityInfo capabilities:CapabilityInfo.Capability*=1
SeccompInfo profile_name:string=1 unconfined:bool=2
LinuxInfo capability_info:CapabilityInfo=1 bounding_capabilities:CapabilityInfo=2
  effective_capabilities:CapabilityInfo=3 share_pid_namespace:bool=4 seccomp:SeccompInfo=5 ipc_mode:LinuxInfo.IpcMode=6
  shm_size:uint32=7 share_cgroups:bool=8~true
RLimitInfo rlimits:RLimitInfo.RLimit*=1
RLimitInfo.RLimit type:RLimitInfo.RLimit.Type=1 hard:uint64=2 soft:uint64=3
TTYInfo window_size:TTYInfo.WindowSize=1
TTYInfo.WindowSize rows:uint32!=1 columns:uint32!=2
ContainerInfo type:ContainerInfo.Type!=1 volumes:Volume*=2 hostname:string=4 docker:ContainerInfo.DockerInfo=3
  mesos:ContainerInfo.MesosInfo=5 network_infos:NetworkInfo*=7 linux_info:LinuxInfo=8 rlimit_info:RLimitInfo=9
  tty_info:TTYInfo=10
ContainerInfo.DockerInfo image:string!=1 network:ContainerInfo.DockerInfo.Network=2~HOST
  port_mappings:ContainerInfo.DockerInfo.PortMapping*=3 privileged:bool=4~false parameters:Parameter*=5
  force_pull_image:bool=6 volume_driver:string=7
ContainerInfo.DockerInfo.PortMapping host_port:uint32!=1 container_port:uint32!=2 protocol:string=3
ContainerInfo.MesosInfo image:Image=1
ContainerStatus container_id:ContainerID=4 network_infos:NetworkInfo*=1 cgroup_info:CgroupInfo=2 executor_pid:uint32=3
CgroupInfo net_cls:CgroupInfo.NetCls=1
CgroupInfo.NetCls classid:uint32=1
Labels labels:Label*=1
Label key:string!=1 value:string=2
Port number:uint32!=1 name:string=2 protocol:string=3 visibility:DiscoveryInfo.Visibility=4 labels:Labels=5
Ports ports:Port*=1
DiscoveryInfo visibility:DiscoveryInfo.Visibility!=1 name:string=2 environment:string=3 location:string=4
  version:string=5 ports:Ports=6 labels:Labels=7
Device.Number major_number:uint64!=1 minor_number:uint64!=2
`;

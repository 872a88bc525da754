// Generated from proto/cke/kube_node.proto by scripts/generate-protocol.ts: do not edit.
import { detached, messageCodec, toNumber, type MessageCodec } from "../codec/codec.ts";
import { EnvironmentVariable, ProcessSpec, type EnvironmentVariableInit, type ProcessSpecInit } from "./process.ts";

export interface TaskData { readonly task: { readonly kind: "kubeNode"; readonly value: KubeNodeTask } | { readonly kind: "process"; readonly value: ProcessTask } | { readonly kind: "resources"; readonly value: ResourcesTask } | undefined; }
export interface TaskDataInit { readonly task?: { readonly kind: "kubeNode"; readonly value: KubeNodeTaskInit } | { readonly kind: "process"; readonly value: ProcessTaskInit } | { readonly kind: "resources"; readonly value: ResourcesTaskInit } | undefined; }
export const TaskData: MessageCodec<TaskData, TaskDataInit> = messageCodec<TaskData, TaskDataInit>({
  create: (init) => ({ task: init.task?.kind === "kubeNode" ? { kind: "kubeNode", value: KubeNodeTask.create(init.task.value) } : init.task?.kind === "process" ? { kind: "process", value: ProcessTask.create(init.task.value) } : init.task?.kind === "resources" ? { kind: "resources", value: ResourcesTask.create(init.task.value) } : undefined, }),
  write: (message, writer) => { if (message.task?.kind === "kubeNode") { KubeNodeTask.write(message.task.value, writer.uint32(10).fork()).ldelim(); } if (message.task?.kind === "process") { ProcessTask.write(message.task.value, writer.uint32(18).fork()).ldelim(); } if (message.task?.kind === "resources") { ResourcesTask.write(message.task.value, writer.uint32(26).fork()).ldelim(); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let taskValue: TaskData["task"];
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: taskValue = { kind: "kubeNode", value: KubeNodeTask.read(reader, reader.uint32()) }; break; case 2: taskValue = { kind: "process", value: ProcessTask.read(reader, reader.uint32()) }; break; case 3: taskValue = { kind: "resources", value: ResourcesTask.read(reader, reader.uint32()) }; break; default: reader.skipType(tag & 7); }
    }
    return { task: taskValue };
  },
});

export interface Volume { readonly path: string; readonly dockerVolume: string; readonly hostPath: string; readonly readOnly: boolean; }
export interface VolumeInit { readonly path?: string | undefined; readonly dockerVolume?: string | undefined; readonly hostPath?: string | undefined; readonly readOnly?: boolean | undefined; }
export const Volume: MessageCodec<Volume, VolumeInit> = messageCodec<Volume, VolumeInit>({
  create: (init) => ({ path: init.path ?? "", dockerVolume: init.dockerVolume ?? "", hostPath: init.hostPath ?? "", readOnly: init.readOnly ?? false, }),
  write: (message, writer) => { if (!(message.path === "")) { writer.uint32(10).string(message.path); } if (!(message.dockerVolume === "")) { writer.uint32(18).string(message.dockerVolume); } if (!(message.hostPath === "")) { writer.uint32(26).string(message.hostPath); } if (!(message.readOnly === false)) { writer.uint32(32).bool(message.readOnly); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let pathValue: Volume["path"] = ""; let dockerVolumeValue: Volume["dockerVolume"] = ""; let hostPathValue: Volume["hostPath"] = ""; let readOnlyValue: Volume["readOnly"] = false;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: pathValue = reader.string(); break; case 2: dockerVolumeValue = reader.string(); break; case 3: hostPathValue = reader.string(); break; case 4: readOnlyValue = reader.bool(); break; default: reader.skipType(tag & 7); }
    }
    return { path: pathValue, dockerVolume: dockerVolumeValue, hostPath: hostPathValue, readOnly: readOnlyValue };
  },
});

export interface PublishedPort { readonly hostPort: number; readonly containerPort: number; readonly protocol: string; readonly hostIp: string; readonly ingress: string; }
export interface PublishedPortInit { readonly hostPort?: number | undefined; readonly containerPort?: number | undefined; readonly protocol?: string | undefined; readonly hostIp?: string | undefined; readonly ingress?: string | undefined; }
export const PublishedPort: MessageCodec<PublishedPort, PublishedPortInit> = messageCodec<PublishedPort, PublishedPortInit>({
  create: (init) => ({ hostPort: init.hostPort ?? 0, containerPort: init.containerPort ?? 0, protocol: init.protocol ?? "", hostIp: init.hostIp ?? "", ingress: init.ingress ?? "", }),
  write: (message, writer) => { if (!(message.hostPort === 0)) { writer.uint32(8).uint32(message.hostPort); } if (!(message.containerPort === 0)) { writer.uint32(16).uint32(message.containerPort); } if (!(message.protocol === "")) { writer.uint32(26).string(message.protocol); } if (!(message.hostIp === "")) { writer.uint32(34).string(message.hostIp); } if (!(message.ingress === "")) { writer.uint32(42).string(message.ingress); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let hostPortValue: PublishedPort["hostPort"] = 0; let containerPortValue: PublishedPort["containerPort"] = 0; let protocolValue: PublishedPort["protocol"] = ""; let hostIpValue: PublishedPort["hostIp"] = ""; let ingressValue: PublishedPort["ingress"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: hostPortValue = reader.uint32(); break; case 2: containerPortValue = reader.uint32(); break; case 3: protocolValue = reader.string(); break; case 4: hostIpValue = reader.string(); break; case 5: ingressValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { hostPort: hostPortValue, containerPort: containerPortValue, protocol: protocolValue, hostIp: hostIpValue, ingress: ingressValue };
  },
});

export interface HostEntry { readonly name: string; readonly ip: string; }
export interface HostEntryInit { readonly name?: string | undefined; readonly ip?: string | undefined; }
export const HostEntry: MessageCodec<HostEntry, HostEntryInit> = messageCodec<HostEntry, HostEntryInit>({
  create: (init) => ({ name: init.name ?? "", ip: init.ip ?? "", }),
  write: (message, writer) => { if (!(message.name === "")) { writer.uint32(10).string(message.name); } if (!(message.ip === "")) { writer.uint32(18).string(message.ip); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let nameValue: HostEntry["name"] = ""; let ipValue: HostEntry["ip"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: nameValue = reader.string(); break; case 2: ipValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { name: nameValue, ip: ipValue };
  },
});

export interface NodeFile { readonly path: string; readonly mode: number; readonly content: Uint8Array; }
export interface NodeFileInit { readonly path?: string | undefined; readonly mode?: number | undefined; readonly content?: Uint8Array | undefined; }
export const NodeFile: MessageCodec<NodeFile, NodeFileInit> = messageCodec<NodeFile, NodeFileInit>({
  create: (init) => ({ path: init.path ?? "", mode: init.mode ?? 0, content: init.content ?? new Uint8Array(0), }),
  write: (message, writer) => { if (!(message.path === "")) { writer.uint32(10).string(message.path); } if (!(message.mode === 0)) { writer.uint32(16).uint32(message.mode); } if (!(message.content.length === 0)) { writer.uint32(26).bytes(message.content); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let pathValue: NodeFile["path"] = ""; let modeValue: NodeFile["mode"] = 0; let contentValue: NodeFile["content"] = new Uint8Array(0);
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: pathValue = reader.string(); break; case 2: modeValue = reader.uint32(); break; case 3: contentValue = detached(reader.bytes()); break; default: reader.skipType(tag & 7); }
    }
    return { path: pathValue, mode: modeValue, content: contentValue };
  },
});

export interface NodeSecret { readonly name: string; readonly path: string; }
export interface NodeSecretInit { readonly name?: string | undefined; readonly path?: string | undefined; }
export const NodeSecret: MessageCodec<NodeSecret, NodeSecretInit> = messageCodec<NodeSecret, NodeSecretInit>({
  create: (init) => ({ name: init.name ?? "", path: init.path ?? "", }),
  write: (message, writer) => { if (!(message.name === "")) { writer.uint32(10).string(message.name); } if (!(message.path === "")) { writer.uint32(18).string(message.path); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let nameValue: NodeSecret["name"] = ""; let pathValue: NodeSecret["path"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: nameValue = reader.string(); break; case 2: pathValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { name: nameValue, path: pathValue };
  },
});

export interface KubeNodeTask { readonly cluster: string; readonly node: string; readonly nodeType: string; readonly image: string; readonly hostname: string; readonly network: string; readonly ip: string; readonly hosts: readonly HostEntry[]; readonly environment: readonly EnvironmentVariable[]; readonly volumes: readonly Volume[]; readonly tmpfs: readonly string[]; readonly ports: readonly PublishedPort[]; readonly cpuMillis: number; readonly memoryBytes: number; readonly cfsQuota: boolean; readonly files: readonly NodeFile[]; readonly secrets: readonly NodeSecret[]; readonly lxcfsPath: string; readonly dockerPath: string; readonly registryDomain: string; readonly registryCertificate: Uint8Array; readonly labels: Readonly<Record<string, string>>; readonly incarnation: string; readonly frameworkId: string; readonly removeOnKill: boolean; readonly peers: ClusterPeers | undefined; readonly apiBalancer: ApiBalancer | undefined; readonly uplinkNetwork: string; readonly uplinkIp: string; readonly endOnKill: boolean; }
export interface KubeNodeTaskInit { readonly cluster?: string | undefined; readonly node?: string | undefined; readonly nodeType?: string | undefined; readonly image?: string | undefined; readonly hostname?: string | undefined; readonly network?: string | undefined; readonly ip?: string | undefined; readonly hosts?: readonly HostEntryInit[] | undefined; readonly environment?: readonly EnvironmentVariableInit[] | undefined; readonly volumes?: readonly VolumeInit[] | undefined; readonly tmpfs?: readonly string[] | undefined; readonly ports?: readonly PublishedPortInit[] | undefined; readonly cpuMillis?: number | undefined; readonly memoryBytes?: number | undefined; readonly cfsQuota?: boolean | undefined; readonly files?: readonly NodeFileInit[] | undefined; readonly secrets?: readonly NodeSecretInit[] | undefined; readonly lxcfsPath?: string | undefined; readonly dockerPath?: string | undefined; readonly registryDomain?: string | undefined; readonly registryCertificate?: Uint8Array | undefined; readonly labels?: Readonly<Record<string, string>> | undefined; readonly incarnation?: string | undefined; readonly frameworkId?: string | undefined; readonly removeOnKill?: boolean | undefined; readonly peers?: ClusterPeersInit | undefined; readonly apiBalancer?: ApiBalancerInit | undefined; readonly uplinkNetwork?: string | undefined; readonly uplinkIp?: string | undefined; readonly endOnKill?: boolean | undefined; }
export const KubeNodeTask: MessageCodec<KubeNodeTask, KubeNodeTaskInit> = messageCodec<KubeNodeTask, KubeNodeTaskInit>({
  create: (init) => ({ cluster: init.cluster ?? "", node: init.node ?? "", nodeType: init.nodeType ?? "", image: init.image ?? "", hostname: init.hostname ?? "", network: init.network ?? "", ip: init.ip ?? "", hosts: (init.hosts ?? []).map((value) => HostEntry.create(value)), environment: (init.environment ?? []).map((value) => EnvironmentVariable.create(value)), volumes: (init.volumes ?? []).map((value) => Volume.create(value)), tmpfs: (init.tmpfs ?? []).map((value) => value), ports: (init.ports ?? []).map((value) => PublishedPort.create(value)), cpuMillis: init.cpuMillis ?? 0, memoryBytes: init.memoryBytes ?? 0, cfsQuota: init.cfsQuota ?? false, files: (init.files ?? []).map((value) => NodeFile.create(value)), secrets: (init.secrets ?? []).map((value) => NodeSecret.create(value)), lxcfsPath: init.lxcfsPath ?? "", dockerPath: init.dockerPath ?? "", registryDomain: init.registryDomain ?? "", registryCertificate: init.registryCertificate ?? new Uint8Array(0), labels: { ...init.labels }, incarnation: init.incarnation ?? "", frameworkId: init.frameworkId ?? "", removeOnKill: init.removeOnKill ?? false, peers: init.peers === undefined ? undefined : ClusterPeers.create(init.peers), apiBalancer: init.apiBalancer === undefined ? undefined : ApiBalancer.create(init.apiBalancer), uplinkNetwork: init.uplinkNetwork ?? "", uplinkIp: init.uplinkIp ?? "", endOnKill: init.endOnKill ?? false, }),
  write: (message, writer) => { if (!(message.cluster === "")) { writer.uint32(10).string(message.cluster); } if (!(message.node === "")) { writer.uint32(18).string(message.node); } if (!(message.nodeType === "")) { writer.uint32(26).string(message.nodeType); } if (!(message.image === "")) { writer.uint32(34).string(message.image); } if (!(message.hostname === "")) { writer.uint32(42).string(message.hostname); } if (!(message.network === "")) { writer.uint32(50).string(message.network); } if (!(message.ip === "")) { writer.uint32(58).string(message.ip); } for (const value of message.hosts) { HostEntry.write(value, writer.uint32(66).fork()).ldelim(); } for (const value of message.environment) { EnvironmentVariable.write(value, writer.uint32(74).fork()).ldelim(); } for (const value of message.volumes) { Volume.write(value, writer.uint32(82).fork()).ldelim(); } for (const value of message.tmpfs) { writer.uint32(90).string(value); } for (const value of message.ports) { PublishedPort.write(value, writer.uint32(98).fork()).ldelim(); } if (!(message.cpuMillis === 0)) { writer.uint32(104).uint64(message.cpuMillis); } if (!(message.memoryBytes === 0)) { writer.uint32(112).uint64(message.memoryBytes); } if (!(message.cfsQuota === false)) { writer.uint32(120).bool(message.cfsQuota); } for (const value of message.files) { NodeFile.write(value, writer.uint32(130).fork()).ldelim(); } for (const value of message.secrets) { NodeSecret.write(value, writer.uint32(138).fork()).ldelim(); } if (!(message.lxcfsPath === "")) { writer.uint32(146).string(message.lxcfsPath); } if (!(message.dockerPath === "")) { writer.uint32(154).string(message.dockerPath); } if (!(message.registryDomain === "")) { writer.uint32(162).string(message.registryDomain); } if (!(message.registryCertificate.length === 0)) { writer.uint32(170).bytes(message.registryCertificate); } for (const [key, value] of Object.entries(message.labels)) { const entry = writer.uint32(178).fork(); entry.uint32(10).string(key); entry.uint32(18).string(value); entry.ldelim(); } if (!(message.incarnation === "")) { writer.uint32(186).string(message.incarnation); } if (!(message.frameworkId === "")) { writer.uint32(194).string(message.frameworkId); } if (!(message.removeOnKill === false)) { writer.uint32(200).bool(message.removeOnKill); } if (!(message.peers === undefined)) { ClusterPeers.write(message.peers, writer.uint32(210).fork()).ldelim(); } if (!(message.apiBalancer === undefined)) { ApiBalancer.write(message.apiBalancer, writer.uint32(218).fork()).ldelim(); } if (!(message.uplinkNetwork === "")) { writer.uint32(234).string(message.uplinkNetwork); } if (!(message.uplinkIp === "")) { writer.uint32(242).string(message.uplinkIp); } if (!(message.endOnKill === false)) { writer.uint32(224).bool(message.endOnKill); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let clusterValue: KubeNodeTask["cluster"] = ""; let nodeValue: KubeNodeTask["node"] = ""; let nodeTypeValue: KubeNodeTask["nodeType"] = ""; let imageValue: KubeNodeTask["image"] = ""; let hostnameValue: KubeNodeTask["hostname"] = ""; let networkValue: KubeNodeTask["network"] = ""; let ipValue: KubeNodeTask["ip"] = ""; const hostsValue: HostEntry[] = []; const environmentValue: EnvironmentVariable[] = []; const volumesValue: Volume[] = []; const tmpfsValue: string[] = []; const portsValue: PublishedPort[] = []; let cpuMillisValue: KubeNodeTask["cpuMillis"] = 0; let memoryBytesValue: KubeNodeTask["memoryBytes"] = 0; let cfsQuotaValue: KubeNodeTask["cfsQuota"] = false; const filesValue: NodeFile[] = []; const secretsValue: NodeSecret[] = []; let lxcfsPathValue: KubeNodeTask["lxcfsPath"] = ""; let dockerPathValue: KubeNodeTask["dockerPath"] = ""; let registryDomainValue: KubeNodeTask["registryDomain"] = ""; let registryCertificateValue: KubeNodeTask["registryCertificate"] = new Uint8Array(0); const labelsValue: Record<string, string> = {}; let incarnationValue: KubeNodeTask["incarnation"] = ""; let frameworkIdValue: KubeNodeTask["frameworkId"] = ""; let removeOnKillValue: KubeNodeTask["removeOnKill"] = false; let peersValue: KubeNodeTask["peers"] = undefined; let apiBalancerValue: KubeNodeTask["apiBalancer"] = undefined; let uplinkNetworkValue: KubeNodeTask["uplinkNetwork"] = ""; let uplinkIpValue: KubeNodeTask["uplinkIp"] = ""; let endOnKillValue: KubeNodeTask["endOnKill"] = false;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: clusterValue = reader.string(); break; case 2: nodeValue = reader.string(); break; case 3: nodeTypeValue = reader.string(); break; case 4: imageValue = reader.string(); break; case 5: hostnameValue = reader.string(); break; case 6: networkValue = reader.string(); break; case 7: ipValue = reader.string(); break; case 8: hostsValue.push(HostEntry.read(reader, reader.uint32())); break; case 9: environmentValue.push(EnvironmentVariable.read(reader, reader.uint32())); break; case 10: volumesValue.push(Volume.read(reader, reader.uint32())); break; case 11: tmpfsValue.push(reader.string()); break; case 12: portsValue.push(PublishedPort.read(reader, reader.uint32())); break; case 13: cpuMillisValue = toNumber(reader.uint64()); break; case 14: memoryBytesValue = toNumber(reader.uint64()); break; case 15: cfsQuotaValue = reader.bool(); break; case 16: filesValue.push(NodeFile.read(reader, reader.uint32())); break; case 17: secretsValue.push(NodeSecret.read(reader, reader.uint32())); break; case 18: lxcfsPathValue = reader.string(); break; case 19: dockerPathValue = reader.string(); break; case 20: registryDomainValue = reader.string(); break; case 21: registryCertificateValue = detached(reader.bytes()); break; case 22: { const end = reader.uint32() + reader.pos; let key = ""; let value: string = ""; while (reader.pos < end) { const tag = reader.uint32(); if (tag >>> 3 === 1) key = reader.string(); else if (tag >>> 3 === 2) value = reader.string(); else reader.skipType(tag & 7); } labelsValue[key] = value; break; } case 23: incarnationValue = reader.string(); break; case 24: frameworkIdValue = reader.string(); break; case 25: removeOnKillValue = reader.bool(); break; case 26: peersValue = ClusterPeers.read(reader, reader.uint32()); break; case 27: apiBalancerValue = ApiBalancer.read(reader, reader.uint32()); break; case 29: uplinkNetworkValue = reader.string(); break; case 30: uplinkIpValue = reader.string(); break; case 28: endOnKillValue = reader.bool(); break; default: reader.skipType(tag & 7); }
    }
    return { cluster: clusterValue, node: nodeValue, nodeType: nodeTypeValue, image: imageValue, hostname: hostnameValue, network: networkValue, ip: ipValue, hosts: hostsValue, environment: environmentValue, volumes: volumesValue, tmpfs: tmpfsValue, ports: portsValue, cpuMillis: cpuMillisValue, memoryBytes: memoryBytesValue, cfsQuota: cfsQuotaValue, files: filesValue, secrets: secretsValue, lxcfsPath: lxcfsPathValue, dockerPath: dockerPathValue, registryDomain: registryDomainValue, registryCertificate: registryCertificateValue, labels: labelsValue, incarnation: incarnationValue, frameworkId: frameworkIdValue, removeOnKill: removeOnKillValue, peers: peersValue, apiBalancer: apiBalancerValue, uplinkNetwork: uplinkNetworkValue, uplinkIp: uplinkIpValue, endOnKill: endOnKillValue };
  },
});

export interface ApiBalancer { readonly port: number; readonly masterPort: number; }
export interface ApiBalancerInit { readonly port?: number | undefined; readonly masterPort?: number | undefined; }
export const ApiBalancer: MessageCodec<ApiBalancer, ApiBalancerInit> = messageCodec<ApiBalancer, ApiBalancerInit>({
  create: (init) => ({ port: init.port ?? 0, masterPort: init.masterPort ?? 0, }),
  write: (message, writer) => { if (!(message.port === 0)) { writer.uint32(8).uint32(message.port); } if (!(message.masterPort === 0)) { writer.uint32(16).uint32(message.masterPort); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let portValue: ApiBalancer["port"] = 0; let masterPortValue: ApiBalancer["masterPort"] = 0;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: portValue = reader.uint32(); break; case 2: masterPortValue = reader.uint32(); break; default: reader.skipType(tag & 7); }
    }
    return { port: portValue, masterPort: masterPortValue };
  },
});

export interface ClusterPeers { readonly version: string; readonly peers: readonly ClusterPeer[]; readonly bgp: BgpRouting | undefined; }
export interface ClusterPeersInit { readonly version?: string | undefined; readonly peers?: readonly ClusterPeerInit[] | undefined; readonly bgp?: BgpRoutingInit | undefined; }
export const ClusterPeers: MessageCodec<ClusterPeers, ClusterPeersInit> = messageCodec<ClusterPeers, ClusterPeersInit>({
  create: (init) => ({ version: init.version ?? "", peers: (init.peers ?? []).map((value) => ClusterPeer.create(value)), bgp: init.bgp === undefined ? undefined : BgpRouting.create(init.bgp), }),
  write: (message, writer) => { if (!(message.version === "")) { writer.uint32(10).string(message.version); } for (const value of message.peers) { ClusterPeer.write(value, writer.uint32(18).fork()).ldelim(); } if (!(message.bgp === undefined)) { BgpRouting.write(message.bgp, writer.uint32(26).fork()).ldelim(); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let versionValue: ClusterPeers["version"] = ""; const peersValue: ClusterPeer[] = []; let bgpValue: ClusterPeers["bgp"] = undefined;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: versionValue = reader.string(); break; case 2: peersValue.push(ClusterPeer.read(reader, reader.uint32())); break; case 3: bgpValue = BgpRouting.read(reader, reader.uint32()); break; default: reader.skipType(tag & 7); }
    }
    return { version: versionValue, peers: peersValue, bgp: bgpValue };
  },
});

export interface BgpRouting { readonly asn: number; readonly podRange: string; readonly serviceRange: string; readonly routers: readonly BgpRouter[]; readonly uplink: Uplink | undefined; readonly announcements: readonly Announcement[]; readonly pools: readonly string[]; readonly apiAddress: string; }
export interface BgpRoutingInit { readonly asn?: number | undefined; readonly podRange?: string | undefined; readonly serviceRange?: string | undefined; readonly routers?: readonly BgpRouterInit[] | undefined; readonly uplink?: UplinkInit | undefined; readonly announcements?: readonly AnnouncementInit[] | undefined; readonly pools?: readonly string[] | undefined; readonly apiAddress?: string | undefined; }
export const BgpRouting: MessageCodec<BgpRouting, BgpRoutingInit> = messageCodec<BgpRouting, BgpRoutingInit>({
  create: (init) => ({ asn: init.asn ?? 0, podRange: init.podRange ?? "", serviceRange: init.serviceRange ?? "", routers: (init.routers ?? []).map((value) => BgpRouter.create(value)), uplink: init.uplink === undefined ? undefined : Uplink.create(init.uplink), announcements: (init.announcements ?? []).map((value) => Announcement.create(value)), pools: (init.pools ?? []).map((value) => value), apiAddress: init.apiAddress ?? "", }),
  write: (message, writer) => { if (!(message.asn === 0)) { writer.uint32(8).uint32(message.asn); } if (!(message.podRange === "")) { writer.uint32(18).string(message.podRange); } if (!(message.serviceRange === "")) { writer.uint32(26).string(message.serviceRange); } for (const value of message.routers) { BgpRouter.write(value, writer.uint32(34).fork()).ldelim(); } if (!(message.uplink === undefined)) { Uplink.write(message.uplink, writer.uint32(42).fork()).ldelim(); } for (const value of message.announcements) { Announcement.write(value, writer.uint32(82).fork()).ldelim(); } for (const value of message.pools) { writer.uint32(90).string(value); } if (!(message.apiAddress === "")) { writer.uint32(98).string(message.apiAddress); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let asnValue: BgpRouting["asn"] = 0; let podRangeValue: BgpRouting["podRange"] = ""; let serviceRangeValue: BgpRouting["serviceRange"] = ""; const routersValue: BgpRouter[] = []; let uplinkValue: BgpRouting["uplink"] = undefined; const announcementsValue: Announcement[] = []; const poolsValue: string[] = []; let apiAddressValue: BgpRouting["apiAddress"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: asnValue = reader.uint32(); break; case 2: podRangeValue = reader.string(); break; case 3: serviceRangeValue = reader.string(); break; case 4: routersValue.push(BgpRouter.read(reader, reader.uint32())); break; case 5: uplinkValue = Uplink.read(reader, reader.uint32()); break; case 10: announcementsValue.push(Announcement.read(reader, reader.uint32())); break; case 11: poolsValue.push(reader.string()); break; case 12: apiAddressValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { asn: asnValue, podRange: podRangeValue, serviceRange: serviceRangeValue, routers: routersValue, uplink: uplinkValue, announcements: announcementsValue, pools: poolsValue, apiAddress: apiAddressValue };
  },
});

export interface Announcement { readonly address: string; readonly nodes: readonly string[]; }
export interface AnnouncementInit { readonly address?: string | undefined; readonly nodes?: readonly string[] | undefined; }
export const Announcement: MessageCodec<Announcement, AnnouncementInit> = messageCodec<Announcement, AnnouncementInit>({
  create: (init) => ({ address: init.address ?? "", nodes: (init.nodes ?? []).map((value) => value), }),
  write: (message, writer) => { if (!(message.address === "")) { writer.uint32(10).string(message.address); } for (const value of message.nodes) { writer.uint32(18).string(value); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let addressValue: Announcement["address"] = ""; const nodesValue: string[] = [];
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: addressValue = reader.string(); break; case 2: nodesValue.push(reader.string()); break; default: reader.skipType(tag & 7); }
    }
    return { address: addressValue, nodes: nodesValue };
  },
});

export interface Uplink { readonly routers: readonly BgpRouter[]; readonly snat: string; readonly floating: readonly FloatingAddress[]; }
export interface UplinkInit { readonly routers?: readonly BgpRouterInit[] | undefined; readonly snat?: string | undefined; readonly floating?: readonly FloatingAddressInit[] | undefined; }
export const Uplink: MessageCodec<Uplink, UplinkInit> = messageCodec<Uplink, UplinkInit>({
  create: (init) => ({ routers: (init.routers ?? []).map((value) => BgpRouter.create(value)), snat: init.snat ?? "", floating: (init.floating ?? []).map((value) => FloatingAddress.create(value)), }),
  write: (message, writer) => { for (const value of message.routers) { BgpRouter.write(value, writer.uint32(10).fork()).ldelim(); } if (!(message.snat === "")) { writer.uint32(18).string(message.snat); } for (const value of message.floating) { FloatingAddress.write(value, writer.uint32(26).fork()).ldelim(); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    const routersValue: BgpRouter[] = []; let snatValue: Uplink["snat"] = ""; const floatingValue: FloatingAddress[] = [];
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: routersValue.push(BgpRouter.read(reader, reader.uint32())); break; case 2: snatValue = reader.string(); break; case 3: floatingValue.push(FloatingAddress.read(reader, reader.uint32())); break; default: reader.skipType(tag & 7); }
    }
    return { routers: routersValue, snat: snatValue, floating: floatingValue };
  },
});

export interface FloatingAddress { readonly address: string; readonly target: string; }
export interface FloatingAddressInit { readonly address?: string | undefined; readonly target?: string | undefined; }
export const FloatingAddress: MessageCodec<FloatingAddress, FloatingAddressInit> = messageCodec<FloatingAddress, FloatingAddressInit>({
  create: (init) => ({ address: init.address ?? "", target: init.target ?? "", }),
  write: (message, writer) => { if (!(message.address === "")) { writer.uint32(10).string(message.address); } if (!(message.target === "")) { writer.uint32(18).string(message.target); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let addressValue: FloatingAddress["address"] = ""; let targetValue: FloatingAddress["target"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: addressValue = reader.string(); break; case 2: targetValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { address: addressValue, target: targetValue };
  },
});

export interface BgpRouter { readonly address: string; readonly asn: number; readonly password: boolean; }
export interface BgpRouterInit { readonly address?: string | undefined; readonly asn?: number | undefined; readonly password?: boolean | undefined; }
export const BgpRouter: MessageCodec<BgpRouter, BgpRouterInit> = messageCodec<BgpRouter, BgpRouterInit>({
  create: (init) => ({ address: init.address ?? "", asn: init.asn ?? 0, password: init.password ?? false, }),
  write: (message, writer) => { if (!(message.address === "")) { writer.uint32(10).string(message.address); } if (!(message.asn === 0)) { writer.uint32(16).uint32(message.asn); } if (!(message.password === false)) { writer.uint32(24).bool(message.password); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let addressValue: BgpRouter["address"] = ""; let asnValue: BgpRouter["asn"] = 0; let passwordValue: BgpRouter["password"] = false;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: addressValue = reader.string(); break; case 2: asnValue = reader.uint32(); break; case 3: passwordValue = reader.bool(); break; default: reader.skipType(tag & 7); }
    }
    return { address: addressValue, asn: asnValue, password: passwordValue };
  },
});

export interface ClusterPeer { readonly name: string; readonly ip: string; readonly podCidr: string; readonly master: boolean; readonly gateway: ClusterGateway | undefined; }
export interface ClusterPeerInit { readonly name?: string | undefined; readonly ip?: string | undefined; readonly podCidr?: string | undefined; readonly master?: boolean | undefined; readonly gateway?: ClusterGatewayInit | undefined; }
export const ClusterPeer: MessageCodec<ClusterPeer, ClusterPeerInit> = messageCodec<ClusterPeer, ClusterPeerInit>({
  create: (init) => ({ name: init.name ?? "", ip: init.ip ?? "", podCidr: init.podCidr ?? "", master: init.master ?? false, gateway: init.gateway === undefined ? undefined : ClusterGateway.create(init.gateway), }),
  write: (message, writer) => { if (!(message.name === "")) { writer.uint32(10).string(message.name); } if (!(message.ip === "")) { writer.uint32(18).string(message.ip); } if (!(message.podCidr === "")) { writer.uint32(26).string(message.podCidr); } if (!(message.master === false)) { writer.uint32(32).bool(message.master); } if (!(message.gateway === undefined)) { ClusterGateway.write(message.gateway, writer.uint32(42).fork()).ldelim(); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let nameValue: ClusterPeer["name"] = ""; let ipValue: ClusterPeer["ip"] = ""; let podCidrValue: ClusterPeer["podCidr"] = ""; let masterValue: ClusterPeer["master"] = false; let gatewayValue: ClusterPeer["gateway"] = undefined;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: nameValue = reader.string(); break; case 2: ipValue = reader.string(); break; case 3: podCidrValue = reader.string(); break; case 4: masterValue = reader.bool(); break; case 5: gatewayValue = ClusterGateway.read(reader, reader.uint32()); break; default: reader.skipType(tag & 7); }
    }
    return { name: nameValue, ip: ipValue, podCidr: podCidrValue, master: masterValue, gateway: gatewayValue };
  },
});

export interface ClusterGateway { readonly type: string; readonly uplinkIp: string; }
export interface ClusterGatewayInit { readonly type?: string | undefined; readonly uplinkIp?: string | undefined; }
export const ClusterGateway: MessageCodec<ClusterGateway, ClusterGatewayInit> = messageCodec<ClusterGateway, ClusterGatewayInit>({
  create: (init) => ({ type: init.type ?? "", uplinkIp: init.uplinkIp ?? "", }),
  write: (message, writer) => { if (!(message.type === "")) { writer.uint32(10).string(message.type); } if (!(message.uplinkIp === "")) { writer.uint32(18).string(message.uplinkIp); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let typeValue: ClusterGateway["type"] = ""; let uplinkIpValue: ClusterGateway["uplinkIp"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: typeValue = reader.string(); break; case 2: uplinkIpValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { type: typeValue, uplinkIp: uplinkIpValue };
  },
});

export interface ResourcesTask { readonly process: string; }
export interface ResourcesTaskInit { readonly process?: string | undefined; }
export const ResourcesTask: MessageCodec<ResourcesTask, ResourcesTaskInit> = messageCodec<ResourcesTask, ResourcesTaskInit>({
  create: (init) => ({ process: init.process ?? "", }),
  write: (message, writer) => { if (!(message.process === "")) { writer.uint32(10).string(message.process); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let processValue: ResourcesTask["process"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: processValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { process: processValue };
  },
});

export interface ProcessTask { readonly spec: ProcessSpec | undefined; readonly version: string; readonly stopped: boolean; }
export interface ProcessTaskInit { readonly spec?: ProcessSpecInit | undefined; readonly version?: string | undefined; readonly stopped?: boolean | undefined; }
export const ProcessTask: MessageCodec<ProcessTask, ProcessTaskInit> = messageCodec<ProcessTask, ProcessTaskInit>({
  create: (init) => ({ spec: init.spec === undefined ? undefined : ProcessSpec.create(init.spec), version: init.version ?? "", stopped: init.stopped ?? false, }),
  write: (message, writer) => { if (!(message.spec === undefined)) { ProcessSpec.write(message.spec, writer.uint32(10).fork()).ldelim(); } if (!(message.version === "")) { writer.uint32(18).string(message.version); } if (!(message.stopped === false)) { writer.uint32(24).bool(message.stopped); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let specValue: ProcessTask["spec"] = undefined; let versionValue: ProcessTask["version"] = ""; let stoppedValue: ProcessTask["stopped"] = false;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: specValue = ProcessSpec.read(reader, reader.uint32()); break; case 2: versionValue = reader.string(); break; case 3: stoppedValue = reader.bool(); break; default: reader.skipType(tag & 7); }
    }
    return { spec: specValue, version: versionValue, stopped: stoppedValue };
  },
});

export interface NodeProcesses { readonly processes: readonly ProcessTask[]; readonly cpuMillis: number; readonly memoryBytes: number; }
export interface NodeProcessesInit { readonly processes?: readonly ProcessTaskInit[] | undefined; readonly cpuMillis?: number | undefined; readonly memoryBytes?: number | undefined; }
export const NodeProcesses: MessageCodec<NodeProcesses, NodeProcessesInit> = messageCodec<NodeProcesses, NodeProcessesInit>({
  create: (init) => ({ processes: (init.processes ?? []).map((value) => ProcessTask.create(value)), cpuMillis: init.cpuMillis ?? 0, memoryBytes: init.memoryBytes ?? 0, }),
  write: (message, writer) => { for (const value of message.processes) { ProcessTask.write(value, writer.uint32(10).fork()).ldelim(); } if (!(message.cpuMillis === 0)) { writer.uint32(16).uint64(message.cpuMillis); } if (!(message.memoryBytes === 0)) { writer.uint32(24).uint64(message.memoryBytes); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    const processesValue: ProcessTask[] = []; let cpuMillisValue: NodeProcesses["cpuMillis"] = 0; let memoryBytesValue: NodeProcesses["memoryBytes"] = 0;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: processesValue.push(ProcessTask.read(reader, reader.uint32())); break; case 2: cpuMillisValue = toNumber(reader.uint64()); break; case 3: memoryBytesValue = toNumber(reader.uint64()); break; default: reader.skipType(tag & 7); }
    }
    return { processes: processesValue, cpuMillis: cpuMillisValue, memoryBytes: memoryBytesValue };
  },
});

export interface NodeReport { readonly bgp: BgpReport | undefined; }
export interface NodeReportInit { readonly bgp?: BgpReportInit | undefined; }
export const NodeReport: MessageCodec<NodeReport, NodeReportInit> = messageCodec<NodeReport, NodeReportInit>({
  create: (init) => ({ bgp: init.bgp === undefined ? undefined : BgpReport.create(init.bgp), }),
  write: (message, writer) => { if (!(message.bgp === undefined)) { BgpReport.write(message.bgp, writer.uint32(10).fork()).ldelim(); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let bgpValue: NodeReport["bgp"] = undefined;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: bgpValue = BgpReport.read(reader, reader.uint32()); break; default: reader.skipType(tag & 7); }
    }
    return { bgp: bgpValue };
  },
});

export interface BgpReport { readonly problem: string; readonly sessions: number; readonly established: number; readonly imported: number; readonly flaps: number; readonly shown: readonly BgpSession[]; }
export interface BgpReportInit { readonly problem?: string | undefined; readonly sessions?: number | undefined; readonly established?: number | undefined; readonly imported?: number | undefined; readonly flaps?: number | undefined; readonly shown?: readonly BgpSessionInit[] | undefined; }
export const BgpReport: MessageCodec<BgpReport, BgpReportInit> = messageCodec<BgpReport, BgpReportInit>({
  create: (init) => ({ problem: init.problem ?? "", sessions: init.sessions ?? 0, established: init.established ?? 0, imported: init.imported ?? 0, flaps: init.flaps ?? 0, shown: (init.shown ?? []).map((value) => BgpSession.create(value)), }),
  write: (message, writer) => { if (!(message.problem === "")) { writer.uint32(10).string(message.problem); } if (!(message.sessions === 0)) { writer.uint32(16).uint32(message.sessions); } if (!(message.established === 0)) { writer.uint32(24).uint32(message.established); } if (!(message.imported === 0)) { writer.uint32(32).uint32(message.imported); } if (!(message.flaps === 0)) { writer.uint32(40).uint32(message.flaps); } for (const value of message.shown) { BgpSession.write(value, writer.uint32(50).fork()).ldelim(); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let problemValue: BgpReport["problem"] = ""; let sessionsValue: BgpReport["sessions"] = 0; let establishedValue: BgpReport["established"] = 0; let importedValue: BgpReport["imported"] = 0; let flapsValue: BgpReport["flaps"] = 0; const shownValue: BgpSession[] = [];
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: problemValue = reader.string(); break; case 2: sessionsValue = reader.uint32(); break; case 3: establishedValue = reader.uint32(); break; case 4: importedValue = reader.uint32(); break; case 5: flapsValue = reader.uint32(); break; case 6: shownValue.push(BgpSession.read(reader, reader.uint32())); break; default: reader.skipType(tag & 7); }
    }
    return { problem: problemValue, sessions: sessionsValue, established: establishedValue, imported: importedValue, flaps: flapsValue, shown: shownValue };
  },
});

export interface BgpSession { readonly name: string; readonly neighbour: string; readonly established: boolean; readonly since: string; readonly info: string; readonly imported: number; readonly filtered: number; readonly exported: number; }
export interface BgpSessionInit { readonly name?: string | undefined; readonly neighbour?: string | undefined; readonly established?: boolean | undefined; readonly since?: string | undefined; readonly info?: string | undefined; readonly imported?: number | undefined; readonly filtered?: number | undefined; readonly exported?: number | undefined; }
export const BgpSession: MessageCodec<BgpSession, BgpSessionInit> = messageCodec<BgpSession, BgpSessionInit>({
  create: (init) => ({ name: init.name ?? "", neighbour: init.neighbour ?? "", established: init.established ?? false, since: init.since ?? "", info: init.info ?? "", imported: init.imported ?? 0, filtered: init.filtered ?? 0, exported: init.exported ?? 0, }),
  write: (message, writer) => { if (!(message.name === "")) { writer.uint32(10).string(message.name); } if (!(message.neighbour === "")) { writer.uint32(18).string(message.neighbour); } if (!(message.established === false)) { writer.uint32(24).bool(message.established); } if (!(message.since === "")) { writer.uint32(34).string(message.since); } if (!(message.info === "")) { writer.uint32(42).string(message.info); } if (!(message.imported === 0)) { writer.uint32(48).uint32(message.imported); } if (!(message.filtered === 0)) { writer.uint32(56).uint32(message.filtered); } if (!(message.exported === 0)) { writer.uint32(64).uint32(message.exported); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let nameValue: BgpSession["name"] = ""; let neighbourValue: BgpSession["neighbour"] = ""; let establishedValue: BgpSession["established"] = false; let sinceValue: BgpSession["since"] = ""; let infoValue: BgpSession["info"] = ""; let importedValue: BgpSession["imported"] = 0; let filteredValue: BgpSession["filtered"] = 0; let exportedValue: BgpSession["exported"] = 0;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: nameValue = reader.string(); break; case 2: neighbourValue = reader.string(); break; case 3: establishedValue = reader.bool(); break; case 4: sinceValue = reader.string(); break; case 5: infoValue = reader.string(); break; case 6: importedValue = reader.uint32(); break; case 7: filteredValue = reader.uint32(); break; case 8: exportedValue = reader.uint32(); break; default: reader.skipType(tag & 7); }
    }
    return { name: nameValue, neighbour: neighbourValue, established: establishedValue, since: sinceValue, info: infoValue, imported: importedValue, filtered: filteredValue, exported: exportedValue };
  },
});

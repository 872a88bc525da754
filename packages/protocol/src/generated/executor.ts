// Generated from proto/cke/executor.proto by scripts/generate-protocol.ts: do not edit.
import { detached, messageCodec, toNumber, type MessageCodec } from "../codec/codec.ts";
import { ProcessState, type ProcessStateInit } from "./process.ts";

export interface ExecutorConfig { readonly frameworkName: string; readonly workload: string; readonly unit: string; readonly incarnation: string; readonly logLevel: string; }
export interface ExecutorConfigInit { readonly frameworkName?: string | undefined; readonly workload?: string | undefined; readonly unit?: string | undefined; readonly incarnation?: string | undefined; readonly logLevel?: string | undefined; }
export const ExecutorConfig: MessageCodec<ExecutorConfig, ExecutorConfigInit> = messageCodec<ExecutorConfig, ExecutorConfigInit>({
  create: (init) => ({ frameworkName: init.frameworkName ?? "", workload: init.workload ?? "", unit: init.unit ?? "", incarnation: init.incarnation ?? "", logLevel: init.logLevel ?? "", }),
  write: (message, writer) => { if (!(message.frameworkName === "")) { writer.uint32(10).string(message.frameworkName); } if (!(message.workload === "")) { writer.uint32(18).string(message.workload); } if (!(message.unit === "")) { writer.uint32(26).string(message.unit); } if (!(message.incarnation === "")) { writer.uint32(34).string(message.incarnation); } if (!(message.logLevel === "")) { writer.uint32(42).string(message.logLevel); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let frameworkNameValue: ExecutorConfig["frameworkName"] = ""; let workloadValue: ExecutorConfig["workload"] = ""; let unitValue: ExecutorConfig["unit"] = ""; let incarnationValue: ExecutorConfig["incarnation"] = ""; let logLevelValue: ExecutorConfig["logLevel"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: frameworkNameValue = reader.string(); break; case 2: workloadValue = reader.string(); break; case 3: unitValue = reader.string(); break; case 4: incarnationValue = reader.string(); break; case 5: logLevelValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { frameworkName: frameworkNameValue, workload: workloadValue, unit: unitValue, incarnation: incarnationValue, logLevel: logLevelValue };
  },
});

export interface TaskReport { readonly report: { readonly kind: "unit"; readonly value: UnitReport } | { readonly kind: "process"; readonly value: ProcessState } | undefined; readonly unresponsiveSinceMs: number; readonly processVersion: string; readonly processProblem: string; readonly processProblemVersion: string; }
export interface TaskReportInit { readonly report?: { readonly kind: "unit"; readonly value: UnitReportInit } | { readonly kind: "process"; readonly value: ProcessStateInit } | undefined; readonly unresponsiveSinceMs?: number | undefined; readonly processVersion?: string | undefined; readonly processProblem?: string | undefined; readonly processProblemVersion?: string | undefined; }
export const TaskReport: MessageCodec<TaskReport, TaskReportInit> = messageCodec<TaskReport, TaskReportInit>({
  create: (init) => ({ report: init.report?.kind === "unit" ? { kind: "unit", value: UnitReport.create(init.report.value) } : init.report?.kind === "process" ? { kind: "process", value: ProcessState.create(init.report.value) } : undefined, unresponsiveSinceMs: init.unresponsiveSinceMs ?? 0, processVersion: init.processVersion ?? "", processProblem: init.processProblem ?? "", processProblemVersion: init.processProblemVersion ?? "", }),
  write: (message, writer) => { if (message.report?.kind === "unit") { UnitReport.write(message.report.value, writer.uint32(10).fork()).ldelim(); } if (message.report?.kind === "process") { ProcessState.write(message.report.value, writer.uint32(18).fork()).ldelim(); } if (!(message.unresponsiveSinceMs === 0)) { writer.uint32(24).uint64(message.unresponsiveSinceMs); } if (!(message.processVersion === "")) { writer.uint32(34).string(message.processVersion); } if (!(message.processProblem === "")) { writer.uint32(42).string(message.processProblem); } if (!(message.processProblemVersion === "")) { writer.uint32(50).string(message.processProblemVersion); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let reportValue: TaskReport["report"]; let unresponsiveSinceMsValue: TaskReport["unresponsiveSinceMs"] = 0; let processVersionValue: TaskReport["processVersion"] = ""; let processProblemValue: TaskReport["processProblem"] = ""; let processProblemVersionValue: TaskReport["processProblemVersion"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: reportValue = { kind: "unit", value: UnitReport.read(reader, reader.uint32()) }; break; case 2: reportValue = { kind: "process", value: ProcessState.read(reader, reader.uint32()) }; break; case 3: unresponsiveSinceMsValue = toNumber(reader.uint64()); break; case 4: processVersionValue = reader.string(); break; case 5: processProblemValue = reader.string(); break; case 6: processProblemVersionValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { report: reportValue, unresponsiveSinceMs: unresponsiveSinceMsValue, processVersion: processVersionValue, processProblem: processProblemValue, processProblemVersion: processProblemVersionValue };
  },
});

export interface UnitReport { readonly containerId: string; readonly launchStep: string; readonly detail: string; readonly startedAtMs: number; readonly ip: string; readonly data: string; readonly cause: string; readonly unresponsiveSinceMs: number; readonly output: string; readonly peersVersion: string; readonly peersProblem: string; readonly hostProblem: string; readonly kindReport: Uint8Array; }
export interface UnitReportInit { readonly containerId?: string | undefined; readonly launchStep?: string | undefined; readonly detail?: string | undefined; readonly startedAtMs?: number | undefined; readonly ip?: string | undefined; readonly data?: string | undefined; readonly cause?: string | undefined; readonly unresponsiveSinceMs?: number | undefined; readonly output?: string | undefined; readonly peersVersion?: string | undefined; readonly peersProblem?: string | undefined; readonly hostProblem?: string | undefined; readonly kindReport?: Uint8Array | undefined; }
export const UnitReport: MessageCodec<UnitReport, UnitReportInit> = messageCodec<UnitReport, UnitReportInit>({
  create: (init) => ({ containerId: init.containerId ?? "", launchStep: init.launchStep ?? "", detail: init.detail ?? "", startedAtMs: init.startedAtMs ?? 0, ip: init.ip ?? "", data: init.data ?? "", cause: init.cause ?? "", unresponsiveSinceMs: init.unresponsiveSinceMs ?? 0, output: init.output ?? "", peersVersion: init.peersVersion ?? "", peersProblem: init.peersProblem ?? "", hostProblem: init.hostProblem ?? "", kindReport: init.kindReport ?? new Uint8Array(0), }),
  write: (message, writer) => { if (!(message.containerId === "")) { writer.uint32(10).string(message.containerId); } if (!(message.launchStep === "")) { writer.uint32(18).string(message.launchStep); } if (!(message.detail === "")) { writer.uint32(26).string(message.detail); } if (!(message.startedAtMs === 0)) { writer.uint32(32).uint64(message.startedAtMs); } if (!(message.ip === "")) { writer.uint32(42).string(message.ip); } if (!(message.data === "")) { writer.uint32(50).string(message.data); } if (!(message.cause === "")) { writer.uint32(58).string(message.cause); } if (!(message.unresponsiveSinceMs === 0)) { writer.uint32(64).uint64(message.unresponsiveSinceMs); } if (!(message.output === "")) { writer.uint32(74).string(message.output); } if (!(message.peersVersion === "")) { writer.uint32(82).string(message.peersVersion); } if (!(message.peersProblem === "")) { writer.uint32(90).string(message.peersProblem); } if (!(message.hostProblem === "")) { writer.uint32(98).string(message.hostProblem); } if (!(message.kindReport.length === 0)) { writer.uint32(106).bytes(message.kindReport); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let containerIdValue: UnitReport["containerId"] = ""; let launchStepValue: UnitReport["launchStep"] = ""; let detailValue: UnitReport["detail"] = ""; let startedAtMsValue: UnitReport["startedAtMs"] = 0; let ipValue: UnitReport["ip"] = ""; let dataValue: UnitReport["data"] = ""; let causeValue: UnitReport["cause"] = ""; let unresponsiveSinceMsValue: UnitReport["unresponsiveSinceMs"] = 0; let outputValue: UnitReport["output"] = ""; let peersVersionValue: UnitReport["peersVersion"] = ""; let peersProblemValue: UnitReport["peersProblem"] = ""; let hostProblemValue: UnitReport["hostProblem"] = ""; let kindReportValue: UnitReport["kindReport"] = new Uint8Array(0);
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: containerIdValue = reader.string(); break; case 2: launchStepValue = reader.string(); break; case 3: detailValue = reader.string(); break; case 4: startedAtMsValue = toNumber(reader.uint64()); break; case 5: ipValue = reader.string(); break; case 6: dataValue = reader.string(); break; case 7: causeValue = reader.string(); break; case 8: unresponsiveSinceMsValue = toNumber(reader.uint64()); break; case 9: outputValue = reader.string(); break; case 10: peersVersionValue = reader.string(); break; case 11: peersProblemValue = reader.string(); break; case 12: hostProblemValue = reader.string(); break; case 13: kindReportValue = detached(reader.bytes()); break; default: reader.skipType(tag & 7); }
    }
    return { containerId: containerIdValue, launchStep: launchStepValue, detail: detailValue, startedAtMs: startedAtMsValue, ip: ipValue, data: dataValue, cause: causeValue, unresponsiveSinceMs: unresponsiveSinceMsValue, output: outputValue, peersVersion: peersVersionValue, peersProblem: peersProblemValue, hostProblem: hostProblemValue, kindReport: kindReportValue };
  },
});

export interface ExecutorMessage { readonly message: { readonly kind: "secretsRequest"; readonly value: SecretsRequest } | { readonly kind: "log"; readonly value: UnitLog } | { readonly kind: "host"; readonly value: HostReport } | { readonly kind: "channelKey"; readonly value: ChannelKey } | { readonly kind: "channelFailure"; readonly value: ChannelFailure } | undefined; }
export interface ExecutorMessageInit { readonly message?: { readonly kind: "secretsRequest"; readonly value: SecretsRequestInit } | { readonly kind: "log"; readonly value: UnitLogInit } | { readonly kind: "host"; readonly value: HostReportInit } | { readonly kind: "channelKey"; readonly value: ChannelKeyInit } | { readonly kind: "channelFailure"; readonly value: ChannelFailureInit } | undefined; }
export const ExecutorMessage: MessageCodec<ExecutorMessage, ExecutorMessageInit> = messageCodec<ExecutorMessage, ExecutorMessageInit>({
  create: (init) => ({ message: init.message?.kind === "secretsRequest" ? { kind: "secretsRequest", value: SecretsRequest.create(init.message.value) } : init.message?.kind === "log" ? { kind: "log", value: UnitLog.create(init.message.value) } : init.message?.kind === "host" ? { kind: "host", value: HostReport.create(init.message.value) } : init.message?.kind === "channelKey" ? { kind: "channelKey", value: ChannelKey.create(init.message.value) } : init.message?.kind === "channelFailure" ? { kind: "channelFailure", value: ChannelFailure.create(init.message.value) } : undefined, }),
  write: (message, writer) => { if (message.message?.kind === "secretsRequest") { SecretsRequest.write(message.message.value, writer.uint32(10).fork()).ldelim(); } if (message.message?.kind === "log") { UnitLog.write(message.message.value, writer.uint32(18).fork()).ldelim(); } if (message.message?.kind === "host") { HostReport.write(message.message.value, writer.uint32(26).fork()).ldelim(); } if (message.message?.kind === "channelKey") { ChannelKey.write(message.message.value, writer.uint32(34).fork()).ldelim(); } if (message.message?.kind === "channelFailure") { ChannelFailure.write(message.message.value, writer.uint32(42).fork()).ldelim(); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let messageValue: ExecutorMessage["message"];
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: messageValue = { kind: "secretsRequest", value: SecretsRequest.read(reader, reader.uint32()) }; break; case 2: messageValue = { kind: "log", value: UnitLog.read(reader, reader.uint32()) }; break; case 3: messageValue = { kind: "host", value: HostReport.read(reader, reader.uint32()) }; break; case 4: messageValue = { kind: "channelKey", value: ChannelKey.read(reader, reader.uint32()) }; break; case 5: messageValue = { kind: "channelFailure", value: ChannelFailure.read(reader, reader.uint32()) }; break; default: reader.skipType(tag & 7); }
    }
    return { message: messageValue };
  },
});

export interface HostReport { readonly networks: readonly HostNetwork[]; readonly images: readonly HostImage[]; }
export interface HostReportInit { readonly networks?: readonly HostNetworkInit[] | undefined; readonly images?: readonly HostImageInit[] | undefined; }
export const HostReport: MessageCodec<HostReport, HostReportInit> = messageCodec<HostReport, HostReportInit>({
  create: (init) => ({ networks: (init.networks ?? []).map((value) => HostNetwork.create(value)), images: (init.images ?? []).map((value) => HostImage.create(value)), }),
  write: (message, writer) => { for (const value of message.networks) { HostNetwork.write(value, writer.uint32(10).fork()).ldelim(); } for (const value of message.images) { HostImage.write(value, writer.uint32(18).fork()).ldelim(); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    const networksValue: HostNetwork[] = []; const imagesValue: HostImage[] = [];
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: networksValue.push(HostNetwork.read(reader, reader.uint32())); break; case 2: imagesValue.push(HostImage.read(reader, reader.uint32())); break; default: reader.skipType(tag & 7); }
    }
    return { networks: networksValue, images: imagesValue };
  },
});

export interface HostNetwork { readonly name: string; readonly driver: string; readonly scope: string; readonly ranges: readonly AddressRange[]; }
export interface HostNetworkInit { readonly name?: string | undefined; readonly driver?: string | undefined; readonly scope?: string | undefined; readonly ranges?: readonly AddressRangeInit[] | undefined; }
export const HostNetwork: MessageCodec<HostNetwork, HostNetworkInit> = messageCodec<HostNetwork, HostNetworkInit>({
  create: (init) => ({ name: init.name ?? "", driver: init.driver ?? "", scope: init.scope ?? "", ranges: (init.ranges ?? []).map((value) => AddressRange.create(value)), }),
  write: (message, writer) => { if (!(message.name === "")) { writer.uint32(10).string(message.name); } if (!(message.driver === "")) { writer.uint32(18).string(message.driver); } if (!(message.scope === "")) { writer.uint32(26).string(message.scope); } for (const value of message.ranges) { AddressRange.write(value, writer.uint32(34).fork()).ldelim(); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let nameValue: HostNetwork["name"] = ""; let driverValue: HostNetwork["driver"] = ""; let scopeValue: HostNetwork["scope"] = ""; const rangesValue: AddressRange[] = [];
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: nameValue = reader.string(); break; case 2: driverValue = reader.string(); break; case 3: scopeValue = reader.string(); break; case 4: rangesValue.push(AddressRange.read(reader, reader.uint32())); break; default: reader.skipType(tag & 7); }
    }
    return { name: nameValue, driver: driverValue, scope: scopeValue, ranges: rangesValue };
  },
});

export interface AddressRange { readonly subnet: string; readonly gateway: string; }
export interface AddressRangeInit { readonly subnet?: string | undefined; readonly gateway?: string | undefined; }
export const AddressRange: MessageCodec<AddressRange, AddressRangeInit> = messageCodec<AddressRange, AddressRangeInit>({
  create: (init) => ({ subnet: init.subnet ?? "", gateway: init.gateway ?? "", }),
  write: (message, writer) => { if (!(message.subnet === "")) { writer.uint32(10).string(message.subnet); } if (!(message.gateway === "")) { writer.uint32(18).string(message.gateway); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let subnetValue: AddressRange["subnet"] = ""; let gatewayValue: AddressRange["gateway"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: subnetValue = reader.string(); break; case 2: gatewayValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { subnet: subnetValue, gateway: gatewayValue };
  },
});

export interface HostImage { readonly name: string; readonly id: string; }
export interface HostImageInit { readonly name?: string | undefined; readonly id?: string | undefined; }
export const HostImage: MessageCodec<HostImage, HostImageInit> = messageCodec<HostImage, HostImageInit>({
  create: (init) => ({ name: init.name ?? "", id: init.id ?? "", }),
  write: (message, writer) => { if (!(message.name === "")) { writer.uint32(10).string(message.name); } if (!(message.id === "")) { writer.uint32(18).string(message.id); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let nameValue: HostImage["name"] = ""; let idValue: HostImage["id"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: nameValue = reader.string(); break; case 2: idValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { name: nameValue, id: idValue };
  },
});

export interface SecretsRequest { readonly publicKey: Uint8Array; readonly requestId: string; readonly names: readonly string[]; }
export interface SecretsRequestInit { readonly publicKey?: Uint8Array | undefined; readonly requestId?: string | undefined; readonly names?: readonly string[] | undefined; }
export const SecretsRequest: MessageCodec<SecretsRequest, SecretsRequestInit> = messageCodec<SecretsRequest, SecretsRequestInit>({
  create: (init) => ({ publicKey: init.publicKey ?? new Uint8Array(0), requestId: init.requestId ?? "", names: (init.names ?? []).map((value) => value), }),
  write: (message, writer) => { if (!(message.publicKey.length === 0)) { writer.uint32(10).bytes(message.publicKey); } if (!(message.requestId === "")) { writer.uint32(18).string(message.requestId); } for (const value of message.names) { writer.uint32(26).string(value); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let publicKeyValue: SecretsRequest["publicKey"] = new Uint8Array(0); let requestIdValue: SecretsRequest["requestId"] = ""; const namesValue: string[] = [];
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: publicKeyValue = detached(reader.bytes()); break; case 2: requestIdValue = reader.string(); break; case 3: namesValue.push(reader.string()); break; default: reader.skipType(tag & 7); }
    }
    return { publicKey: publicKeyValue, requestId: requestIdValue, names: namesValue };
  },
});

export interface UnitLog { readonly level: string; readonly message: string; readonly timeMs: number; readonly process: string; }
export interface UnitLogInit { readonly level?: string | undefined; readonly message?: string | undefined; readonly timeMs?: number | undefined; readonly process?: string | undefined; }
export const UnitLog: MessageCodec<UnitLog, UnitLogInit> = messageCodec<UnitLog, UnitLogInit>({
  create: (init) => ({ level: init.level ?? "", message: init.message ?? "", timeMs: init.timeMs ?? 0, process: init.process ?? "", }),
  write: (message, writer) => { if (!(message.level === "")) { writer.uint32(10).string(message.level); } if (!(message.message === "")) { writer.uint32(18).string(message.message); } if (!(message.timeMs === 0)) { writer.uint32(24).uint64(message.timeMs); } if (!(message.process === "")) { writer.uint32(34).string(message.process); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let levelValue: UnitLog["level"] = ""; let messageValue: UnitLog["message"] = ""; let timeMsValue: UnitLog["timeMs"] = 0; let processValue: UnitLog["process"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: levelValue = reader.string(); break; case 2: messageValue = reader.string(); break; case 3: timeMsValue = toNumber(reader.uint64()); break; case 4: processValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { level: levelValue, message: messageValue, timeMs: timeMsValue, process: processValue };
  },
});

export interface ChannelKey { readonly channelId: string; readonly publicKey: Uint8Array; }
export interface ChannelKeyInit { readonly channelId?: string | undefined; readonly publicKey?: Uint8Array | undefined; }
export const ChannelKey: MessageCodec<ChannelKey, ChannelKeyInit> = messageCodec<ChannelKey, ChannelKeyInit>({
  create: (init) => ({ channelId: init.channelId ?? "", publicKey: init.publicKey ?? new Uint8Array(0), }),
  write: (message, writer) => { if (!(message.channelId === "")) { writer.uint32(10).string(message.channelId); } if (!(message.publicKey.length === 0)) { writer.uint32(18).bytes(message.publicKey); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let channelIdValue: ChannelKey["channelId"] = ""; let publicKeyValue: ChannelKey["publicKey"] = new Uint8Array(0);
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: channelIdValue = reader.string(); break; case 2: publicKeyValue = detached(reader.bytes()); break; default: reader.skipType(tag & 7); }
    }
    return { channelId: channelIdValue, publicKey: publicKeyValue };
  },
});

export interface ChannelFailure { readonly channelId: string; readonly reason: string; }
export interface ChannelFailureInit { readonly channelId?: string | undefined; readonly reason?: string | undefined; }
export const ChannelFailure: MessageCodec<ChannelFailure, ChannelFailureInit> = messageCodec<ChannelFailure, ChannelFailureInit>({
  create: (init) => ({ channelId: init.channelId ?? "", reason: init.reason ?? "", }),
  write: (message, writer) => { if (!(message.channelId === "")) { writer.uint32(10).string(message.channelId); } if (!(message.reason === "")) { writer.uint32(18).string(message.reason); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let channelIdValue: ChannelFailure["channelId"] = ""; let reasonValue: ChannelFailure["reason"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: channelIdValue = reader.string(); break; case 2: reasonValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { channelId: channelIdValue, reason: reasonValue };
  },
});

export interface SchedulerMessage { readonly message: { readonly kind: "secretsResponse"; readonly value: SecretsResponse } | { readonly kind: "logLevel"; readonly value: string } | { readonly kind: "removeUnit"; readonly value: RemoveUnit } | { readonly kind: "reportHost"; readonly value: ReportHost } | { readonly kind: "openChannel"; readonly value: OpenChannel } | { readonly kind: "workloadState"; readonly value: WorkloadState } | { readonly kind: "unitState"; readonly value: UnitState } | undefined; }
export interface SchedulerMessageInit { readonly message?: { readonly kind: "secretsResponse"; readonly value: SecretsResponseInit } | { readonly kind: "logLevel"; readonly value: string } | { readonly kind: "removeUnit"; readonly value: RemoveUnitInit } | { readonly kind: "reportHost"; readonly value: ReportHostInit } | { readonly kind: "openChannel"; readonly value: OpenChannelInit } | { readonly kind: "workloadState"; readonly value: WorkloadStateInit } | { readonly kind: "unitState"; readonly value: UnitStateInit } | undefined; }
export const SchedulerMessage: MessageCodec<SchedulerMessage, SchedulerMessageInit> = messageCodec<SchedulerMessage, SchedulerMessageInit>({
  create: (init) => ({ message: init.message?.kind === "secretsResponse" ? { kind: "secretsResponse", value: SecretsResponse.create(init.message.value) } : init.message?.kind === "logLevel" ? { kind: "logLevel", value: init.message.value } : init.message?.kind === "removeUnit" ? { kind: "removeUnit", value: RemoveUnit.create(init.message.value) } : init.message?.kind === "reportHost" ? { kind: "reportHost", value: ReportHost.create(init.message.value) } : init.message?.kind === "openChannel" ? { kind: "openChannel", value: OpenChannel.create(init.message.value) } : init.message?.kind === "workloadState" ? { kind: "workloadState", value: WorkloadState.create(init.message.value) } : init.message?.kind === "unitState" ? { kind: "unitState", value: UnitState.create(init.message.value) } : undefined, }),
  write: (message, writer) => { if (message.message?.kind === "secretsResponse") { SecretsResponse.write(message.message.value, writer.uint32(10).fork()).ldelim(); } if (message.message?.kind === "logLevel") { writer.uint32(26).string(message.message.value); } if (message.message?.kind === "removeUnit") { RemoveUnit.write(message.message.value, writer.uint32(34).fork()).ldelim(); } if (message.message?.kind === "reportHost") { ReportHost.write(message.message.value, writer.uint32(42).fork()).ldelim(); } if (message.message?.kind === "openChannel") { OpenChannel.write(message.message.value, writer.uint32(50).fork()).ldelim(); } if (message.message?.kind === "workloadState") { WorkloadState.write(message.message.value, writer.uint32(58).fork()).ldelim(); } if (message.message?.kind === "unitState") { UnitState.write(message.message.value, writer.uint32(66).fork()).ldelim(); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let messageValue: SchedulerMessage["message"];
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: messageValue = { kind: "secretsResponse", value: SecretsResponse.read(reader, reader.uint32()) }; break; case 3: messageValue = { kind: "logLevel", value: reader.string() }; break; case 4: messageValue = { kind: "removeUnit", value: RemoveUnit.read(reader, reader.uint32()) }; break; case 5: messageValue = { kind: "reportHost", value: ReportHost.read(reader, reader.uint32()) }; break; case 6: messageValue = { kind: "openChannel", value: OpenChannel.read(reader, reader.uint32()) }; break; case 7: messageValue = { kind: "workloadState", value: WorkloadState.read(reader, reader.uint32()) }; break; case 8: messageValue = { kind: "unitState", value: UnitState.read(reader, reader.uint32()) }; break; default: reader.skipType(tag & 7); }
    }
    return { message: messageValue };
  },
});

export interface WorkloadState { readonly state: Uint8Array; }
export interface WorkloadStateInit { readonly state?: Uint8Array | undefined; }
export const WorkloadState: MessageCodec<WorkloadState, WorkloadStateInit> = messageCodec<WorkloadState, WorkloadStateInit>({
  create: (init) => ({ state: init.state ?? new Uint8Array(0), }),
  write: (message, writer) => { if (!(message.state.length === 0)) { writer.uint32(10).bytes(message.state); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let stateValue: WorkloadState["state"] = new Uint8Array(0);
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: stateValue = detached(reader.bytes()); break; default: reader.skipType(tag & 7); }
    }
    return { state: stateValue };
  },
});

export interface UnitState { readonly state: Uint8Array; }
export interface UnitStateInit { readonly state?: Uint8Array | undefined; }
export const UnitState: MessageCodec<UnitState, UnitStateInit> = messageCodec<UnitState, UnitStateInit>({
  create: (init) => ({ state: init.state ?? new Uint8Array(0), }),
  write: (message, writer) => { if (!(message.state.length === 0)) { writer.uint32(10).bytes(message.state); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let stateValue: UnitState["state"] = new Uint8Array(0);
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: stateValue = detached(reader.bytes()); break; default: reader.skipType(tag & 7); }
    }
    return { state: stateValue };
  },
});

export interface ReportHost {  }
export interface ReportHostInit {  }
export const ReportHost: MessageCodec<ReportHost, ReportHostInit> = messageCodec<ReportHost, ReportHostInit>({
  create: (_init) => ({  }),
  write: (_message, writer) => {  return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) {  default: reader.skipType(tag & 7); }
    }
    return {  };
  },
});

export interface RemoveUnit { readonly executorId: string; readonly instance: string; }
export interface RemoveUnitInit { readonly executorId?: string | undefined; readonly instance?: string | undefined; }
export const RemoveUnit: MessageCodec<RemoveUnit, RemoveUnitInit> = messageCodec<RemoveUnit, RemoveUnitInit>({
  create: (init) => ({ executorId: init.executorId ?? "", instance: init.instance ?? "", }),
  write: (message, writer) => { if (!(message.executorId === "")) { writer.uint32(10).string(message.executorId); } if (!(message.instance === "")) { writer.uint32(18).string(message.instance); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let executorIdValue: RemoveUnit["executorId"] = ""; let instanceValue: RemoveUnit["instance"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: executorIdValue = reader.string(); break; case 2: instanceValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { executorId: executorIdValue, instance: instanceValue };
  },
});

export interface SecretsResponse { readonly requestId: string; readonly publicKey: Uint8Array; readonly nonce: Uint8Array; readonly sealed: Uint8Array; readonly error: string; }
export interface SecretsResponseInit { readonly requestId?: string | undefined; readonly publicKey?: Uint8Array | undefined; readonly nonce?: Uint8Array | undefined; readonly sealed?: Uint8Array | undefined; readonly error?: string | undefined; }
export const SecretsResponse: MessageCodec<SecretsResponse, SecretsResponseInit> = messageCodec<SecretsResponse, SecretsResponseInit>({
  create: (init) => ({ requestId: init.requestId ?? "", publicKey: init.publicKey ?? new Uint8Array(0), nonce: init.nonce ?? new Uint8Array(0), sealed: init.sealed ?? new Uint8Array(0), error: init.error ?? "", }),
  write: (message, writer) => { if (!(message.requestId === "")) { writer.uint32(10).string(message.requestId); } if (!(message.publicKey.length === 0)) { writer.uint32(18).bytes(message.publicKey); } if (!(message.nonce.length === 0)) { writer.uint32(26).bytes(message.nonce); } if (!(message.sealed.length === 0)) { writer.uint32(34).bytes(message.sealed); } if (!(message.error === "")) { writer.uint32(42).string(message.error); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let requestIdValue: SecretsResponse["requestId"] = ""; let publicKeyValue: SecretsResponse["publicKey"] = new Uint8Array(0); let nonceValue: SecretsResponse["nonce"] = new Uint8Array(0); let sealedValue: SecretsResponse["sealed"] = new Uint8Array(0); let errorValue: SecretsResponse["error"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: requestIdValue = reader.string(); break; case 2: publicKeyValue = detached(reader.bytes()); break; case 3: nonceValue = detached(reader.bytes()); break; case 4: sealedValue = detached(reader.bytes()); break; case 5: errorValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { requestId: requestIdValue, publicKey: publicKeyValue, nonce: nonceValue, sealed: sealedValue, error: errorValue };
  },
});

export interface SecretBundle { readonly secrets: Readonly<Record<string, Uint8Array>>; }
export interface SecretBundleInit { readonly secrets?: Readonly<Record<string, Uint8Array>> | undefined; }
export const SecretBundle: MessageCodec<SecretBundle, SecretBundleInit> = messageCodec<SecretBundle, SecretBundleInit>({
  create: (init) => ({ secrets: { ...init.secrets }, }),
  write: (message, writer) => { for (const [key, value] of Object.entries(message.secrets)) { const entry = writer.uint32(10).fork(); entry.uint32(10).string(key); entry.uint32(18).bytes(value); entry.ldelim(); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    const secretsValue: Record<string, Uint8Array> = {};
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: { const end = reader.uint32() + reader.pos; let key = ""; let value: Uint8Array = new Uint8Array(0); while (reader.pos < end) { const tag = reader.uint32(); if (tag >>> 3 === 1) key = reader.string(); else if (tag >>> 3 === 2) value = detached(reader.bytes()); else reader.skipType(tag & 7); } secretsValue[key] = value; break; } default: reader.skipType(tag & 7); }
    }
    return { secrets: secretsValue };
  },
});

export interface OpenChannel { readonly channelId: string; readonly url: string; readonly ca: string; readonly secret: SecretsResponse | undefined; }
export interface OpenChannelInit { readonly channelId?: string | undefined; readonly url?: string | undefined; readonly ca?: string | undefined; readonly secret?: SecretsResponseInit | undefined; }
export const OpenChannel: MessageCodec<OpenChannel, OpenChannelInit> = messageCodec<OpenChannel, OpenChannelInit>({
  create: (init) => ({ channelId: init.channelId ?? "", url: init.url ?? "", ca: init.ca ?? "", secret: init.secret === undefined ? undefined : SecretsResponse.create(init.secret), }),
  write: (message, writer) => { if (!(message.channelId === "")) { writer.uint32(10).string(message.channelId); } if (!(message.url === "")) { writer.uint32(18).string(message.url); } if (!(message.ca === "")) { writer.uint32(34).string(message.ca); } if (!(message.secret === undefined)) { SecretsResponse.write(message.secret, writer.uint32(26).fork()).ldelim(); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let channelIdValue: OpenChannel["channelId"] = ""; let urlValue: OpenChannel["url"] = ""; let caValue: OpenChannel["ca"] = ""; let secretValue: OpenChannel["secret"] = undefined;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: channelIdValue = reader.string(); break; case 2: urlValue = reader.string(); break; case 4: caValue = reader.string(); break; case 3: secretValue = SecretsResponse.read(reader, reader.uint32()); break; default: reader.skipType(tag & 7); }
    }
    return { channelId: channelIdValue, url: urlValue, ca: caValue, secret: secretValue };
  },
});

// Generated from proto/cke/wrapper.proto by scripts/generate-protocol.ts: do not edit.
import { detached, messageCodec, rpc, toNumber, type MessageCodec } from "../codec/codec.ts";
import { ProcessSpec, ProcessState, Resources, type ProcessSpecInit, type ProcessStateInit, type ResourcesInit } from "./process.ts";
import { ExecInput, ExecOutput, FilesRequest, FilesResponse, RunProbeRequest, RunProbeResponse, TunnelTarget, type TunnelTargetInit } from "./stream.ts";

export interface InfoRequest {  }
export interface InfoRequestInit {  }
export const InfoRequest: MessageCodec<InfoRequest, InfoRequestInit> = messageCodec<InfoRequest, InfoRequestInit>({
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

export interface InfoResponse { readonly version: string; readonly instanceId: string; readonly startedAtMs: number; readonly cgroupVersion: number; readonly cgroupNote: string; readonly lastSequence: number; readonly oldestSequence: number; readonly outputDirectory: string; readonly features: readonly string[]; readonly tunnelSocket: string; }
export interface InfoResponseInit { readonly version?: string | undefined; readonly instanceId?: string | undefined; readonly startedAtMs?: number | undefined; readonly cgroupVersion?: number | undefined; readonly cgroupNote?: string | undefined; readonly lastSequence?: number | undefined; readonly oldestSequence?: number | undefined; readonly outputDirectory?: string | undefined; readonly features?: readonly string[] | undefined; readonly tunnelSocket?: string | undefined; }
export const InfoResponse: MessageCodec<InfoResponse, InfoResponseInit> = messageCodec<InfoResponse, InfoResponseInit>({
  create: (init) => ({ version: init.version ?? "", instanceId: init.instanceId ?? "", startedAtMs: init.startedAtMs ?? 0, cgroupVersion: init.cgroupVersion ?? 0, cgroupNote: init.cgroupNote ?? "", lastSequence: init.lastSequence ?? 0, oldestSequence: init.oldestSequence ?? 0, outputDirectory: init.outputDirectory ?? "", features: (init.features ?? []).map((value) => value), tunnelSocket: init.tunnelSocket ?? "", }),
  write: (message, writer) => { if (!(message.version === "")) { writer.uint32(10).string(message.version); } if (!(message.instanceId === "")) { writer.uint32(18).string(message.instanceId); } if (!(message.startedAtMs === 0)) { writer.uint32(24).uint64(message.startedAtMs); } if (!(message.cgroupVersion === 0)) { writer.uint32(32).uint32(message.cgroupVersion); } if (!(message.cgroupNote === "")) { writer.uint32(42).string(message.cgroupNote); } if (!(message.lastSequence === 0)) { writer.uint32(48).uint64(message.lastSequence); } if (!(message.oldestSequence === 0)) { writer.uint32(56).uint64(message.oldestSequence); } if (!(message.outputDirectory === "")) { writer.uint32(66).string(message.outputDirectory); } for (const value of message.features) { writer.uint32(74).string(value); } if (!(message.tunnelSocket === "")) { writer.uint32(82).string(message.tunnelSocket); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let versionValue: InfoResponse["version"] = ""; let instanceIdValue: InfoResponse["instanceId"] = ""; let startedAtMsValue: InfoResponse["startedAtMs"] = 0; let cgroupVersionValue: InfoResponse["cgroupVersion"] = 0; let cgroupNoteValue: InfoResponse["cgroupNote"] = ""; let lastSequenceValue: InfoResponse["lastSequence"] = 0; let oldestSequenceValue: InfoResponse["oldestSequence"] = 0; let outputDirectoryValue: InfoResponse["outputDirectory"] = ""; const featuresValue: string[] = []; let tunnelSocketValue: InfoResponse["tunnelSocket"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: versionValue = reader.string(); break; case 2: instanceIdValue = reader.string(); break; case 3: startedAtMsValue = toNumber(reader.uint64()); break; case 4: cgroupVersionValue = reader.uint32(); break; case 5: cgroupNoteValue = reader.string(); break; case 6: lastSequenceValue = toNumber(reader.uint64()); break; case 7: oldestSequenceValue = toNumber(reader.uint64()); break; case 8: outputDirectoryValue = reader.string(); break; case 9: featuresValue.push(reader.string()); break; case 10: tunnelSocketValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { version: versionValue, instanceId: instanceIdValue, startedAtMs: startedAtMsValue, cgroupVersion: cgroupVersionValue, cgroupNote: cgroupNoteValue, lastSequence: lastSequenceValue, oldestSequence: oldestSequenceValue, outputDirectory: outputDirectoryValue, features: featuresValue, tunnelSocket: tunnelSocketValue };
  },
});

export interface StartRequest { readonly spec: ProcessSpec | undefined; readonly replace: boolean; }
export interface StartRequestInit { readonly spec?: ProcessSpecInit | undefined; readonly replace?: boolean | undefined; }
export const StartRequest: MessageCodec<StartRequest, StartRequestInit> = messageCodec<StartRequest, StartRequestInit>({
  create: (init) => ({ spec: init.spec === undefined ? undefined : ProcessSpec.create(init.spec), replace: init.replace ?? false, }),
  write: (message, writer) => { if (!(message.spec === undefined)) { ProcessSpec.write(message.spec, writer.uint32(10).fork()).ldelim(); } if (!(message.replace === false)) { writer.uint32(16).bool(message.replace); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let specValue: StartRequest["spec"] = undefined; let replaceValue: StartRequest["replace"] = false;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: specValue = ProcessSpec.read(reader, reader.uint32()); break; case 2: replaceValue = reader.bool(); break; default: reader.skipType(tag & 7); }
    }
    return { spec: specValue, replace: replaceValue };
  },
});

export interface StopRequest { readonly name: string; readonly signal: string; readonly graceMs: number; readonly forget: boolean; }
export interface StopRequestInit { readonly name?: string | undefined; readonly signal?: string | undefined; readonly graceMs?: number | undefined; readonly forget?: boolean | undefined; }
export const StopRequest: MessageCodec<StopRequest, StopRequestInit> = messageCodec<StopRequest, StopRequestInit>({
  create: (init) => ({ name: init.name ?? "", signal: init.signal ?? "", graceMs: init.graceMs ?? 0, forget: init.forget ?? false, }),
  write: (message, writer) => { if (!(message.name === "")) { writer.uint32(10).string(message.name); } if (!(message.signal === "")) { writer.uint32(18).string(message.signal); } if (!(message.graceMs === 0)) { writer.uint32(24).uint32(message.graceMs); } if (!(message.forget === false)) { writer.uint32(32).bool(message.forget); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let nameValue: StopRequest["name"] = ""; let signalValue: StopRequest["signal"] = ""; let graceMsValue: StopRequest["graceMs"] = 0; let forgetValue: StopRequest["forget"] = false;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: nameValue = reader.string(); break; case 2: signalValue = reader.string(); break; case 3: graceMsValue = reader.uint32(); break; case 4: forgetValue = reader.bool(); break; default: reader.skipType(tag & 7); }
    }
    return { name: nameValue, signal: signalValue, graceMs: graceMsValue, forget: forgetValue };
  },
});

export interface ListRequest {  }
export interface ListRequestInit {  }
export const ListRequest: MessageCodec<ListRequest, ListRequestInit> = messageCodec<ListRequest, ListRequestInit>({
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

export interface ListResponse { readonly processes: readonly ProcessState[]; readonly sequence: number; }
export interface ListResponseInit { readonly processes?: readonly ProcessStateInit[] | undefined; readonly sequence?: number | undefined; }
export const ListResponse: MessageCodec<ListResponse, ListResponseInit> = messageCodec<ListResponse, ListResponseInit>({
  create: (init) => ({ processes: (init.processes ?? []).map((value) => ProcessState.create(value)), sequence: init.sequence ?? 0, }),
  write: (message, writer) => { for (const value of message.processes) { ProcessState.write(value, writer.uint32(10).fork()).ldelim(); } if (!(message.sequence === 0)) { writer.uint32(16).uint64(message.sequence); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    const processesValue: ProcessState[] = []; let sequenceValue: ListResponse["sequence"] = 0;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: processesValue.push(ProcessState.read(reader, reader.uint32())); break; case 2: sequenceValue = toNumber(reader.uint64()); break; default: reader.skipType(tag & 7); }
    }
    return { processes: processesValue, sequence: sequenceValue };
  },
});

export interface WatchRequest { readonly fromSequence: number; readonly instanceId: string; }
export interface WatchRequestInit { readonly fromSequence?: number | undefined; readonly instanceId?: string | undefined; }
export const WatchRequest: MessageCodec<WatchRequest, WatchRequestInit> = messageCodec<WatchRequest, WatchRequestInit>({
  create: (init) => ({ fromSequence: init.fromSequence ?? 0, instanceId: init.instanceId ?? "", }),
  write: (message, writer) => { if (!(message.fromSequence === 0)) { writer.uint32(8).uint64(message.fromSequence); } if (!(message.instanceId === "")) { writer.uint32(18).string(message.instanceId); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let fromSequenceValue: WatchRequest["fromSequence"] = 0; let instanceIdValue: WatchRequest["instanceId"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: fromSequenceValue = toNumber(reader.uint64()); break; case 2: instanceIdValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { fromSequence: fromSequenceValue, instanceId: instanceIdValue };
  },
});

export interface WatchEvent { readonly sequence: number; readonly timeMs: number; readonly instanceId: string; readonly state: ProcessState | undefined; readonly removed: boolean; }
export interface WatchEventInit { readonly sequence?: number | undefined; readonly timeMs?: number | undefined; readonly instanceId?: string | undefined; readonly state?: ProcessStateInit | undefined; readonly removed?: boolean | undefined; }
export const WatchEvent: MessageCodec<WatchEvent, WatchEventInit> = messageCodec<WatchEvent, WatchEventInit>({
  create: (init) => ({ sequence: init.sequence ?? 0, timeMs: init.timeMs ?? 0, instanceId: init.instanceId ?? "", state: init.state === undefined ? undefined : ProcessState.create(init.state), removed: init.removed ?? false, }),
  write: (message, writer) => { if (!(message.sequence === 0)) { writer.uint32(8).uint64(message.sequence); } if (!(message.timeMs === 0)) { writer.uint32(16).uint64(message.timeMs); } if (!(message.instanceId === "")) { writer.uint32(26).string(message.instanceId); } if (!(message.state === undefined)) { ProcessState.write(message.state, writer.uint32(34).fork()).ldelim(); } if (!(message.removed === false)) { writer.uint32(40).bool(message.removed); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let sequenceValue: WatchEvent["sequence"] = 0; let timeMsValue: WatchEvent["timeMs"] = 0; let instanceIdValue: WatchEvent["instanceId"] = ""; let stateValue: WatchEvent["state"] = undefined; let removedValue: WatchEvent["removed"] = false;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: sequenceValue = toNumber(reader.uint64()); break; case 2: timeMsValue = toNumber(reader.uint64()); break; case 3: instanceIdValue = reader.string(); break; case 4: stateValue = ProcessState.read(reader, reader.uint32()); break; case 5: removedValue = reader.bool(); break; default: reader.skipType(tag & 7); }
    }
    return { sequence: sequenceValue, timeMs: timeMsValue, instanceId: instanceIdValue, state: stateValue, removed: removedValue };
  },
});

export interface SetResourcesRequest { readonly name: string; readonly resources: Resources | undefined; }
export interface SetResourcesRequestInit { readonly name?: string | undefined; readonly resources?: ResourcesInit | undefined; }
export const SetResourcesRequest: MessageCodec<SetResourcesRequest, SetResourcesRequestInit> = messageCodec<SetResourcesRequest, SetResourcesRequestInit>({
  create: (init) => ({ name: init.name ?? "", resources: init.resources === undefined ? undefined : Resources.create(init.resources), }),
  write: (message, writer) => { if (!(message.name === "")) { writer.uint32(10).string(message.name); } if (!(message.resources === undefined)) { Resources.write(message.resources, writer.uint32(18).fork()).ldelim(); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let nameValue: SetResourcesRequest["name"] = ""; let resourcesValue: SetResourcesRequest["resources"] = undefined;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: nameValue = reader.string(); break; case 2: resourcesValue = Resources.read(reader, reader.uint32()); break; default: reader.skipType(tag & 7); }
    }
    return { name: nameValue, resources: resourcesValue };
  },
});

export interface SetBalancerRequest { readonly listen: string; readonly targets: readonly string[]; readonly healthPath: string; }
export interface SetBalancerRequestInit { readonly listen?: string | undefined; readonly targets?: readonly string[] | undefined; readonly healthPath?: string | undefined; }
export const SetBalancerRequest: MessageCodec<SetBalancerRequest, SetBalancerRequestInit> = messageCodec<SetBalancerRequest, SetBalancerRequestInit>({
  create: (init) => ({ listen: init.listen ?? "", targets: (init.targets ?? []).map((value) => value), healthPath: init.healthPath ?? "", }),
  write: (message, writer) => { if (!(message.listen === "")) { writer.uint32(10).string(message.listen); } for (const value of message.targets) { writer.uint32(18).string(value); } if (!(message.healthPath === "")) { writer.uint32(26).string(message.healthPath); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let listenValue: SetBalancerRequest["listen"] = ""; const targetsValue: string[] = []; let healthPathValue: SetBalancerRequest["healthPath"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: listenValue = reader.string(); break; case 2: targetsValue.push(reader.string()); break; case 3: healthPathValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { listen: listenValue, targets: targetsValue, healthPath: healthPathValue };
  },
});

export interface SetBalancerResponse { readonly targets: readonly BalancerTarget[]; }
export interface SetBalancerResponseInit { readonly targets?: readonly BalancerTargetInit[] | undefined; }
export const SetBalancerResponse: MessageCodec<SetBalancerResponse, SetBalancerResponseInit> = messageCodec<SetBalancerResponse, SetBalancerResponseInit>({
  create: (init) => ({ targets: (init.targets ?? []).map((value) => BalancerTarget.create(value)), }),
  write: (message, writer) => { for (const value of message.targets) { BalancerTarget.write(value, writer.uint32(10).fork()).ldelim(); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    const targetsValue: BalancerTarget[] = [];
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: targetsValue.push(BalancerTarget.read(reader, reader.uint32())); break; default: reader.skipType(tag & 7); }
    }
    return { targets: targetsValue };
  },
});

export interface BalancerTarget { readonly address: string; readonly state: string; readonly connections: number; }
export interface BalancerTargetInit { readonly address?: string | undefined; readonly state?: string | undefined; readonly connections?: number | undefined; }
export const BalancerTarget: MessageCodec<BalancerTarget, BalancerTargetInit> = messageCodec<BalancerTarget, BalancerTargetInit>({
  create: (init) => ({ address: init.address ?? "", state: init.state ?? "", connections: init.connections ?? 0, }),
  write: (message, writer) => { if (!(message.address === "")) { writer.uint32(10).string(message.address); } if (!(message.state === "")) { writer.uint32(18).string(message.state); } if (!(message.connections === 0)) { writer.uint32(24).uint32(message.connections); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let addressValue: BalancerTarget["address"] = ""; let stateValue: BalancerTarget["state"] = ""; let connectionsValue: BalancerTarget["connections"] = 0;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: addressValue = reader.string(); break; case 2: stateValue = reader.string(); break; case 3: connectionsValue = reader.uint32(); break; default: reader.skipType(tag & 7); }
    }
    return { address: addressValue, state: stateValue, connections: connectionsValue };
  },
});

export interface TunnelInput { readonly input: { readonly kind: "open"; readonly value: TunnelTarget } | { readonly kind: "data"; readonly value: Uint8Array } | { readonly kind: "end"; readonly value: boolean } | undefined; }
export interface TunnelInputInit { readonly input?: { readonly kind: "open"; readonly value: TunnelTargetInit } | { readonly kind: "data"; readonly value: Uint8Array } | { readonly kind: "end"; readonly value: boolean } | undefined; }
export const TunnelInput: MessageCodec<TunnelInput, TunnelInputInit> = messageCodec<TunnelInput, TunnelInputInit>({
  create: (init) => ({ input: init.input?.kind === "open" ? { kind: "open", value: TunnelTarget.create(init.input.value) } : init.input?.kind === "data" ? { kind: "data", value: init.input.value } : init.input?.kind === "end" ? { kind: "end", value: init.input.value } : undefined, }),
  write: (message, writer) => { if (message.input?.kind === "open") { TunnelTarget.write(message.input.value, writer.uint32(10).fork()).ldelim(); } if (message.input?.kind === "data") { writer.uint32(18).bytes(message.input.value); } if (message.input?.kind === "end") { writer.uint32(24).bool(message.input.value); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let inputValue: TunnelInput["input"];
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: inputValue = { kind: "open", value: TunnelTarget.read(reader, reader.uint32()) }; break; case 2: inputValue = { kind: "data", value: detached(reader.bytes()) }; break; case 3: inputValue = { kind: "end", value: reader.bool() }; break; default: reader.skipType(tag & 7); }
    }
    return { input: inputValue };
  },
});

export interface TunnelOutput { readonly output: { readonly kind: "opened"; readonly value: boolean } | { readonly kind: "data"; readonly value: Uint8Array } | { readonly kind: "end"; readonly value: boolean } | undefined; }
export interface TunnelOutputInit { readonly output?: { readonly kind: "opened"; readonly value: boolean } | { readonly kind: "data"; readonly value: Uint8Array } | { readonly kind: "end"; readonly value: boolean } | undefined; }
export const TunnelOutput: MessageCodec<TunnelOutput, TunnelOutputInit> = messageCodec<TunnelOutput, TunnelOutputInit>({
  create: (init) => ({ output: init.output?.kind === "opened" ? { kind: "opened", value: init.output.value } : init.output?.kind === "data" ? { kind: "data", value: init.output.value } : init.output?.kind === "end" ? { kind: "end", value: init.output.value } : undefined, }),
  write: (message, writer) => { if (message.output?.kind === "opened") { writer.uint32(8).bool(message.output.value); } if (message.output?.kind === "data") { writer.uint32(18).bytes(message.output.value); } if (message.output?.kind === "end") { writer.uint32(24).bool(message.output.value); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let outputValue: TunnelOutput["output"];
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: outputValue = { kind: "opened", value: reader.bool() }; break; case 2: outputValue = { kind: "data", value: detached(reader.bytes()) }; break; case 3: outputValue = { kind: "end", value: reader.bool() }; break; default: reader.skipType(tag & 7); }
    }
    return { output: outputValue };
  },
});

export interface PutFileHeader { readonly path: string; readonly mode: number; readonly uid: number; readonly gid: number; readonly unflushed: boolean; }
export interface PutFileHeaderInit { readonly path?: string | undefined; readonly mode?: number | undefined; readonly uid?: number | undefined; readonly gid?: number | undefined; readonly unflushed?: boolean | undefined; }
export const PutFileHeader: MessageCodec<PutFileHeader, PutFileHeaderInit> = messageCodec<PutFileHeader, PutFileHeaderInit>({
  create: (init) => ({ path: init.path ?? "", mode: init.mode ?? 0, uid: init.uid ?? 0, gid: init.gid ?? 0, unflushed: init.unflushed ?? false, }),
  write: (message, writer) => { if (!(message.path === "")) { writer.uint32(10).string(message.path); } if (!(message.mode === 0)) { writer.uint32(16).uint32(message.mode); } if (!(message.uid === 0)) { writer.uint32(24).uint32(message.uid); } if (!(message.gid === 0)) { writer.uint32(32).uint32(message.gid); } if (!(message.unflushed === false)) { writer.uint32(40).bool(message.unflushed); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let pathValue: PutFileHeader["path"] = ""; let modeValue: PutFileHeader["mode"] = 0; let uidValue: PutFileHeader["uid"] = 0; let gidValue: PutFileHeader["gid"] = 0; let unflushedValue: PutFileHeader["unflushed"] = false;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: pathValue = reader.string(); break; case 2: modeValue = reader.uint32(); break; case 3: uidValue = reader.uint32(); break; case 4: gidValue = reader.uint32(); break; case 5: unflushedValue = reader.bool(); break; default: reader.skipType(tag & 7); }
    }
    return { path: pathValue, mode: modeValue, uid: uidValue, gid: gidValue, unflushed: unflushedValue };
  },
});

export interface PutFileInput { readonly input: { readonly kind: "header"; readonly value: PutFileHeader } | { readonly kind: "data"; readonly value: Uint8Array } | undefined; }
export interface PutFileInputInit { readonly input?: { readonly kind: "header"; readonly value: PutFileHeaderInit } | { readonly kind: "data"; readonly value: Uint8Array } | undefined; }
export const PutFileInput: MessageCodec<PutFileInput, PutFileInputInit> = messageCodec<PutFileInput, PutFileInputInit>({
  create: (init) => ({ input: init.input?.kind === "header" ? { kind: "header", value: PutFileHeader.create(init.input.value) } : init.input?.kind === "data" ? { kind: "data", value: init.input.value } : undefined, }),
  write: (message, writer) => { if (message.input?.kind === "header") { PutFileHeader.write(message.input.value, writer.uint32(10).fork()).ldelim(); } if (message.input?.kind === "data") { writer.uint32(18).bytes(message.input.value); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let inputValue: PutFileInput["input"];
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: inputValue = { kind: "header", value: PutFileHeader.read(reader, reader.uint32()) }; break; case 2: inputValue = { kind: "data", value: detached(reader.bytes()) }; break; default: reader.skipType(tag & 7); }
    }
    return { input: inputValue };
  },
});

export interface PutFileResponse { readonly size: number; readonly sha256: string; readonly changed: boolean; }
export interface PutFileResponseInit { readonly size?: number | undefined; readonly sha256?: string | undefined; readonly changed?: boolean | undefined; }
export const PutFileResponse: MessageCodec<PutFileResponse, PutFileResponseInit> = messageCodec<PutFileResponse, PutFileResponseInit>({
  create: (init) => ({ size: init.size ?? 0, sha256: init.sha256 ?? "", changed: init.changed ?? false, }),
  write: (message, writer) => { if (!(message.size === 0)) { writer.uint32(8).uint64(message.size); } if (!(message.sha256 === "")) { writer.uint32(18).string(message.sha256); } if (!(message.changed === false)) { writer.uint32(24).bool(message.changed); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let sizeValue: PutFileResponse["size"] = 0; let sha256Value: PutFileResponse["sha256"] = ""; let changedValue: PutFileResponse["changed"] = false;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: sizeValue = toNumber(reader.uint64()); break; case 2: sha256Value = reader.string(); break; case 3: changedValue = reader.bool(); break; default: reader.skipType(tag & 7); }
    }
    return { size: sizeValue, sha256: sha256Value, changed: changedValue };
  },
});

export interface GetFileRequest { readonly path: string; readonly offset: number; readonly length: number; readonly follow: boolean; readonly fromEnd: boolean; }
export interface GetFileRequestInit { readonly path?: string | undefined; readonly offset?: number | undefined; readonly length?: number | undefined; readonly follow?: boolean | undefined; readonly fromEnd?: boolean | undefined; }
export const GetFileRequest: MessageCodec<GetFileRequest, GetFileRequestInit> = messageCodec<GetFileRequest, GetFileRequestInit>({
  create: (init) => ({ path: init.path ?? "", offset: init.offset ?? 0, length: init.length ?? 0, follow: init.follow ?? false, fromEnd: init.fromEnd ?? false, }),
  write: (message, writer) => { if (!(message.path === "")) { writer.uint32(10).string(message.path); } if (!(message.offset === 0)) { writer.uint32(16).uint64(message.offset); } if (!(message.length === 0)) { writer.uint32(24).uint64(message.length); } if (!(message.follow === false)) { writer.uint32(32).bool(message.follow); } if (!(message.fromEnd === false)) { writer.uint32(40).bool(message.fromEnd); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let pathValue: GetFileRequest["path"] = ""; let offsetValue: GetFileRequest["offset"] = 0; let lengthValue: GetFileRequest["length"] = 0; let followValue: GetFileRequest["follow"] = false; let fromEndValue: GetFileRequest["fromEnd"] = false;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: pathValue = reader.string(); break; case 2: offsetValue = toNumber(reader.uint64()); break; case 3: lengthValue = toNumber(reader.uint64()); break; case 4: followValue = reader.bool(); break; case 5: fromEndValue = reader.bool(); break; default: reader.skipType(tag & 7); }
    }
    return { path: pathValue, offset: offsetValue, length: lengthValue, follow: followValue, fromEnd: fromEndValue };
  },
});

export interface ByteRequest { readonly request: { readonly kind: "tcpAddress"; readonly value: string } | { readonly kind: "unixSocket"; readonly value: string } | { readonly kind: "file"; readonly value: GetFileRequest } | undefined; }
export interface ByteRequestInit { readonly request?: { readonly kind: "tcpAddress"; readonly value: string } | { readonly kind: "unixSocket"; readonly value: string } | { readonly kind: "file"; readonly value: GetFileRequestInit } | undefined; }
export const ByteRequest: MessageCodec<ByteRequest, ByteRequestInit> = messageCodec<ByteRequest, ByteRequestInit>({
  create: (init) => ({ request: init.request?.kind === "tcpAddress" ? { kind: "tcpAddress", value: init.request.value } : init.request?.kind === "unixSocket" ? { kind: "unixSocket", value: init.request.value } : init.request?.kind === "file" ? { kind: "file", value: GetFileRequest.create(init.request.value) } : undefined, }),
  write: (message, writer) => { if (message.request?.kind === "tcpAddress") { writer.uint32(10).string(message.request.value); } if (message.request?.kind === "unixSocket") { writer.uint32(18).string(message.request.value); } if (message.request?.kind === "file") { GetFileRequest.write(message.request.value, writer.uint32(26).fork()).ldelim(); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let requestValue: ByteRequest["request"];
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: requestValue = { kind: "tcpAddress", value: reader.string() }; break; case 2: requestValue = { kind: "unixSocket", value: reader.string() }; break; case 3: requestValue = { kind: "file", value: GetFileRequest.read(reader, reader.uint32()) }; break; default: reader.skipType(tag & 7); }
    }
    return { request: requestValue };
  },
});

export interface FileChunk { readonly offset: number; readonly data: Uint8Array; readonly fileSize: number; readonly modifiedAtMs: number; }
export interface FileChunkInit { readonly offset?: number | undefined; readonly data?: Uint8Array | undefined; readonly fileSize?: number | undefined; readonly modifiedAtMs?: number | undefined; }
export const FileChunk: MessageCodec<FileChunk, FileChunkInit> = messageCodec<FileChunk, FileChunkInit>({
  create: (init) => ({ offset: init.offset ?? 0, data: init.data ?? new Uint8Array(0), fileSize: init.fileSize ?? 0, modifiedAtMs: init.modifiedAtMs ?? 0, }),
  write: (message, writer) => { if (!(message.offset === 0)) { writer.uint32(8).uint64(message.offset); } if (!(message.data.length === 0)) { writer.uint32(18).bytes(message.data); } if (!(message.fileSize === 0)) { writer.uint32(24).uint64(message.fileSize); } if (!(message.modifiedAtMs === 0)) { writer.uint32(32).uint64(message.modifiedAtMs); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let offsetValue: FileChunk["offset"] = 0; let dataValue: FileChunk["data"] = new Uint8Array(0); let fileSizeValue: FileChunk["fileSize"] = 0; let modifiedAtMsValue: FileChunk["modifiedAtMs"] = 0;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: offsetValue = toNumber(reader.uint64()); break; case 2: dataValue = detached(reader.bytes()); break; case 3: fileSizeValue = toNumber(reader.uint64()); break; case 4: modifiedAtMsValue = toNumber(reader.uint64()); break; default: reader.skipType(tag & 7); }
    }
    return { offset: offsetValue, data: dataValue, fileSize: fileSizeValue, modifiedAtMs: modifiedAtMsValue };
  },
});

export const wrapperService = { info: rpc("/cke.wrapper.v1.Wrapper/Info", InfoRequest, InfoResponse, false, false),
start: rpc("/cke.wrapper.v1.Wrapper/Start", StartRequest, ProcessState, false, false),
stop: rpc("/cke.wrapper.v1.Wrapper/Stop", StopRequest, ProcessState, false, false),
list: rpc("/cke.wrapper.v1.Wrapper/List", ListRequest, ListResponse, false, false),
watch: rpc("/cke.wrapper.v1.Wrapper/Watch", WatchRequest, WatchEvent, false, true),
setResources: rpc("/cke.wrapper.v1.Wrapper/SetResources", SetResourcesRequest, ProcessState, false, false),
exec: rpc("/cke.wrapper.v1.Wrapper/Exec", ExecInput, ExecOutput, true, true),
tunnel: rpc("/cke.wrapper.v1.Wrapper/Tunnel", TunnelInput, TunnelOutput, true, true),
putFile: rpc("/cke.wrapper.v1.Wrapper/PutFile", PutFileInput, PutFileResponse, true, false),
getFile: rpc("/cke.wrapper.v1.Wrapper/GetFile", GetFileRequest, FileChunk, false, true),
listFiles: rpc("/cke.wrapper.v1.Wrapper/ListFiles", FilesRequest, FilesResponse, false, false),
setBalancer: rpc("/cke.wrapper.v1.Wrapper/SetBalancer", SetBalancerRequest, SetBalancerResponse, false, false),
runProbe: rpc("/cke.wrapper.v1.Wrapper/RunProbe", RunProbeRequest, RunProbeResponse, false, false), } as const;

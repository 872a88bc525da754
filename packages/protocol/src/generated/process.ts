// Generated from proto/cke/process.proto by scripts/generate-protocol.ts: do not edit.
import { messageCodec, toNumber, type MessageCodec } from "../codec/codec.ts";

export interface Resources { readonly cpuMillis: number; readonly memoryBytes: number; readonly cfsQuota: boolean; }
export interface ResourcesInit { readonly cpuMillis?: number | undefined; readonly memoryBytes?: number | undefined; readonly cfsQuota?: boolean | undefined; }
export const Resources: MessageCodec<Resources, ResourcesInit> = messageCodec<Resources, ResourcesInit>({
  create: (init) => ({ cpuMillis: init.cpuMillis ?? 0, memoryBytes: init.memoryBytes ?? 0, cfsQuota: init.cfsQuota ?? false, }),
  write: (message, writer) => { if (!(message.cpuMillis === 0)) { writer.uint32(8).uint64(message.cpuMillis); } if (!(message.memoryBytes === 0)) { writer.uint32(16).uint64(message.memoryBytes); } if (!(message.cfsQuota === false)) { writer.uint32(24).bool(message.cfsQuota); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let cpuMillisValue: Resources["cpuMillis"] = 0; let memoryBytesValue: Resources["memoryBytes"] = 0; let cfsQuotaValue: Resources["cfsQuota"] = false;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: cpuMillisValue = toNumber(reader.uint64()); break; case 2: memoryBytesValue = toNumber(reader.uint64()); break; case 3: cfsQuotaValue = reader.bool(); break; default: reader.skipType(tag & 7); }
    }
    return { cpuMillis: cpuMillisValue, memoryBytes: memoryBytesValue, cfsQuota: cfsQuotaValue };
  },
});

export interface HttpCheck { readonly url: string; readonly caFile: string; readonly certificateFile: string; readonly keyFile: string; readonly bearerFile: string; readonly insecure: boolean; readonly unixSocket: string; readonly expectBody: string; readonly expectStatus: readonly number[]; }
export interface HttpCheckInit { readonly url?: string | undefined; readonly caFile?: string | undefined; readonly certificateFile?: string | undefined; readonly keyFile?: string | undefined; readonly bearerFile?: string | undefined; readonly insecure?: boolean | undefined; readonly unixSocket?: string | undefined; readonly expectBody?: string | undefined; readonly expectStatus?: readonly number[] | undefined; }
export const HttpCheck: MessageCodec<HttpCheck, HttpCheckInit> = messageCodec<HttpCheck, HttpCheckInit>({
  create: (init) => ({ url: init.url ?? "", caFile: init.caFile ?? "", certificateFile: init.certificateFile ?? "", keyFile: init.keyFile ?? "", bearerFile: init.bearerFile ?? "", insecure: init.insecure ?? false, unixSocket: init.unixSocket ?? "", expectBody: init.expectBody ?? "", expectStatus: (init.expectStatus ?? []).map((value) => value), }),
  write: (message, writer) => { if (!(message.url === "")) { writer.uint32(10).string(message.url); } if (!(message.caFile === "")) { writer.uint32(18).string(message.caFile); } if (!(message.certificateFile === "")) { writer.uint32(26).string(message.certificateFile); } if (!(message.keyFile === "")) { writer.uint32(34).string(message.keyFile); } if (!(message.bearerFile === "")) { writer.uint32(42).string(message.bearerFile); } if (!(message.insecure === false)) { writer.uint32(48).bool(message.insecure); } if (!(message.unixSocket === "")) { writer.uint32(58).string(message.unixSocket); } if (!(message.expectBody === "")) { writer.uint32(66).string(message.expectBody); } for (const value of message.expectStatus) { writer.uint32(72).uint32(value); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let urlValue: HttpCheck["url"] = ""; let caFileValue: HttpCheck["caFile"] = ""; let certificateFileValue: HttpCheck["certificateFile"] = ""; let keyFileValue: HttpCheck["keyFile"] = ""; let bearerFileValue: HttpCheck["bearerFile"] = ""; let insecureValue: HttpCheck["insecure"] = false; let unixSocketValue: HttpCheck["unixSocket"] = ""; let expectBodyValue: HttpCheck["expectBody"] = ""; const expectStatusValue: number[] = [];
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: urlValue = reader.string(); break; case 2: caFileValue = reader.string(); break; case 3: certificateFileValue = reader.string(); break; case 4: keyFileValue = reader.string(); break; case 5: bearerFileValue = reader.string(); break; case 6: insecureValue = reader.bool(); break; case 7: unixSocketValue = reader.string(); break; case 8: expectBodyValue = reader.string(); break; case 9: if ((tag & 7) === 2) { const end = reader.uint32() + reader.pos; while (reader.pos < end) expectStatusValue.push(reader.uint32()); } else { expectStatusValue.push(reader.uint32()); } break; default: reader.skipType(tag & 7); }
    }
    return { url: urlValue, caFile: caFileValue, certificateFile: certificateFileValue, keyFile: keyFileValue, bearerFile: bearerFileValue, insecure: insecureValue, unixSocket: unixSocketValue, expectBody: expectBodyValue, expectStatus: expectStatusValue };
  },
});

export interface TcpCheck { readonly address: string; }
export interface TcpCheckInit { readonly address?: string | undefined; }
export const TcpCheck: MessageCodec<TcpCheck, TcpCheckInit> = messageCodec<TcpCheck, TcpCheckInit>({
  create: (init) => ({ address: init.address ?? "", }),
  write: (message, writer) => { if (!(message.address === "")) { writer.uint32(10).string(message.address); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let addressValue: TcpCheck["address"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: addressValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { address: addressValue };
  },
});

export interface ExecCheck { readonly command: readonly string[]; readonly description: string; }
export interface ExecCheckInit { readonly command?: readonly string[] | undefined; readonly description?: string | undefined; }
export const ExecCheck: MessageCodec<ExecCheck, ExecCheckInit> = messageCodec<ExecCheck, ExecCheckInit>({
  create: (init) => ({ command: (init.command ?? []).map((value) => value), description: init.description ?? "", }),
  write: (message, writer) => { for (const value of message.command) { writer.uint32(10).string(value); } if (!(message.description === "")) { writer.uint32(18).string(message.description); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    const commandValue: string[] = []; let descriptionValue: ExecCheck["description"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: commandValue.push(reader.string()); break; case 2: descriptionValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { command: commandValue, description: descriptionValue };
  },
});

export interface Probe { readonly check: { readonly kind: "http"; readonly value: HttpCheck } | { readonly kind: "tcp"; readonly value: TcpCheck } | { readonly kind: "exec"; readonly value: ExecCheck } | undefined; readonly name: string; readonly phase: string; readonly periodMs: number; readonly startupPeriodMs: number; readonly timeoutMs: number; readonly successThreshold: number; readonly failureThreshold: number; }
export interface ProbeInit { readonly check?: { readonly kind: "http"; readonly value: HttpCheckInit } | { readonly kind: "tcp"; readonly value: TcpCheckInit } | { readonly kind: "exec"; readonly value: ExecCheckInit } | undefined; readonly name?: string | undefined; readonly phase?: string | undefined; readonly periodMs?: number | undefined; readonly startupPeriodMs?: number | undefined; readonly timeoutMs?: number | undefined; readonly successThreshold?: number | undefined; readonly failureThreshold?: number | undefined; }
export const Probe: MessageCodec<Probe, ProbeInit> = messageCodec<Probe, ProbeInit>({
  create: (init) => ({ check: init.check?.kind === "http" ? { kind: "http", value: HttpCheck.create(init.check.value) } : init.check?.kind === "tcp" ? { kind: "tcp", value: TcpCheck.create(init.check.value) } : init.check?.kind === "exec" ? { kind: "exec", value: ExecCheck.create(init.check.value) } : undefined, name: init.name ?? "", phase: init.phase ?? "", periodMs: init.periodMs ?? 0, startupPeriodMs: init.startupPeriodMs ?? 0, timeoutMs: init.timeoutMs ?? 0, successThreshold: init.successThreshold ?? 0, failureThreshold: init.failureThreshold ?? 0, }),
  write: (message, writer) => { if (message.check?.kind === "http") { HttpCheck.write(message.check.value, writer.uint32(26).fork()).ldelim(); } if (message.check?.kind === "tcp") { TcpCheck.write(message.check.value, writer.uint32(34).fork()).ldelim(); } if (message.check?.kind === "exec") { ExecCheck.write(message.check.value, writer.uint32(42).fork()).ldelim(); } if (!(message.name === "")) { writer.uint32(10).string(message.name); } if (!(message.phase === "")) { writer.uint32(18).string(message.phase); } if (!(message.periodMs === 0)) { writer.uint32(48).uint32(message.periodMs); } if (!(message.startupPeriodMs === 0)) { writer.uint32(56).uint32(message.startupPeriodMs); } if (!(message.timeoutMs === 0)) { writer.uint32(64).uint32(message.timeoutMs); } if (!(message.successThreshold === 0)) { writer.uint32(72).uint32(message.successThreshold); } if (!(message.failureThreshold === 0)) { writer.uint32(80).uint32(message.failureThreshold); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let checkValue: Probe["check"]; let nameValue: Probe["name"] = ""; let phaseValue: Probe["phase"] = ""; let periodMsValue: Probe["periodMs"] = 0; let startupPeriodMsValue: Probe["startupPeriodMs"] = 0; let timeoutMsValue: Probe["timeoutMs"] = 0; let successThresholdValue: Probe["successThreshold"] = 0; let failureThresholdValue: Probe["failureThreshold"] = 0;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 3: checkValue = { kind: "http", value: HttpCheck.read(reader, reader.uint32()) }; break; case 4: checkValue = { kind: "tcp", value: TcpCheck.read(reader, reader.uint32()) }; break; case 5: checkValue = { kind: "exec", value: ExecCheck.read(reader, reader.uint32()) }; break; case 1: nameValue = reader.string(); break; case 2: phaseValue = reader.string(); break; case 6: periodMsValue = reader.uint32(); break; case 7: startupPeriodMsValue = reader.uint32(); break; case 8: timeoutMsValue = reader.uint32(); break; case 9: successThresholdValue = reader.uint32(); break; case 10: failureThresholdValue = reader.uint32(); break; default: reader.skipType(tag & 7); }
    }
    return { check: checkValue, name: nameValue, phase: phaseValue, periodMs: periodMsValue, startupPeriodMs: startupPeriodMsValue, timeoutMs: timeoutMsValue, successThreshold: successThresholdValue, failureThreshold: failureThresholdValue };
  },
});

export type RestartMode = "always" | "on-failure" | "never";
const restartModeNumbers: Readonly<Record<RestartMode, number>> = { "always": 0, "on-failure": 1, "never": 2 };
const restartModeNames: Readonly<Record<number, RestartMode>> = { 0: "always", 1: "on-failure", 2: "never" };

export interface RestartPolicy { readonly mode: RestartMode; readonly backoffMinMs: number; readonly backoffMaxMs: number; readonly resetAfterMs: number; }
export interface RestartPolicyInit { readonly mode?: RestartMode | undefined; readonly backoffMinMs?: number | undefined; readonly backoffMaxMs?: number | undefined; readonly resetAfterMs?: number | undefined; }
export const RestartPolicy: MessageCodec<RestartPolicy, RestartPolicyInit> = messageCodec<RestartPolicy, RestartPolicyInit>({
  create: (init) => ({ mode: init.mode ?? "always", backoffMinMs: init.backoffMinMs ?? 0, backoffMaxMs: init.backoffMaxMs ?? 0, resetAfterMs: init.resetAfterMs ?? 0, }),
  write: (message, writer) => { if (!(message.mode === "always")) { writer.uint32(8).int32(restartModeNumbers[message.mode]); } if (!(message.backoffMinMs === 0)) { writer.uint32(16).uint32(message.backoffMinMs); } if (!(message.backoffMaxMs === 0)) { writer.uint32(24).uint32(message.backoffMaxMs); } if (!(message.resetAfterMs === 0)) { writer.uint32(32).uint32(message.resetAfterMs); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let modeValue: RestartPolicy["mode"] = "always"; let backoffMinMsValue: RestartPolicy["backoffMinMs"] = 0; let backoffMaxMsValue: RestartPolicy["backoffMaxMs"] = 0; let resetAfterMsValue: RestartPolicy["resetAfterMs"] = 0;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: modeValue = restartModeNames[reader.int32()] ?? "always"; break; case 2: backoffMinMsValue = reader.uint32(); break; case 3: backoffMaxMsValue = reader.uint32(); break; case 4: resetAfterMsValue = reader.uint32(); break; default: reader.skipType(tag & 7); }
    }
    return { mode: modeValue, backoffMinMs: backoffMinMsValue, backoffMaxMs: backoffMaxMsValue, resetAfterMs: resetAfterMsValue };
  },
});

export interface EnvironmentVariable { readonly name: string; readonly value: string; }
export interface EnvironmentVariableInit { readonly name?: string | undefined; readonly value?: string | undefined; }
export const EnvironmentVariable: MessageCodec<EnvironmentVariable, EnvironmentVariableInit> = messageCodec<EnvironmentVariable, EnvironmentVariableInit>({
  create: (init) => ({ name: init.name ?? "", value: init.value ?? "", }),
  write: (message, writer) => { if (!(message.name === "")) { writer.uint32(10).string(message.name); } if (!(message.value === "")) { writer.uint32(18).string(message.value); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let nameValue: EnvironmentVariable["name"] = ""; let valueValue: EnvironmentVariable["value"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: nameValue = reader.string(); break; case 2: valueValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { name: nameValue, value: valueValue };
  },
});

export interface ProcessSpec { readonly name: string; readonly type: string; readonly command: readonly string[]; readonly environment: readonly EnvironmentVariable[]; readonly workingDirectory: string; readonly resources: Resources | undefined; readonly startWhen: readonly Probe[]; readonly health: readonly Probe[]; readonly restart: RestartPolicy | undefined; readonly oneShot: boolean; readonly stopSignal: string; readonly stopGraceMs: number; readonly outputRotateBytes: number; readonly outputKeep: number; readonly phase: string; readonly keepDescendants: boolean; readonly workloadCgroup: string; readonly overhead: Resources | undefined; }
export interface ProcessSpecInit { readonly name?: string | undefined; readonly type?: string | undefined; readonly command?: readonly string[] | undefined; readonly environment?: readonly EnvironmentVariableInit[] | undefined; readonly workingDirectory?: string | undefined; readonly resources?: ResourcesInit | undefined; readonly startWhen?: readonly ProbeInit[] | undefined; readonly health?: readonly ProbeInit[] | undefined; readonly restart?: RestartPolicyInit | undefined; readonly oneShot?: boolean | undefined; readonly stopSignal?: string | undefined; readonly stopGraceMs?: number | undefined; readonly outputRotateBytes?: number | undefined; readonly outputKeep?: number | undefined; readonly phase?: string | undefined; readonly keepDescendants?: boolean | undefined; readonly workloadCgroup?: string | undefined; readonly overhead?: ResourcesInit | undefined; }
export const ProcessSpec: MessageCodec<ProcessSpec, ProcessSpecInit> = messageCodec<ProcessSpec, ProcessSpecInit>({
  create: (init) => ({ name: init.name ?? "", type: init.type ?? "", command: (init.command ?? []).map((value) => value), environment: (init.environment ?? []).map((value) => EnvironmentVariable.create(value)), workingDirectory: init.workingDirectory ?? "", resources: init.resources === undefined ? undefined : Resources.create(init.resources), startWhen: (init.startWhen ?? []).map((value) => Probe.create(value)), health: (init.health ?? []).map((value) => Probe.create(value)), restart: init.restart === undefined ? undefined : RestartPolicy.create(init.restart), oneShot: init.oneShot ?? false, stopSignal: init.stopSignal ?? "", stopGraceMs: init.stopGraceMs ?? 0, outputRotateBytes: init.outputRotateBytes ?? 0, outputKeep: init.outputKeep ?? 0, phase: init.phase ?? "", keepDescendants: init.keepDescendants ?? false, workloadCgroup: init.workloadCgroup ?? "", overhead: init.overhead === undefined ? undefined : Resources.create(init.overhead), }),
  write: (message, writer) => { if (!(message.name === "")) { writer.uint32(10).string(message.name); } if (!(message.type === "")) { writer.uint32(18).string(message.type); } for (const value of message.command) { writer.uint32(26).string(value); } for (const value of message.environment) { EnvironmentVariable.write(value, writer.uint32(34).fork()).ldelim(); } if (!(message.workingDirectory === "")) { writer.uint32(42).string(message.workingDirectory); } if (!(message.resources === undefined)) { Resources.write(message.resources, writer.uint32(50).fork()).ldelim(); } for (const value of message.startWhen) { Probe.write(value, writer.uint32(58).fork()).ldelim(); } for (const value of message.health) { Probe.write(value, writer.uint32(66).fork()).ldelim(); } if (!(message.restart === undefined)) { RestartPolicy.write(message.restart, writer.uint32(74).fork()).ldelim(); } if (!(message.oneShot === false)) { writer.uint32(80).bool(message.oneShot); } if (!(message.stopSignal === "")) { writer.uint32(90).string(message.stopSignal); } if (!(message.stopGraceMs === 0)) { writer.uint32(96).uint32(message.stopGraceMs); } if (!(message.outputRotateBytes === 0)) { writer.uint32(104).uint64(message.outputRotateBytes); } if (!(message.outputKeep === 0)) { writer.uint32(112).uint32(message.outputKeep); } if (!(message.phase === "")) { writer.uint32(122).string(message.phase); } if (!(message.keepDescendants === false)) { writer.uint32(128).bool(message.keepDescendants); } if (!(message.workloadCgroup === "")) { writer.uint32(138).string(message.workloadCgroup); } if (!(message.overhead === undefined)) { Resources.write(message.overhead, writer.uint32(146).fork()).ldelim(); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let nameValue: ProcessSpec["name"] = ""; let typeValue: ProcessSpec["type"] = ""; const commandValue: string[] = []; const environmentValue: EnvironmentVariable[] = []; let workingDirectoryValue: ProcessSpec["workingDirectory"] = ""; let resourcesValue: ProcessSpec["resources"] = undefined; const startWhenValue: Probe[] = []; const healthValue: Probe[] = []; let restartValue: ProcessSpec["restart"] = undefined; let oneShotValue: ProcessSpec["oneShot"] = false; let stopSignalValue: ProcessSpec["stopSignal"] = ""; let stopGraceMsValue: ProcessSpec["stopGraceMs"] = 0; let outputRotateBytesValue: ProcessSpec["outputRotateBytes"] = 0; let outputKeepValue: ProcessSpec["outputKeep"] = 0; let phaseValue: ProcessSpec["phase"] = ""; let keepDescendantsValue: ProcessSpec["keepDescendants"] = false; let workloadCgroupValue: ProcessSpec["workloadCgroup"] = ""; let overheadValue: ProcessSpec["overhead"] = undefined;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: nameValue = reader.string(); break; case 2: typeValue = reader.string(); break; case 3: commandValue.push(reader.string()); break; case 4: environmentValue.push(EnvironmentVariable.read(reader, reader.uint32())); break; case 5: workingDirectoryValue = reader.string(); break; case 6: resourcesValue = Resources.read(reader, reader.uint32()); break; case 7: startWhenValue.push(Probe.read(reader, reader.uint32())); break; case 8: healthValue.push(Probe.read(reader, reader.uint32())); break; case 9: restartValue = RestartPolicy.read(reader, reader.uint32()); break; case 10: oneShotValue = reader.bool(); break; case 11: stopSignalValue = reader.string(); break; case 12: stopGraceMsValue = reader.uint32(); break; case 13: outputRotateBytesValue = toNumber(reader.uint64()); break; case 14: outputKeepValue = reader.uint32(); break; case 15: phaseValue = reader.string(); break; case 16: keepDescendantsValue = reader.bool(); break; case 17: workloadCgroupValue = reader.string(); break; case 18: overheadValue = Resources.read(reader, reader.uint32()); break; default: reader.skipType(tag & 7); }
    }
    return { name: nameValue, type: typeValue, command: commandValue, environment: environmentValue, workingDirectory: workingDirectoryValue, resources: resourcesValue, startWhen: startWhenValue, health: healthValue, restart: restartValue, oneShot: oneShotValue, stopSignal: stopSignalValue, stopGraceMs: stopGraceMsValue, outputRotateBytes: outputRotateBytesValue, outputKeep: outputKeepValue, phase: phaseValue, keepDescendants: keepDescendantsValue, workloadCgroup: workloadCgroupValue, overhead: overheadValue };
  },
});

export type ProcessPhase = "waiting" | "starting" | "running" | "backoff" | "stopping" | "stopped" | "finished" | "failed";
const processPhaseNumbers: Readonly<Record<ProcessPhase, number>> = { "waiting": 0, "starting": 1, "running": 2, "backoff": 3, "stopping": 4, "stopped": 5, "finished": 6, "failed": 7 };
const processPhaseNames: Readonly<Record<number, ProcessPhase>> = { 0: "waiting", 1: "starting", 2: "running", 3: "backoff", 4: "stopping", 5: "stopped", 6: "finished", 7: "failed" };

export interface ProbeState { readonly name: string; readonly phase: string; readonly passing: boolean; readonly everPassed: boolean; readonly message: string; readonly changedAtMs: number; }
export interface ProbeStateInit { readonly name?: string | undefined; readonly phase?: string | undefined; readonly passing?: boolean | undefined; readonly everPassed?: boolean | undefined; readonly message?: string | undefined; readonly changedAtMs?: number | undefined; }
export const ProbeState: MessageCodec<ProbeState, ProbeStateInit> = messageCodec<ProbeState, ProbeStateInit>({
  create: (init) => ({ name: init.name ?? "", phase: init.phase ?? "", passing: init.passing ?? false, everPassed: init.everPassed ?? false, message: init.message ?? "", changedAtMs: init.changedAtMs ?? 0, }),
  write: (message, writer) => { if (!(message.name === "")) { writer.uint32(10).string(message.name); } if (!(message.phase === "")) { writer.uint32(18).string(message.phase); } if (!(message.passing === false)) { writer.uint32(24).bool(message.passing); } if (!(message.everPassed === false)) { writer.uint32(32).bool(message.everPassed); } if (!(message.message === "")) { writer.uint32(42).string(message.message); } if (!(message.changedAtMs === 0)) { writer.uint32(48).uint64(message.changedAtMs); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let nameValue: ProbeState["name"] = ""; let phaseValue: ProbeState["phase"] = ""; let passingValue: ProbeState["passing"] = false; let everPassedValue: ProbeState["everPassed"] = false; let messageValue: ProbeState["message"] = ""; let changedAtMsValue: ProbeState["changedAtMs"] = 0;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: nameValue = reader.string(); break; case 2: phaseValue = reader.string(); break; case 3: passingValue = reader.bool(); break; case 4: everPassedValue = reader.bool(); break; case 5: messageValue = reader.string(); break; case 6: changedAtMsValue = toNumber(reader.uint64()); break; default: reader.skipType(tag & 7); }
    }
    return { name: nameValue, phase: phaseValue, passing: passingValue, everPassed: everPassedValue, message: messageValue, changedAtMs: changedAtMsValue };
  },
});

export interface ProcessState { readonly name: string; readonly type: string; readonly phase: ProcessPhase; readonly pid: number; readonly startedAtMs: number; readonly restarts: number; readonly exitCode: number; readonly exitSignal: string; readonly reason: string; readonly healthy: boolean; readonly startWhen: readonly ProbeState[]; readonly health: readonly ProbeState[]; readonly resources: Resources | undefined; readonly specHash: string; readonly outOfMemory: boolean; readonly lastOutput: string; readonly nextStartMs: number; readonly output: string; }
export interface ProcessStateInit { readonly name?: string | undefined; readonly type?: string | undefined; readonly phase?: ProcessPhase | undefined; readonly pid?: number | undefined; readonly startedAtMs?: number | undefined; readonly restarts?: number | undefined; readonly exitCode?: number | undefined; readonly exitSignal?: string | undefined; readonly reason?: string | undefined; readonly healthy?: boolean | undefined; readonly startWhen?: readonly ProbeStateInit[] | undefined; readonly health?: readonly ProbeStateInit[] | undefined; readonly resources?: ResourcesInit | undefined; readonly specHash?: string | undefined; readonly outOfMemory?: boolean | undefined; readonly lastOutput?: string | undefined; readonly nextStartMs?: number | undefined; readonly output?: string | undefined; }
export const ProcessState: MessageCodec<ProcessState, ProcessStateInit> = messageCodec<ProcessState, ProcessStateInit>({
  create: (init) => ({ name: init.name ?? "", type: init.type ?? "", phase: init.phase ?? "waiting", pid: init.pid ?? 0, startedAtMs: init.startedAtMs ?? 0, restarts: init.restarts ?? 0, exitCode: init.exitCode ?? 0, exitSignal: init.exitSignal ?? "", reason: init.reason ?? "", healthy: init.healthy ?? false, startWhen: (init.startWhen ?? []).map((value) => ProbeState.create(value)), health: (init.health ?? []).map((value) => ProbeState.create(value)), resources: init.resources === undefined ? undefined : Resources.create(init.resources), specHash: init.specHash ?? "", outOfMemory: init.outOfMemory ?? false, lastOutput: init.lastOutput ?? "", nextStartMs: init.nextStartMs ?? 0, output: init.output ?? "", }),
  write: (message, writer) => { if (!(message.name === "")) { writer.uint32(10).string(message.name); } if (!(message.type === "")) { writer.uint32(18).string(message.type); } if (!(message.phase === "waiting")) { writer.uint32(24).int32(processPhaseNumbers[message.phase]); } if (!(message.pid === 0)) { writer.uint32(32).uint32(message.pid); } if (!(message.startedAtMs === 0)) { writer.uint32(40).uint64(message.startedAtMs); } if (!(message.restarts === 0)) { writer.uint32(48).uint32(message.restarts); } if (!(message.exitCode === 0)) { writer.uint32(56).int32(message.exitCode); } if (!(message.exitSignal === "")) { writer.uint32(66).string(message.exitSignal); } if (!(message.reason === "")) { writer.uint32(74).string(message.reason); } if (!(message.healthy === false)) { writer.uint32(80).bool(message.healthy); } for (const value of message.startWhen) { ProbeState.write(value, writer.uint32(90).fork()).ldelim(); } for (const value of message.health) { ProbeState.write(value, writer.uint32(98).fork()).ldelim(); } if (!(message.resources === undefined)) { Resources.write(message.resources, writer.uint32(106).fork()).ldelim(); } if (!(message.specHash === "")) { writer.uint32(114).string(message.specHash); } if (!(message.outOfMemory === false)) { writer.uint32(120).bool(message.outOfMemory); } if (!(message.lastOutput === "")) { writer.uint32(130).string(message.lastOutput); } if (!(message.nextStartMs === 0)) { writer.uint32(136).uint64(message.nextStartMs); } if (!(message.output === "")) { writer.uint32(146).string(message.output); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let nameValue: ProcessState["name"] = ""; let typeValue: ProcessState["type"] = ""; let phaseValue: ProcessState["phase"] = "waiting"; let pidValue: ProcessState["pid"] = 0; let startedAtMsValue: ProcessState["startedAtMs"] = 0; let restartsValue: ProcessState["restarts"] = 0; let exitCodeValue: ProcessState["exitCode"] = 0; let exitSignalValue: ProcessState["exitSignal"] = ""; let reasonValue: ProcessState["reason"] = ""; let healthyValue: ProcessState["healthy"] = false; const startWhenValue: ProbeState[] = []; const healthValue: ProbeState[] = []; let resourcesValue: ProcessState["resources"] = undefined; let specHashValue: ProcessState["specHash"] = ""; let outOfMemoryValue: ProcessState["outOfMemory"] = false; let lastOutputValue: ProcessState["lastOutput"] = ""; let nextStartMsValue: ProcessState["nextStartMs"] = 0; let outputValue: ProcessState["output"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: nameValue = reader.string(); break; case 2: typeValue = reader.string(); break; case 3: phaseValue = processPhaseNames[reader.int32()] ?? "waiting"; break; case 4: pidValue = reader.uint32(); break; case 5: startedAtMsValue = toNumber(reader.uint64()); break; case 6: restartsValue = reader.uint32(); break; case 7: exitCodeValue = reader.int32(); break; case 8: exitSignalValue = reader.string(); break; case 9: reasonValue = reader.string(); break; case 10: healthyValue = reader.bool(); break; case 11: startWhenValue.push(ProbeState.read(reader, reader.uint32())); break; case 12: healthValue.push(ProbeState.read(reader, reader.uint32())); break; case 13: resourcesValue = Resources.read(reader, reader.uint32()); break; case 14: specHashValue = reader.string(); break; case 15: outOfMemoryValue = reader.bool(); break; case 16: lastOutputValue = reader.string(); break; case 17: nextStartMsValue = toNumber(reader.uint64()); break; case 18: outputValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { name: nameValue, type: typeValue, phase: phaseValue, pid: pidValue, startedAtMs: startedAtMsValue, restarts: restartsValue, exitCode: exitCodeValue, exitSignal: exitSignalValue, reason: reasonValue, healthy: healthyValue, startWhen: startWhenValue, health: healthValue, resources: resourcesValue, specHash: specHashValue, outOfMemory: outOfMemoryValue, lastOutput: lastOutputValue, nextStartMs: nextStartMsValue, output: outputValue };
  },
});

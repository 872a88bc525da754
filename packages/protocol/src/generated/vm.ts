// Generated from proto/cke/vm.proto by scripts/generate-protocol.ts: do not edit.
import { detached, messageCodec, toNumber, type MessageCodec } from "../codec/codec.ts";

export interface VmTask { readonly vm: string; readonly uuid: string; readonly instance: string; readonly incarnation: string; readonly frameworkId: string; readonly definition: VmDefinition | undefined; readonly removeOnKill: boolean; readonly labels: Readonly<Record<string, string>>; readonly imagePath: string; readonly libvirtUri: string; readonly movable: boolean; readonly dataPath: string; readonly logPath: string; readonly diskPaths: readonly string[]; readonly part: string; readonly copyOf: VmCopy | undefined; readonly endOnKill: boolean; }
export interface VmTaskInit { readonly vm?: string | undefined; readonly uuid?: string | undefined; readonly instance?: string | undefined; readonly incarnation?: string | undefined; readonly frameworkId?: string | undefined; readonly definition?: VmDefinitionInit | undefined; readonly removeOnKill?: boolean | undefined; readonly labels?: Readonly<Record<string, string>> | undefined; readonly imagePath?: string | undefined; readonly libvirtUri?: string | undefined; readonly movable?: boolean | undefined; readonly dataPath?: string | undefined; readonly logPath?: string | undefined; readonly diskPaths?: readonly string[] | undefined; readonly part?: string | undefined; readonly copyOf?: VmCopyInit | undefined; readonly endOnKill?: boolean | undefined; }
export const VmTask: MessageCodec<VmTask, VmTaskInit> = messageCodec<VmTask, VmTaskInit>({
  create: (init) => ({ vm: init.vm ?? "", uuid: init.uuid ?? "", instance: init.instance ?? "", incarnation: init.incarnation ?? "", frameworkId: init.frameworkId ?? "", definition: init.definition === undefined ? undefined : VmDefinition.create(init.definition), removeOnKill: init.removeOnKill ?? false, labels: { ...init.labels }, imagePath: init.imagePath ?? "", libvirtUri: init.libvirtUri ?? "", movable: init.movable ?? false, dataPath: init.dataPath ?? "", logPath: init.logPath ?? "", diskPaths: (init.diskPaths ?? []).map((value) => value), part: init.part ?? "", copyOf: init.copyOf === undefined ? undefined : VmCopy.create(init.copyOf), endOnKill: init.endOnKill ?? false, }),
  write: (message, writer) => { if (!(message.vm === "")) { writer.uint32(10).string(message.vm); } if (!(message.uuid === "")) { writer.uint32(18).string(message.uuid); } if (!(message.instance === "")) { writer.uint32(26).string(message.instance); } if (!(message.incarnation === "")) { writer.uint32(34).string(message.incarnation); } if (!(message.frameworkId === "")) { writer.uint32(42).string(message.frameworkId); } if (!(message.definition === undefined)) { VmDefinition.write(message.definition, writer.uint32(50).fork()).ldelim(); } if (!(message.removeOnKill === false)) { writer.uint32(56).bool(message.removeOnKill); } for (const [key, value] of Object.entries(message.labels)) { const entry = writer.uint32(66).fork(); entry.uint32(10).string(key); entry.uint32(18).string(value); entry.ldelim(); } if (!(message.imagePath === "")) { writer.uint32(74).string(message.imagePath); } if (!(message.libvirtUri === "")) { writer.uint32(82).string(message.libvirtUri); } if (!(message.movable === false)) { writer.uint32(88).bool(message.movable); } if (!(message.dataPath === "")) { writer.uint32(98).string(message.dataPath); } if (!(message.logPath === "")) { writer.uint32(122).string(message.logPath); } for (const value of message.diskPaths) { writer.uint32(114).string(value); } if (!(message.part === "")) { writer.uint32(106).string(message.part); } if (!(message.copyOf === undefined)) { VmCopy.write(message.copyOf, writer.uint32(130).fork()).ldelim(); } if (!(message.endOnKill === false)) { writer.uint32(136).bool(message.endOnKill); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let vmValue: VmTask["vm"] = ""; let uuidValue: VmTask["uuid"] = ""; let instanceValue: VmTask["instance"] = ""; let incarnationValue: VmTask["incarnation"] = ""; let frameworkIdValue: VmTask["frameworkId"] = ""; let definitionValue: VmTask["definition"] = undefined; let removeOnKillValue: VmTask["removeOnKill"] = false; const labelsValue: Record<string, string> = {}; let imagePathValue: VmTask["imagePath"] = ""; let libvirtUriValue: VmTask["libvirtUri"] = ""; let movableValue: VmTask["movable"] = false; let dataPathValue: VmTask["dataPath"] = ""; let logPathValue: VmTask["logPath"] = ""; const diskPathsValue: string[] = []; let partValue: VmTask["part"] = ""; let copyOfValue: VmTask["copyOf"] = undefined; let endOnKillValue: VmTask["endOnKill"] = false;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: vmValue = reader.string(); break; case 2: uuidValue = reader.string(); break; case 3: instanceValue = reader.string(); break; case 4: incarnationValue = reader.string(); break; case 5: frameworkIdValue = reader.string(); break; case 6: definitionValue = VmDefinition.read(reader, reader.uint32()); break; case 7: removeOnKillValue = reader.bool(); break; case 8: { const end = reader.uint32() + reader.pos; let key = ""; let value: string = ""; while (reader.pos < end) { const tag = reader.uint32(); if (tag >>> 3 === 1) key = reader.string(); else if (tag >>> 3 === 2) value = reader.string(); else reader.skipType(tag & 7); } labelsValue[key] = value; break; } case 9: imagePathValue = reader.string(); break; case 10: libvirtUriValue = reader.string(); break; case 11: movableValue = reader.bool(); break; case 12: dataPathValue = reader.string(); break; case 15: logPathValue = reader.string(); break; case 14: diskPathsValue.push(reader.string()); break; case 13: partValue = reader.string(); break; case 16: copyOfValue = VmCopy.read(reader, reader.uint32()); break; case 17: endOnKillValue = reader.bool(); break; default: reader.skipType(tag & 7); }
    }
    return { vm: vmValue, uuid: uuidValue, instance: instanceValue, incarnation: incarnationValue, frameworkId: frameworkIdValue, definition: definitionValue, removeOnKill: removeOnKillValue, labels: labelsValue, imagePath: imagePathValue, libvirtUri: libvirtUriValue, movable: movableValue, dataPath: dataPathValue, logPath: logPathValue, diskPaths: diskPathsValue, part: partValue, copyOf: copyOfValue, endOnKill: endOnKillValue };
  },
});

export interface VmCopy { readonly vm: string; readonly uuid: string; readonly instance: string; readonly snapshot: string; readonly disks: readonly VmCopiedDisk[]; }
export interface VmCopyInit { readonly vm?: string | undefined; readonly uuid?: string | undefined; readonly instance?: string | undefined; readonly snapshot?: string | undefined; readonly disks?: readonly VmCopiedDiskInit[] | undefined; }
export const VmCopy: MessageCodec<VmCopy, VmCopyInit> = messageCodec<VmCopy, VmCopyInit>({
  create: (init) => ({ vm: init.vm ?? "", uuid: init.uuid ?? "", instance: init.instance ?? "", snapshot: init.snapshot ?? "", disks: (init.disks ?? []).map((value) => VmCopiedDisk.create(value)), }),
  write: (message, writer) => { if (!(message.vm === "")) { writer.uint32(10).string(message.vm); } if (!(message.uuid === "")) { writer.uint32(18).string(message.uuid); } if (!(message.instance === "")) { writer.uint32(26).string(message.instance); } if (!(message.snapshot === "")) { writer.uint32(34).string(message.snapshot); } for (const value of message.disks) { VmCopiedDisk.write(value, writer.uint32(42).fork()).ldelim(); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let vmValue: VmCopy["vm"] = ""; let uuidValue: VmCopy["uuid"] = ""; let instanceValue: VmCopy["instance"] = ""; let snapshotValue: VmCopy["snapshot"] = ""; const disksValue: VmCopiedDisk[] = [];
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: vmValue = reader.string(); break; case 2: uuidValue = reader.string(); break; case 3: instanceValue = reader.string(); break; case 4: snapshotValue = reader.string(); break; case 5: disksValue.push(VmCopiedDisk.read(reader, reader.uint32())); break; default: reader.skipType(tag & 7); }
    }
    return { vm: vmValue, uuid: uuidValue, instance: instanceValue, snapshot: snapshotValue, disks: disksValue };
  },
});

export interface VmCopiedDisk { readonly name: string; readonly format: string; }
export interface VmCopiedDiskInit { readonly name?: string | undefined; readonly format?: string | undefined; }
export const VmCopiedDisk: MessageCodec<VmCopiedDisk, VmCopiedDiskInit> = messageCodec<VmCopiedDisk, VmCopiedDiskInit>({
  create: (init) => ({ name: init.name ?? "", format: init.format ?? "", }),
  write: (message, writer) => { if (!(message.name === "")) { writer.uint32(10).string(message.name); } if (!(message.format === "")) { writer.uint32(18).string(message.format); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let nameValue: VmCopiedDisk["name"] = ""; let formatValue: VmCopiedDisk["format"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: nameValue = reader.string(); break; case 2: formatValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { name: nameValue, format: formatValue };
  },
});

export interface VmState { readonly version: string; readonly definition: VmDefinition | undefined; readonly paused: boolean; }
export interface VmStateInit { readonly version?: string | undefined; readonly definition?: VmDefinitionInit | undefined; readonly paused?: boolean | undefined; }
export const VmState: MessageCodec<VmState, VmStateInit> = messageCodec<VmState, VmStateInit>({
  create: (init) => ({ version: init.version ?? "", definition: init.definition === undefined ? undefined : VmDefinition.create(init.definition), paused: init.paused ?? false, }),
  write: (message, writer) => { if (!(message.version === "")) { writer.uint32(10).string(message.version); } if (!(message.definition === undefined)) { VmDefinition.write(message.definition, writer.uint32(18).fork()).ldelim(); } if (!(message.paused === false)) { writer.uint32(24).bool(message.paused); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let versionValue: VmState["version"] = ""; let definitionValue: VmState["definition"] = undefined; let pausedValue: VmState["paused"] = false;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: versionValue = reader.string(); break; case 2: definitionValue = VmDefinition.read(reader, reader.uint32()); break; case 3: pausedValue = reader.bool(); break; default: reader.skipType(tag & 7); }
    }
    return { version: versionValue, definition: definitionValue, paused: pausedValue };
  },
});

export interface VmDefinition { readonly title: string; readonly cpu: VmCpu | undefined; readonly memory: VmMemory | undefined; readonly boot: VmBoot | undefined; readonly disks: readonly VmDisk[]; readonly nics: readonly VmNic[]; readonly seed: VmSeed | undefined; readonly devices: VmDevices | undefined; readonly restart: VmRestart | undefined; readonly osInfo: string; }
export interface VmDefinitionInit { readonly title?: string | undefined; readonly cpu?: VmCpuInit | undefined; readonly memory?: VmMemoryInit | undefined; readonly boot?: VmBootInit | undefined; readonly disks?: readonly VmDiskInit[] | undefined; readonly nics?: readonly VmNicInit[] | undefined; readonly seed?: VmSeedInit | undefined; readonly devices?: VmDevicesInit | undefined; readonly restart?: VmRestartInit | undefined; readonly osInfo?: string | undefined; }
export const VmDefinition: MessageCodec<VmDefinition, VmDefinitionInit> = messageCodec<VmDefinition, VmDefinitionInit>({
  create: (init) => ({ title: init.title ?? "", cpu: init.cpu === undefined ? undefined : VmCpu.create(init.cpu), memory: init.memory === undefined ? undefined : VmMemory.create(init.memory), boot: init.boot === undefined ? undefined : VmBoot.create(init.boot), disks: (init.disks ?? []).map((value) => VmDisk.create(value)), nics: (init.nics ?? []).map((value) => VmNic.create(value)), seed: init.seed === undefined ? undefined : VmSeed.create(init.seed), devices: init.devices === undefined ? undefined : VmDevices.create(init.devices), restart: init.restart === undefined ? undefined : VmRestart.create(init.restart), osInfo: init.osInfo ?? "", }),
  write: (message, writer) => { if (!(message.title === "")) { writer.uint32(10).string(message.title); } if (!(message.cpu === undefined)) { VmCpu.write(message.cpu, writer.uint32(18).fork()).ldelim(); } if (!(message.memory === undefined)) { VmMemory.write(message.memory, writer.uint32(26).fork()).ldelim(); } if (!(message.boot === undefined)) { VmBoot.write(message.boot, writer.uint32(34).fork()).ldelim(); } for (const value of message.disks) { VmDisk.write(value, writer.uint32(42).fork()).ldelim(); } for (const value of message.nics) { VmNic.write(value, writer.uint32(50).fork()).ldelim(); } if (!(message.seed === undefined)) { VmSeed.write(message.seed, writer.uint32(58).fork()).ldelim(); } if (!(message.devices === undefined)) { VmDevices.write(message.devices, writer.uint32(66).fork()).ldelim(); } if (!(message.restart === undefined)) { VmRestart.write(message.restart, writer.uint32(74).fork()).ldelim(); } if (!(message.osInfo === "")) { writer.uint32(82).string(message.osInfo); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let titleValue: VmDefinition["title"] = ""; let cpuValue: VmDefinition["cpu"] = undefined; let memoryValue: VmDefinition["memory"] = undefined; let bootValue: VmDefinition["boot"] = undefined; const disksValue: VmDisk[] = []; const nicsValue: VmNic[] = []; let seedValue: VmDefinition["seed"] = undefined; let devicesValue: VmDefinition["devices"] = undefined; let restartValue: VmDefinition["restart"] = undefined; let osInfoValue: VmDefinition["osInfo"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: titleValue = reader.string(); break; case 2: cpuValue = VmCpu.read(reader, reader.uint32()); break; case 3: memoryValue = VmMemory.read(reader, reader.uint32()); break; case 4: bootValue = VmBoot.read(reader, reader.uint32()); break; case 5: disksValue.push(VmDisk.read(reader, reader.uint32())); break; case 6: nicsValue.push(VmNic.read(reader, reader.uint32())); break; case 7: seedValue = VmSeed.read(reader, reader.uint32()); break; case 8: devicesValue = VmDevices.read(reader, reader.uint32()); break; case 9: restartValue = VmRestart.read(reader, reader.uint32()); break; case 10: osInfoValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { title: titleValue, cpu: cpuValue, memory: memoryValue, boot: bootValue, disks: disksValue, nics: nicsValue, seed: seedValue, devices: devicesValue, restart: restartValue, osInfo: osInfoValue };
  },
});

export interface VmCpu { readonly count: number; readonly maximum: number; readonly sockets: number; readonly cores: number; readonly threads: number; readonly model: string; readonly limitMillis: number; readonly quota: boolean; }
export interface VmCpuInit { readonly count?: number | undefined; readonly maximum?: number | undefined; readonly sockets?: number | undefined; readonly cores?: number | undefined; readonly threads?: number | undefined; readonly model?: string | undefined; readonly limitMillis?: number | undefined; readonly quota?: boolean | undefined; }
export const VmCpu: MessageCodec<VmCpu, VmCpuInit> = messageCodec<VmCpu, VmCpuInit>({
  create: (init) => ({ count: init.count ?? 0, maximum: init.maximum ?? 0, sockets: init.sockets ?? 0, cores: init.cores ?? 0, threads: init.threads ?? 0, model: init.model ?? "", limitMillis: init.limitMillis ?? 0, quota: init.quota ?? false, }),
  write: (message, writer) => { if (!(message.count === 0)) { writer.uint32(8).uint32(message.count); } if (!(message.maximum === 0)) { writer.uint32(16).uint32(message.maximum); } if (!(message.sockets === 0)) { writer.uint32(24).uint32(message.sockets); } if (!(message.cores === 0)) { writer.uint32(32).uint32(message.cores); } if (!(message.threads === 0)) { writer.uint32(40).uint32(message.threads); } if (!(message.model === "")) { writer.uint32(50).string(message.model); } if (!(message.limitMillis === 0)) { writer.uint32(56).uint32(message.limitMillis); } if (!(message.quota === false)) { writer.uint32(64).bool(message.quota); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let countValue: VmCpu["count"] = 0; let maximumValue: VmCpu["maximum"] = 0; let socketsValue: VmCpu["sockets"] = 0; let coresValue: VmCpu["cores"] = 0; let threadsValue: VmCpu["threads"] = 0; let modelValue: VmCpu["model"] = ""; let limitMillisValue: VmCpu["limitMillis"] = 0; let quotaValue: VmCpu["quota"] = false;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: countValue = reader.uint32(); break; case 2: maximumValue = reader.uint32(); break; case 3: socketsValue = reader.uint32(); break; case 4: coresValue = reader.uint32(); break; case 5: threadsValue = reader.uint32(); break; case 6: modelValue = reader.string(); break; case 7: limitMillisValue = reader.uint32(); break; case 8: quotaValue = reader.bool(); break; default: reader.skipType(tag & 7); }
    }
    return { count: countValue, maximum: maximumValue, sockets: socketsValue, cores: coresValue, threads: threadsValue, model: modelValue, limitMillis: limitMillisValue, quota: quotaValue };
  },
});

export interface VmMemory { readonly mib: number; readonly maximumMib: number; readonly overheadMib: number; readonly hugePages: boolean; }
export interface VmMemoryInit { readonly mib?: number | undefined; readonly maximumMib?: number | undefined; readonly overheadMib?: number | undefined; readonly hugePages?: boolean | undefined; }
export const VmMemory: MessageCodec<VmMemory, VmMemoryInit> = messageCodec<VmMemory, VmMemoryInit>({
  create: (init) => ({ mib: init.mib ?? 0, maximumMib: init.maximumMib ?? 0, overheadMib: init.overheadMib ?? 0, hugePages: init.hugePages ?? false, }),
  write: (message, writer) => { if (!(message.mib === 0)) { writer.uint32(8).uint32(message.mib); } if (!(message.maximumMib === 0)) { writer.uint32(16).uint32(message.maximumMib); } if (!(message.overheadMib === 0)) { writer.uint32(24).uint32(message.overheadMib); } if (!(message.hugePages === false)) { writer.uint32(32).bool(message.hugePages); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let mibValue: VmMemory["mib"] = 0; let maximumMibValue: VmMemory["maximumMib"] = 0; let overheadMibValue: VmMemory["overheadMib"] = 0; let hugePagesValue: VmMemory["hugePages"] = false;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: mibValue = reader.uint32(); break; case 2: maximumMibValue = reader.uint32(); break; case 3: overheadMibValue = reader.uint32(); break; case 4: hugePagesValue = reader.bool(); break; default: reader.skipType(tag & 7); }
    }
    return { mib: mibValue, maximumMib: maximumMibValue, overheadMib: overheadMibValue, hugePages: hugePagesValue };
  },
});

export type Firmware = "bios" | "uefi";
const firmwareNumbers: Readonly<Record<Firmware, number>> = { "bios": 0, "uefi": 1 };
const firmwareNames: Readonly<Record<number, Firmware>> = { 0: "bios", 1: "uefi" };

export interface VmBoot { readonly type: string; readonly firmware: Firmware; readonly machine: string; readonly kernel: string; readonly initrd: string; readonly commandLine: string; readonly kernelSha256: string; readonly initrdSha256: string; }
export interface VmBootInit { readonly type?: string | undefined; readonly firmware?: Firmware | undefined; readonly machine?: string | undefined; readonly kernel?: string | undefined; readonly initrd?: string | undefined; readonly commandLine?: string | undefined; readonly kernelSha256?: string | undefined; readonly initrdSha256?: string | undefined; }
export const VmBoot: MessageCodec<VmBoot, VmBootInit> = messageCodec<VmBoot, VmBootInit>({
  create: (init) => ({ type: init.type ?? "", firmware: init.firmware ?? "bios", machine: init.machine ?? "", kernel: init.kernel ?? "", initrd: init.initrd ?? "", commandLine: init.commandLine ?? "", kernelSha256: init.kernelSha256 ?? "", initrdSha256: init.initrdSha256 ?? "", }),
  write: (message, writer) => { if (!(message.type === "")) { writer.uint32(10).string(message.type); } if (!(message.firmware === "bios")) { writer.uint32(16).int32(firmwareNumbers[message.firmware]); } if (!(message.machine === "")) { writer.uint32(26).string(message.machine); } if (!(message.kernel === "")) { writer.uint32(34).string(message.kernel); } if (!(message.initrd === "")) { writer.uint32(42).string(message.initrd); } if (!(message.commandLine === "")) { writer.uint32(50).string(message.commandLine); } if (!(message.kernelSha256 === "")) { writer.uint32(58).string(message.kernelSha256); } if (!(message.initrdSha256 === "")) { writer.uint32(66).string(message.initrdSha256); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let typeValue: VmBoot["type"] = ""; let firmwareValue: VmBoot["firmware"] = "bios"; let machineValue: VmBoot["machine"] = ""; let kernelValue: VmBoot["kernel"] = ""; let initrdValue: VmBoot["initrd"] = ""; let commandLineValue: VmBoot["commandLine"] = ""; let kernelSha256Value: VmBoot["kernelSha256"] = ""; let initrdSha256Value: VmBoot["initrdSha256"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: typeValue = reader.string(); break; case 2: firmwareValue = firmwareNames[reader.int32()] ?? "bios"; break; case 3: machineValue = reader.string(); break; case 4: kernelValue = reader.string(); break; case 5: initrdValue = reader.string(); break; case 6: commandLineValue = reader.string(); break; case 7: kernelSha256Value = reader.string(); break; case 8: initrdSha256Value = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { type: typeValue, firmware: firmwareValue, machine: machineValue, kernel: kernelValue, initrd: initrdValue, commandLine: commandLineValue, kernelSha256: kernelSha256Value, initrdSha256: initrdSha256Value };
  },
});

export interface VmImage { readonly source: string; readonly sha256: string; readonly format: string; }
export interface VmImageInit { readonly source?: string | undefined; readonly sha256?: string | undefined; readonly format?: string | undefined; }
export const VmImage: MessageCodec<VmImage, VmImageInit> = messageCodec<VmImage, VmImageInit>({
  create: (init) => ({ source: init.source ?? "", sha256: init.sha256 ?? "", format: init.format ?? "", }),
  write: (message, writer) => { if (!(message.source === "")) { writer.uint32(10).string(message.source); } if (!(message.sha256 === "")) { writer.uint32(18).string(message.sha256); } if (!(message.format === "")) { writer.uint32(26).string(message.format); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let sourceValue: VmImage["source"] = ""; let sha256Value: VmImage["sha256"] = ""; let formatValue: VmImage["format"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: sourceValue = reader.string(); break; case 2: sha256Value = reader.string(); break; case 3: formatValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { source: sourceValue, sha256: sha256Value, format: formatValue };
  },
});

export interface VmDisk { readonly name: string; readonly role: string; readonly image: VmImage | undefined; readonly sizeMib: number; readonly format: string; readonly bus: string; readonly cache: string; readonly discard: boolean; readonly readOnly: boolean; readonly limits: VmIoLimits | undefined; readonly path: string; readonly shared: boolean; readonly serial: string; readonly fenced: boolean; }
export interface VmDiskInit { readonly name?: string | undefined; readonly role?: string | undefined; readonly image?: VmImageInit | undefined; readonly sizeMib?: number | undefined; readonly format?: string | undefined; readonly bus?: string | undefined; readonly cache?: string | undefined; readonly discard?: boolean | undefined; readonly readOnly?: boolean | undefined; readonly limits?: VmIoLimitsInit | undefined; readonly path?: string | undefined; readonly shared?: boolean | undefined; readonly serial?: string | undefined; readonly fenced?: boolean | undefined; }
export const VmDisk: MessageCodec<VmDisk, VmDiskInit> = messageCodec<VmDisk, VmDiskInit>({
  create: (init) => ({ name: init.name ?? "", role: init.role ?? "", image: init.image === undefined ? undefined : VmImage.create(init.image), sizeMib: init.sizeMib ?? 0, format: init.format ?? "", bus: init.bus ?? "", cache: init.cache ?? "", discard: init.discard ?? false, readOnly: init.readOnly ?? false, limits: init.limits === undefined ? undefined : VmIoLimits.create(init.limits), path: init.path ?? "", shared: init.shared ?? false, serial: init.serial ?? "", fenced: init.fenced ?? false, }),
  write: (message, writer) => { if (!(message.name === "")) { writer.uint32(10).string(message.name); } if (!(message.role === "")) { writer.uint32(18).string(message.role); } if (!(message.image === undefined)) { VmImage.write(message.image, writer.uint32(26).fork()).ldelim(); } if (!(message.sizeMib === 0)) { writer.uint32(32).uint64(message.sizeMib); } if (!(message.format === "")) { writer.uint32(42).string(message.format); } if (!(message.bus === "")) { writer.uint32(50).string(message.bus); } if (!(message.cache === "")) { writer.uint32(58).string(message.cache); } if (!(message.discard === false)) { writer.uint32(64).bool(message.discard); } if (!(message.readOnly === false)) { writer.uint32(72).bool(message.readOnly); } if (!(message.limits === undefined)) { VmIoLimits.write(message.limits, writer.uint32(82).fork()).ldelim(); } if (!(message.path === "")) { writer.uint32(90).string(message.path); } if (!(message.shared === false)) { writer.uint32(96).bool(message.shared); } if (!(message.serial === "")) { writer.uint32(106).string(message.serial); } if (!(message.fenced === false)) { writer.uint32(112).bool(message.fenced); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let nameValue: VmDisk["name"] = ""; let roleValue: VmDisk["role"] = ""; let imageValue: VmDisk["image"] = undefined; let sizeMibValue: VmDisk["sizeMib"] = 0; let formatValue: VmDisk["format"] = ""; let busValue: VmDisk["bus"] = ""; let cacheValue: VmDisk["cache"] = ""; let discardValue: VmDisk["discard"] = false; let readOnlyValue: VmDisk["readOnly"] = false; let limitsValue: VmDisk["limits"] = undefined; let pathValue: VmDisk["path"] = ""; let sharedValue: VmDisk["shared"] = false; let serialValue: VmDisk["serial"] = ""; let fencedValue: VmDisk["fenced"] = false;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: nameValue = reader.string(); break; case 2: roleValue = reader.string(); break; case 3: imageValue = VmImage.read(reader, reader.uint32()); break; case 4: sizeMibValue = toNumber(reader.uint64()); break; case 5: formatValue = reader.string(); break; case 6: busValue = reader.string(); break; case 7: cacheValue = reader.string(); break; case 8: discardValue = reader.bool(); break; case 9: readOnlyValue = reader.bool(); break; case 10: limitsValue = VmIoLimits.read(reader, reader.uint32()); break; case 11: pathValue = reader.string(); break; case 12: sharedValue = reader.bool(); break; case 13: serialValue = reader.string(); break; case 14: fencedValue = reader.bool(); break; default: reader.skipType(tag & 7); }
    }
    return { name: nameValue, role: roleValue, image: imageValue, sizeMib: sizeMibValue, format: formatValue, bus: busValue, cache: cacheValue, discard: discardValue, readOnly: readOnlyValue, limits: limitsValue, path: pathValue, shared: sharedValue, serial: serialValue, fenced: fencedValue };
  },
});

export interface VmIoLimits { readonly readBytesPerSecond: number; readonly writeBytesPerSecond: number; readonly readIops: number; readonly writeIops: number; }
export interface VmIoLimitsInit { readonly readBytesPerSecond?: number | undefined; readonly writeBytesPerSecond?: number | undefined; readonly readIops?: number | undefined; readonly writeIops?: number | undefined; }
export const VmIoLimits: MessageCodec<VmIoLimits, VmIoLimitsInit> = messageCodec<VmIoLimits, VmIoLimitsInit>({
  create: (init) => ({ readBytesPerSecond: init.readBytesPerSecond ?? 0, writeBytesPerSecond: init.writeBytesPerSecond ?? 0, readIops: init.readIops ?? 0, writeIops: init.writeIops ?? 0, }),
  write: (message, writer) => { if (!(message.readBytesPerSecond === 0)) { writer.uint32(8).uint64(message.readBytesPerSecond); } if (!(message.writeBytesPerSecond === 0)) { writer.uint32(16).uint64(message.writeBytesPerSecond); } if (!(message.readIops === 0)) { writer.uint32(24).uint64(message.readIops); } if (!(message.writeIops === 0)) { writer.uint32(32).uint64(message.writeIops); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let readBytesPerSecondValue: VmIoLimits["readBytesPerSecond"] = 0; let writeBytesPerSecondValue: VmIoLimits["writeBytesPerSecond"] = 0; let readIopsValue: VmIoLimits["readIops"] = 0; let writeIopsValue: VmIoLimits["writeIops"] = 0;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: readBytesPerSecondValue = toNumber(reader.uint64()); break; case 2: writeBytesPerSecondValue = toNumber(reader.uint64()); break; case 3: readIopsValue = toNumber(reader.uint64()); break; case 4: writeIopsValue = toNumber(reader.uint64()); break; default: reader.skipType(tag & 7); }
    }
    return { readBytesPerSecond: readBytesPerSecondValue, writeBytesPerSecond: writeBytesPerSecondValue, readIops: readIopsValue, writeIops: writeIopsValue };
  },
});

export interface VmNic { readonly network: { readonly kind: "bridge"; readonly value: BridgeNetwork } | { readonly kind: "macvtap"; readonly value: MacvtapNetwork } | { readonly kind: "ovs"; readonly value: OvsNetwork } | { readonly kind: "docker"; readonly value: DockerNetwork } | undefined; readonly name: string; readonly mac: string; readonly ip: string; readonly gateway: string; readonly dns: readonly string[]; readonly model: string; readonly queues: number; readonly mtu: number; readonly antiSpoofing: boolean; readonly ports: readonly VmPort[]; }
export interface VmNicInit { readonly network?: { readonly kind: "bridge"; readonly value: BridgeNetworkInit } | { readonly kind: "macvtap"; readonly value: MacvtapNetworkInit } | { readonly kind: "ovs"; readonly value: OvsNetworkInit } | { readonly kind: "docker"; readonly value: DockerNetworkInit } | undefined; readonly name?: string | undefined; readonly mac?: string | undefined; readonly ip?: string | undefined; readonly gateway?: string | undefined; readonly dns?: readonly string[] | undefined; readonly model?: string | undefined; readonly queues?: number | undefined; readonly mtu?: number | undefined; readonly antiSpoofing?: boolean | undefined; readonly ports?: readonly VmPortInit[] | undefined; }
export const VmNic: MessageCodec<VmNic, VmNicInit> = messageCodec<VmNic, VmNicInit>({
  create: (init) => ({ network: init.network?.kind === "bridge" ? { kind: "bridge", value: BridgeNetwork.create(init.network.value) } : init.network?.kind === "macvtap" ? { kind: "macvtap", value: MacvtapNetwork.create(init.network.value) } : init.network?.kind === "ovs" ? { kind: "ovs", value: OvsNetwork.create(init.network.value) } : init.network?.kind === "docker" ? { kind: "docker", value: DockerNetwork.create(init.network.value) } : undefined, name: init.name ?? "", mac: init.mac ?? "", ip: init.ip ?? "", gateway: init.gateway ?? "", dns: (init.dns ?? []).map((value) => value), model: init.model ?? "", queues: init.queues ?? 0, mtu: init.mtu ?? 0, antiSpoofing: init.antiSpoofing ?? false, ports: (init.ports ?? []).map((value) => VmPort.create(value)), }),
  write: (message, writer) => { if (message.network?.kind === "bridge") { BridgeNetwork.write(message.network.value, writer.uint32(18).fork()).ldelim(); } if (message.network?.kind === "macvtap") { MacvtapNetwork.write(message.network.value, writer.uint32(26).fork()).ldelim(); } if (message.network?.kind === "ovs") { OvsNetwork.write(message.network.value, writer.uint32(34).fork()).ldelim(); } if (message.network?.kind === "docker") { DockerNetwork.write(message.network.value, writer.uint32(42).fork()).ldelim(); } if (!(message.name === "")) { writer.uint32(10).string(message.name); } if (!(message.mac === "")) { writer.uint32(50).string(message.mac); } if (!(message.ip === "")) { writer.uint32(58).string(message.ip); } if (!(message.gateway === "")) { writer.uint32(66).string(message.gateway); } for (const value of message.dns) { writer.uint32(74).string(value); } if (!(message.model === "")) { writer.uint32(82).string(message.model); } if (!(message.queues === 0)) { writer.uint32(88).uint32(message.queues); } if (!(message.mtu === 0)) { writer.uint32(96).uint32(message.mtu); } if (!(message.antiSpoofing === false)) { writer.uint32(104).bool(message.antiSpoofing); } for (const value of message.ports) { VmPort.write(value, writer.uint32(114).fork()).ldelim(); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let networkValue: VmNic["network"]; let nameValue: VmNic["name"] = ""; let macValue: VmNic["mac"] = ""; let ipValue: VmNic["ip"] = ""; let gatewayValue: VmNic["gateway"] = ""; const dnsValue: string[] = []; let modelValue: VmNic["model"] = ""; let queuesValue: VmNic["queues"] = 0; let mtuValue: VmNic["mtu"] = 0; let antiSpoofingValue: VmNic["antiSpoofing"] = false; const portsValue: VmPort[] = [];
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 2: networkValue = { kind: "bridge", value: BridgeNetwork.read(reader, reader.uint32()) }; break; case 3: networkValue = { kind: "macvtap", value: MacvtapNetwork.read(reader, reader.uint32()) }; break; case 4: networkValue = { kind: "ovs", value: OvsNetwork.read(reader, reader.uint32()) }; break; case 5: networkValue = { kind: "docker", value: DockerNetwork.read(reader, reader.uint32()) }; break; case 1: nameValue = reader.string(); break; case 6: macValue = reader.string(); break; case 7: ipValue = reader.string(); break; case 8: gatewayValue = reader.string(); break; case 9: dnsValue.push(reader.string()); break; case 10: modelValue = reader.string(); break; case 11: queuesValue = reader.uint32(); break; case 12: mtuValue = reader.uint32(); break; case 13: antiSpoofingValue = reader.bool(); break; case 14: portsValue.push(VmPort.read(reader, reader.uint32())); break; default: reader.skipType(tag & 7); }
    }
    return { network: networkValue, name: nameValue, mac: macValue, ip: ipValue, gateway: gatewayValue, dns: dnsValue, model: modelValue, queues: queuesValue, mtu: mtuValue, antiSpoofing: antiSpoofingValue, ports: portsValue };
  },
});

export interface BridgeNetwork { readonly bridge: string; readonly namespace: string; readonly uplink: string; readonly vlan: number; readonly address: string; }
export interface BridgeNetworkInit { readonly bridge?: string | undefined; readonly namespace?: string | undefined; readonly uplink?: string | undefined; readonly vlan?: number | undefined; readonly address?: string | undefined; }
export const BridgeNetwork: MessageCodec<BridgeNetwork, BridgeNetworkInit> = messageCodec<BridgeNetwork, BridgeNetworkInit>({
  create: (init) => ({ bridge: init.bridge ?? "", namespace: init.namespace ?? "", uplink: init.uplink ?? "", vlan: init.vlan ?? 0, address: init.address ?? "", }),
  write: (message, writer) => { if (!(message.bridge === "")) { writer.uint32(10).string(message.bridge); } if (!(message.namespace === "")) { writer.uint32(18).string(message.namespace); } if (!(message.uplink === "")) { writer.uint32(26).string(message.uplink); } if (!(message.vlan === 0)) { writer.uint32(32).uint32(message.vlan); } if (!(message.address === "")) { writer.uint32(42).string(message.address); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let bridgeValue: BridgeNetwork["bridge"] = ""; let namespaceValue: BridgeNetwork["namespace"] = ""; let uplinkValue: BridgeNetwork["uplink"] = ""; let vlanValue: BridgeNetwork["vlan"] = 0; let addressValue: BridgeNetwork["address"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: bridgeValue = reader.string(); break; case 2: namespaceValue = reader.string(); break; case 3: uplinkValue = reader.string(); break; case 4: vlanValue = reader.uint32(); break; case 5: addressValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { bridge: bridgeValue, namespace: namespaceValue, uplink: uplinkValue, vlan: vlanValue, address: addressValue };
  },
});

export interface MacvtapNetwork { readonly parent: string; readonly mode: string; }
export interface MacvtapNetworkInit { readonly parent?: string | undefined; readonly mode?: string | undefined; }
export const MacvtapNetwork: MessageCodec<MacvtapNetwork, MacvtapNetworkInit> = messageCodec<MacvtapNetwork, MacvtapNetworkInit>({
  create: (init) => ({ parent: init.parent ?? "", mode: init.mode ?? "", }),
  write: (message, writer) => { if (!(message.parent === "")) { writer.uint32(10).string(message.parent); } if (!(message.mode === "")) { writer.uint32(18).string(message.mode); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let parentValue: MacvtapNetwork["parent"] = ""; let modeValue: MacvtapNetwork["mode"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: parentValue = reader.string(); break; case 2: modeValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { parent: parentValue, mode: modeValue };
  },
});

export interface OvsNetwork { readonly bridge: string; readonly vlan: number; readonly ingressKbps: number; readonly egressKbps: number; readonly uplink: string; }
export interface OvsNetworkInit { readonly bridge?: string | undefined; readonly vlan?: number | undefined; readonly ingressKbps?: number | undefined; readonly egressKbps?: number | undefined; readonly uplink?: string | undefined; }
export const OvsNetwork: MessageCodec<OvsNetwork, OvsNetworkInit> = messageCodec<OvsNetwork, OvsNetworkInit>({
  create: (init) => ({ bridge: init.bridge ?? "", vlan: init.vlan ?? 0, ingressKbps: init.ingressKbps ?? 0, egressKbps: init.egressKbps ?? 0, uplink: init.uplink ?? "", }),
  write: (message, writer) => { if (!(message.bridge === "")) { writer.uint32(10).string(message.bridge); } if (!(message.vlan === 0)) { writer.uint32(16).uint32(message.vlan); } if (!(message.ingressKbps === 0)) { writer.uint32(24).uint64(message.ingressKbps); } if (!(message.egressKbps === 0)) { writer.uint32(32).uint64(message.egressKbps); } if (!(message.uplink === "")) { writer.uint32(42).string(message.uplink); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let bridgeValue: OvsNetwork["bridge"] = ""; let vlanValue: OvsNetwork["vlan"] = 0; let ingressKbpsValue: OvsNetwork["ingressKbps"] = 0; let egressKbpsValue: OvsNetwork["egressKbps"] = 0; let uplinkValue: OvsNetwork["uplink"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: bridgeValue = reader.string(); break; case 2: vlanValue = reader.uint32(); break; case 3: ingressKbpsValue = toNumber(reader.uint64()); break; case 4: egressKbpsValue = toNumber(reader.uint64()); break; case 5: uplinkValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { bridge: bridgeValue, vlan: vlanValue, ingressKbps: ingressKbpsValue, egressKbps: egressKbpsValue, uplink: uplinkValue };
  },
});

export interface DockerNetwork { readonly name: string; }
export interface DockerNetworkInit { readonly name?: string | undefined; }
export const DockerNetwork: MessageCodec<DockerNetwork, DockerNetworkInit> = messageCodec<DockerNetwork, DockerNetworkInit>({
  create: (init) => ({ name: init.name ?? "", }),
  write: (message, writer) => { if (!(message.name === "")) { writer.uint32(10).string(message.name); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let nameValue: DockerNetwork["name"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: nameValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { name: nameValue };
  },
});

export interface VmPort { readonly hostPort: number; readonly guestPort: number; readonly protocol: string; readonly hostIp: string; }
export interface VmPortInit { readonly hostPort?: number | undefined; readonly guestPort?: number | undefined; readonly protocol?: string | undefined; readonly hostIp?: string | undefined; }
export const VmPort: MessageCodec<VmPort, VmPortInit> = messageCodec<VmPort, VmPortInit>({
  create: (init) => ({ hostPort: init.hostPort ?? 0, guestPort: init.guestPort ?? 0, protocol: init.protocol ?? "", hostIp: init.hostIp ?? "", }),
  write: (message, writer) => { if (!(message.hostPort === 0)) { writer.uint32(8).uint32(message.hostPort); } if (!(message.guestPort === 0)) { writer.uint32(16).uint32(message.guestPort); } if (!(message.protocol === "")) { writer.uint32(26).string(message.protocol); } if (!(message.hostIp === "")) { writer.uint32(34).string(message.hostIp); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let hostPortValue: VmPort["hostPort"] = 0; let guestPortValue: VmPort["guestPort"] = 0; let protocolValue: VmPort["protocol"] = ""; let hostIpValue: VmPort["hostIp"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: hostPortValue = reader.uint32(); break; case 2: guestPortValue = reader.uint32(); break; case 3: protocolValue = reader.string(); break; case 4: hostIpValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { hostPort: hostPortValue, guestPort: guestPortValue, protocol: protocolValue, hostIp: hostIpValue };
  },
});

export interface VmSeed { readonly hostname: string; readonly user: string; readonly sshKeys: readonly string[]; readonly password: boolean; readonly userData: boolean; readonly networkConfig: boolean; readonly secretsVersion: number; }
export interface VmSeedInit { readonly hostname?: string | undefined; readonly user?: string | undefined; readonly sshKeys?: readonly string[] | undefined; readonly password?: boolean | undefined; readonly userData?: boolean | undefined; readonly networkConfig?: boolean | undefined; readonly secretsVersion?: number | undefined; }
export const VmSeed: MessageCodec<VmSeed, VmSeedInit> = messageCodec<VmSeed, VmSeedInit>({
  create: (init) => ({ hostname: init.hostname ?? "", user: init.user ?? "", sshKeys: (init.sshKeys ?? []).map((value) => value), password: init.password ?? false, userData: init.userData ?? false, networkConfig: init.networkConfig ?? false, secretsVersion: init.secretsVersion ?? 0, }),
  write: (message, writer) => { if (!(message.hostname === "")) { writer.uint32(10).string(message.hostname); } if (!(message.user === "")) { writer.uint32(18).string(message.user); } for (const value of message.sshKeys) { writer.uint32(26).string(value); } if (!(message.password === false)) { writer.uint32(32).bool(message.password); } if (!(message.userData === false)) { writer.uint32(40).bool(message.userData); } if (!(message.networkConfig === false)) { writer.uint32(48).bool(message.networkConfig); } if (!(message.secretsVersion === 0)) { writer.uint32(56).uint32(message.secretsVersion); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let hostnameValue: VmSeed["hostname"] = ""; let userValue: VmSeed["user"] = ""; const sshKeysValue: string[] = []; let passwordValue: VmSeed["password"] = false; let userDataValue: VmSeed["userData"] = false; let networkConfigValue: VmSeed["networkConfig"] = false; let secretsVersionValue: VmSeed["secretsVersion"] = 0;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: hostnameValue = reader.string(); break; case 2: userValue = reader.string(); break; case 3: sshKeysValue.push(reader.string()); break; case 4: passwordValue = reader.bool(); break; case 5: userDataValue = reader.bool(); break; case 6: networkConfigValue = reader.bool(); break; case 7: secretsVersionValue = reader.uint32(); break; default: reader.skipType(tag & 7); }
    }
    return { hostname: hostnameValue, user: userValue, sshKeys: sshKeysValue, password: passwordValue, userData: userDataValue, networkConfig: networkConfigValue, secretsVersion: secretsVersionValue };
  },
});

export interface VmDevices { readonly vnc: boolean; readonly rng: boolean; readonly balloon: boolean; readonly watchdog: string; readonly panic: boolean; readonly tpm: boolean; readonly agent: boolean; }
export interface VmDevicesInit { readonly vnc?: boolean | undefined; readonly rng?: boolean | undefined; readonly balloon?: boolean | undefined; readonly watchdog?: string | undefined; readonly panic?: boolean | undefined; readonly tpm?: boolean | undefined; readonly agent?: boolean | undefined; }
export const VmDevices: MessageCodec<VmDevices, VmDevicesInit> = messageCodec<VmDevices, VmDevicesInit>({
  create: (init) => ({ vnc: init.vnc ?? false, rng: init.rng ?? false, balloon: init.balloon ?? false, watchdog: init.watchdog ?? "", panic: init.panic ?? false, tpm: init.tpm ?? false, agent: init.agent ?? false, }),
  write: (message, writer) => { if (!(message.vnc === false)) { writer.uint32(8).bool(message.vnc); } if (!(message.rng === false)) { writer.uint32(16).bool(message.rng); } if (!(message.balloon === false)) { writer.uint32(24).bool(message.balloon); } if (!(message.watchdog === "")) { writer.uint32(34).string(message.watchdog); } if (!(message.panic === false)) { writer.uint32(40).bool(message.panic); } if (!(message.tpm === false)) { writer.uint32(48).bool(message.tpm); } if (!(message.agent === false)) { writer.uint32(56).bool(message.agent); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let vncValue: VmDevices["vnc"] = false; let rngValue: VmDevices["rng"] = false; let balloonValue: VmDevices["balloon"] = false; let watchdogValue: VmDevices["watchdog"] = ""; let panicValue: VmDevices["panic"] = false; let tpmValue: VmDevices["tpm"] = false; let agentValue: VmDevices["agent"] = false;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: vncValue = reader.bool(); break; case 2: rngValue = reader.bool(); break; case 3: balloonValue = reader.bool(); break; case 4: watchdogValue = reader.string(); break; case 5: panicValue = reader.bool(); break; case 6: tpmValue = reader.bool(); break; case 7: agentValue = reader.bool(); break; default: reader.skipType(tag & 7); }
    }
    return { vnc: vncValue, rng: rngValue, balloon: balloonValue, watchdog: watchdogValue, panic: panicValue, tpm: tpmValue, agent: agentValue };
  },
});

export interface VmRestart { readonly policy: string; }
export interface VmRestartInit { readonly policy?: string | undefined; }
export const VmRestart: MessageCodec<VmRestart, VmRestartInit> = messageCodec<VmRestart, VmRestartInit>({
  create: (init) => ({ policy: init.policy ?? "", }),
  write: (message, writer) => { if (!(message.policy === "")) { writer.uint32(10).string(message.policy); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let policyValue: VmRestart["policy"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: policyValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { policy: policyValue };
  },
});

export interface VmReport { readonly state: string; readonly reason: string; readonly stateVersion: string; readonly atNextStart: readonly string[]; readonly problem: string; readonly warnings: readonly string[]; readonly nics: readonly VmReportNic[]; readonly disks: readonly VmReportDisk[]; readonly acceleration: string; readonly guestAgent: boolean; readonly triedVersion: string; }
export interface VmReportInit { readonly state?: string | undefined; readonly reason?: string | undefined; readonly stateVersion?: string | undefined; readonly atNextStart?: readonly string[] | undefined; readonly problem?: string | undefined; readonly warnings?: readonly string[] | undefined; readonly nics?: readonly VmReportNicInit[] | undefined; readonly disks?: readonly VmReportDiskInit[] | undefined; readonly acceleration?: string | undefined; readonly guestAgent?: boolean | undefined; readonly triedVersion?: string | undefined; }
export const VmReport: MessageCodec<VmReport, VmReportInit> = messageCodec<VmReport, VmReportInit>({
  create: (init) => ({ state: init.state ?? "", reason: init.reason ?? "", stateVersion: init.stateVersion ?? "", atNextStart: (init.atNextStart ?? []).map((value) => value), problem: init.problem ?? "", warnings: (init.warnings ?? []).map((value) => value), nics: (init.nics ?? []).map((value) => VmReportNic.create(value)), disks: (init.disks ?? []).map((value) => VmReportDisk.create(value)), acceleration: init.acceleration ?? "", guestAgent: init.guestAgent ?? false, triedVersion: init.triedVersion ?? "", }),
  write: (message, writer) => { if (!(message.state === "")) { writer.uint32(10).string(message.state); } if (!(message.reason === "")) { writer.uint32(18).string(message.reason); } if (!(message.stateVersion === "")) { writer.uint32(26).string(message.stateVersion); } for (const value of message.atNextStart) { writer.uint32(34).string(value); } if (!(message.problem === "")) { writer.uint32(42).string(message.problem); } for (const value of message.warnings) { writer.uint32(50).string(value); } for (const value of message.nics) { VmReportNic.write(value, writer.uint32(58).fork()).ldelim(); } for (const value of message.disks) { VmReportDisk.write(value, writer.uint32(66).fork()).ldelim(); } if (!(message.acceleration === "")) { writer.uint32(74).string(message.acceleration); } if (!(message.guestAgent === false)) { writer.uint32(80).bool(message.guestAgent); } if (!(message.triedVersion === "")) { writer.uint32(90).string(message.triedVersion); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let stateValue: VmReport["state"] = ""; let reasonValue: VmReport["reason"] = ""; let stateVersionValue: VmReport["stateVersion"] = ""; const atNextStartValue: string[] = []; let problemValue: VmReport["problem"] = ""; const warningsValue: string[] = []; const nicsValue: VmReportNic[] = []; const disksValue: VmReportDisk[] = []; let accelerationValue: VmReport["acceleration"] = ""; let guestAgentValue: VmReport["guestAgent"] = false; let triedVersionValue: VmReport["triedVersion"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: stateValue = reader.string(); break; case 2: reasonValue = reader.string(); break; case 3: stateVersionValue = reader.string(); break; case 4: atNextStartValue.push(reader.string()); break; case 5: problemValue = reader.string(); break; case 6: warningsValue.push(reader.string()); break; case 7: nicsValue.push(VmReportNic.read(reader, reader.uint32())); break; case 8: disksValue.push(VmReportDisk.read(reader, reader.uint32())); break; case 9: accelerationValue = reader.string(); break; case 10: guestAgentValue = reader.bool(); break; case 11: triedVersionValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { state: stateValue, reason: reasonValue, stateVersion: stateVersionValue, atNextStart: atNextStartValue, problem: problemValue, warnings: warningsValue, nics: nicsValue, disks: disksValue, acceleration: accelerationValue, guestAgent: guestAgentValue, triedVersion: triedVersionValue };
  },
});

export interface VmReportNic { readonly name: string; readonly mac: string; readonly addresses: readonly string[]; readonly device: string; }
export interface VmReportNicInit { readonly name?: string | undefined; readonly mac?: string | undefined; readonly addresses?: readonly string[] | undefined; readonly device?: string | undefined; }
export const VmReportNic: MessageCodec<VmReportNic, VmReportNicInit> = messageCodec<VmReportNic, VmReportNicInit>({
  create: (init) => ({ name: init.name ?? "", mac: init.mac ?? "", addresses: (init.addresses ?? []).map((value) => value), device: init.device ?? "", }),
  write: (message, writer) => { if (!(message.name === "")) { writer.uint32(10).string(message.name); } if (!(message.mac === "")) { writer.uint32(18).string(message.mac); } for (const value of message.addresses) { writer.uint32(26).string(value); } if (!(message.device === "")) { writer.uint32(34).string(message.device); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let nameValue: VmReportNic["name"] = ""; let macValue: VmReportNic["mac"] = ""; const addressesValue: string[] = []; let deviceValue: VmReportNic["device"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: nameValue = reader.string(); break; case 2: macValue = reader.string(); break; case 3: addressesValue.push(reader.string()); break; case 4: deviceValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { name: nameValue, mac: macValue, addresses: addressesValue, device: deviceValue };
  },
});

export interface VmReportDisk { readonly name: string; readonly path: string; readonly sizeMib: number; readonly allocatedMib: number; readonly problem: string; }
export interface VmReportDiskInit { readonly name?: string | undefined; readonly path?: string | undefined; readonly sizeMib?: number | undefined; readonly allocatedMib?: number | undefined; readonly problem?: string | undefined; }
export const VmReportDisk: MessageCodec<VmReportDisk, VmReportDiskInit> = messageCodec<VmReportDisk, VmReportDiskInit>({
  create: (init) => ({ name: init.name ?? "", path: init.path ?? "", sizeMib: init.sizeMib ?? 0, allocatedMib: init.allocatedMib ?? 0, problem: init.problem ?? "", }),
  write: (message, writer) => { if (!(message.name === "")) { writer.uint32(10).string(message.name); } if (!(message.path === "")) { writer.uint32(18).string(message.path); } if (!(message.sizeMib === 0)) { writer.uint32(24).uint64(message.sizeMib); } if (!(message.allocatedMib === 0)) { writer.uint32(32).uint64(message.allocatedMib); } if (!(message.problem === "")) { writer.uint32(42).string(message.problem); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let nameValue: VmReportDisk["name"] = ""; let pathValue: VmReportDisk["path"] = ""; let sizeMibValue: VmReportDisk["sizeMib"] = 0; let allocatedMibValue: VmReportDisk["allocatedMib"] = 0; let problemValue: VmReportDisk["problem"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: nameValue = reader.string(); break; case 2: pathValue = reader.string(); break; case 3: sizeMibValue = toNumber(reader.uint64()); break; case 4: allocatedMibValue = toNumber(reader.uint64()); break; case 5: problemValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { name: nameValue, path: pathValue, sizeMib: sizeMibValue, allocatedMib: allocatedMibValue, problem: problemValue };
  },
});

export interface VmCall { readonly call: { readonly kind: "power"; readonly value: PowerCall } | { readonly kind: "snapshot"; readonly value: SnapshotCall } | { readonly kind: "guest"; readonly value: GuestCall } | { readonly kind: "screenshot"; readonly value: ScreenshotCall } | { readonly kind: "migrate"; readonly value: MigrateCall } | { readonly kind: "transfer"; readonly value: TransferCall } | { readonly kind: "room"; readonly value: RoomCall } | undefined; }
export interface VmCallInit { readonly call?: { readonly kind: "power"; readonly value: PowerCallInit } | { readonly kind: "snapshot"; readonly value: SnapshotCallInit } | { readonly kind: "guest"; readonly value: GuestCallInit } | { readonly kind: "screenshot"; readonly value: ScreenshotCallInit } | { readonly kind: "migrate"; readonly value: MigrateCallInit } | { readonly kind: "transfer"; readonly value: TransferCallInit } | { readonly kind: "room"; readonly value: RoomCallInit } | undefined; }
export const VmCall: MessageCodec<VmCall, VmCallInit> = messageCodec<VmCall, VmCallInit>({
  create: (init) => ({ call: init.call?.kind === "power" ? { kind: "power", value: PowerCall.create(init.call.value) } : init.call?.kind === "snapshot" ? { kind: "snapshot", value: SnapshotCall.create(init.call.value) } : init.call?.kind === "guest" ? { kind: "guest", value: GuestCall.create(init.call.value) } : init.call?.kind === "screenshot" ? { kind: "screenshot", value: ScreenshotCall.create(init.call.value) } : init.call?.kind === "migrate" ? { kind: "migrate", value: MigrateCall.create(init.call.value) } : init.call?.kind === "transfer" ? { kind: "transfer", value: TransferCall.create(init.call.value) } : init.call?.kind === "room" ? { kind: "room", value: RoomCall.create(init.call.value) } : undefined, }),
  write: (message, writer) => { if (message.call?.kind === "power") { PowerCall.write(message.call.value, writer.uint32(10).fork()).ldelim(); } if (message.call?.kind === "snapshot") { SnapshotCall.write(message.call.value, writer.uint32(18).fork()).ldelim(); } if (message.call?.kind === "guest") { GuestCall.write(message.call.value, writer.uint32(26).fork()).ldelim(); } if (message.call?.kind === "screenshot") { ScreenshotCall.write(message.call.value, writer.uint32(34).fork()).ldelim(); } if (message.call?.kind === "migrate") { MigrateCall.write(message.call.value, writer.uint32(42).fork()).ldelim(); } if (message.call?.kind === "transfer") { TransferCall.write(message.call.value, writer.uint32(50).fork()).ldelim(); } if (message.call?.kind === "room") { RoomCall.write(message.call.value, writer.uint32(58).fork()).ldelim(); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let callValue: VmCall["call"];
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: callValue = { kind: "power", value: PowerCall.read(reader, reader.uint32()) }; break; case 2: callValue = { kind: "snapshot", value: SnapshotCall.read(reader, reader.uint32()) }; break; case 3: callValue = { kind: "guest", value: GuestCall.read(reader, reader.uint32()) }; break; case 4: callValue = { kind: "screenshot", value: ScreenshotCall.read(reader, reader.uint32()) }; break; case 5: callValue = { kind: "migrate", value: MigrateCall.read(reader, reader.uint32()) }; break; case 6: callValue = { kind: "transfer", value: TransferCall.read(reader, reader.uint32()) }; break; case 7: callValue = { kind: "room", value: RoomCall.read(reader, reader.uint32()) }; break; default: reader.skipType(tag & 7); }
    }
    return { call: callValue };
  },
});

export interface PowerCall { readonly action: string; }
export interface PowerCallInit { readonly action?: string | undefined; }
export const PowerCall: MessageCodec<PowerCall, PowerCallInit> = messageCodec<PowerCall, PowerCallInit>({
  create: (init) => ({ action: init.action ?? "", }),
  write: (message, writer) => { if (!(message.action === "")) { writer.uint32(10).string(message.action); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let actionValue: PowerCall["action"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: actionValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { action: actionValue };
  },
});

export interface SnapshotCall { readonly action: string; readonly name: string; readonly memory: boolean; readonly quiesce: boolean; readonly description: string; }
export interface SnapshotCallInit { readonly action?: string | undefined; readonly name?: string | undefined; readonly memory?: boolean | undefined; readonly quiesce?: boolean | undefined; readonly description?: string | undefined; }
export const SnapshotCall: MessageCodec<SnapshotCall, SnapshotCallInit> = messageCodec<SnapshotCall, SnapshotCallInit>({
  create: (init) => ({ action: init.action ?? "", name: init.name ?? "", memory: init.memory ?? false, quiesce: init.quiesce ?? false, description: init.description ?? "", }),
  write: (message, writer) => { if (!(message.action === "")) { writer.uint32(10).string(message.action); } if (!(message.name === "")) { writer.uint32(18).string(message.name); } if (!(message.memory === false)) { writer.uint32(24).bool(message.memory); } if (!(message.quiesce === false)) { writer.uint32(32).bool(message.quiesce); } if (!(message.description === "")) { writer.uint32(42).string(message.description); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let actionValue: SnapshotCall["action"] = ""; let nameValue: SnapshotCall["name"] = ""; let memoryValue: SnapshotCall["memory"] = false; let quiesceValue: SnapshotCall["quiesce"] = false; let descriptionValue: SnapshotCall["description"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: actionValue = reader.string(); break; case 2: nameValue = reader.string(); break; case 3: memoryValue = reader.bool(); break; case 4: quiesceValue = reader.bool(); break; case 5: descriptionValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { action: actionValue, name: nameValue, memory: memoryValue, quiesce: quiesceValue, description: descriptionValue };
  },
});

export interface GuestCall { readonly question: string; }
export interface GuestCallInit { readonly question?: string | undefined; }
export const GuestCall: MessageCodec<GuestCall, GuestCallInit> = messageCodec<GuestCall, GuestCallInit>({
  create: (init) => ({ question: init.question ?? "", }),
  write: (message, writer) => { if (!(message.question === "")) { writer.uint32(10).string(message.question); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let questionValue: GuestCall["question"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: questionValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { question: questionValue };
  },
});

export interface ScreenshotCall {  }
export interface ScreenshotCallInit {  }
export const ScreenshotCall: MessageCodec<ScreenshotCall, ScreenshotCallInit> = messageCodec<ScreenshotCall, ScreenshotCallInit>({
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

export interface MigrateCall { readonly action: string; readonly plan: string; }
export interface MigrateCallInit { readonly action?: string | undefined; readonly plan?: string | undefined; }
export const MigrateCall: MessageCodec<MigrateCall, MigrateCallInit> = messageCodec<MigrateCall, MigrateCallInit>({
  create: (init) => ({ action: init.action ?? "", plan: init.plan ?? "", }),
  write: (message, writer) => { if (!(message.action === "")) { writer.uint32(34).string(message.action); } if (!(message.plan === "")) { writer.uint32(42).string(message.plan); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let actionValue: MigrateCall["action"] = ""; let planValue: MigrateCall["plan"] = "";
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 4: actionValue = reader.string(); break; case 5: planValue = reader.string(); break; default: reader.skipType(tag & 7); }
    }
    return { action: actionValue, plan: planValue };
  },
});

export interface TransferCall {  }
export interface TransferCallInit {  }
export const TransferCall: MessageCodec<TransferCall, TransferCallInit> = messageCodec<TransferCall, TransferCallInit>({
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

export interface RoomCall { readonly bytes: number; }
export interface RoomCallInit { readonly bytes?: number | undefined; }
export const RoomCall: MessageCodec<RoomCall, RoomCallInit> = messageCodec<RoomCall, RoomCallInit>({
  create: (init) => ({ bytes: init.bytes ?? 0, }),
  write: (message, writer) => { if (!(message.bytes === 0)) { writer.uint32(8).uint64(message.bytes); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let bytesValue: RoomCall["bytes"] = 0;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: bytesValue = toNumber(reader.uint64()); break; default: reader.skipType(tag & 7); }
    }
    return { bytes: bytesValue };
  },
});

export interface VmCallResult { readonly snapshots: readonly VmSnapshot[]; readonly guestJson: string; readonly picture: Uint8Array; readonly pictureType: string; readonly text: string; readonly bytes: number; readonly moved: boolean; }
export interface VmCallResultInit { readonly snapshots?: readonly VmSnapshotInit[] | undefined; readonly guestJson?: string | undefined; readonly picture?: Uint8Array | undefined; readonly pictureType?: string | undefined; readonly text?: string | undefined; readonly bytes?: number | undefined; readonly moved?: boolean | undefined; }
export const VmCallResult: MessageCodec<VmCallResult, VmCallResultInit> = messageCodec<VmCallResult, VmCallResultInit>({
  create: (init) => ({ snapshots: (init.snapshots ?? []).map((value) => VmSnapshot.create(value)), guestJson: init.guestJson ?? "", picture: init.picture ?? new Uint8Array(0), pictureType: init.pictureType ?? "", text: init.text ?? "", bytes: init.bytes ?? 0, moved: init.moved ?? false, }),
  write: (message, writer) => { for (const value of message.snapshots) { VmSnapshot.write(value, writer.uint32(10).fork()).ldelim(); } if (!(message.guestJson === "")) { writer.uint32(18).string(message.guestJson); } if (!(message.picture.length === 0)) { writer.uint32(26).bytes(message.picture); } if (!(message.pictureType === "")) { writer.uint32(34).string(message.pictureType); } if (!(message.text === "")) { writer.uint32(42).string(message.text); } if (!(message.bytes === 0)) { writer.uint32(48).uint64(message.bytes); } if (!(message.moved === false)) { writer.uint32(56).bool(message.moved); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    const snapshotsValue: VmSnapshot[] = []; let guestJsonValue: VmCallResult["guestJson"] = ""; let pictureValue: VmCallResult["picture"] = new Uint8Array(0); let pictureTypeValue: VmCallResult["pictureType"] = ""; let textValue: VmCallResult["text"] = ""; let bytesValue: VmCallResult["bytes"] = 0; let movedValue: VmCallResult["moved"] = false;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: snapshotsValue.push(VmSnapshot.read(reader, reader.uint32())); break; case 2: guestJsonValue = reader.string(); break; case 3: pictureValue = detached(reader.bytes()); break; case 4: pictureTypeValue = reader.string(); break; case 5: textValue = reader.string(); break; case 6: bytesValue = toNumber(reader.uint64()); break; case 7: movedValue = reader.bool(); break; default: reader.skipType(tag & 7); }
    }
    return { snapshots: snapshotsValue, guestJson: guestJsonValue, picture: pictureValue, pictureType: pictureTypeValue, text: textValue, bytes: bytesValue, moved: movedValue };
  },
});

export interface VmSnapshot { readonly name: string; readonly parent: string; readonly createdAtMs: number; readonly memory: boolean; readonly current: boolean; readonly state: string; readonly description: string; readonly sizeMib: number; }
export interface VmSnapshotInit { readonly name?: string | undefined; readonly parent?: string | undefined; readonly createdAtMs?: number | undefined; readonly memory?: boolean | undefined; readonly current?: boolean | undefined; readonly state?: string | undefined; readonly description?: string | undefined; readonly sizeMib?: number | undefined; }
export const VmSnapshot: MessageCodec<VmSnapshot, VmSnapshotInit> = messageCodec<VmSnapshot, VmSnapshotInit>({
  create: (init) => ({ name: init.name ?? "", parent: init.parent ?? "", createdAtMs: init.createdAtMs ?? 0, memory: init.memory ?? false, current: init.current ?? false, state: init.state ?? "", description: init.description ?? "", sizeMib: init.sizeMib ?? 0, }),
  write: (message, writer) => { if (!(message.name === "")) { writer.uint32(10).string(message.name); } if (!(message.parent === "")) { writer.uint32(18).string(message.parent); } if (!(message.createdAtMs === 0)) { writer.uint32(24).uint64(message.createdAtMs); } if (!(message.memory === false)) { writer.uint32(32).bool(message.memory); } if (!(message.current === false)) { writer.uint32(40).bool(message.current); } if (!(message.state === "")) { writer.uint32(50).string(message.state); } if (!(message.description === "")) { writer.uint32(58).string(message.description); } if (!(message.sizeMib === 0)) { writer.uint32(64).uint64(message.sizeMib); } return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    let nameValue: VmSnapshot["name"] = ""; let parentValue: VmSnapshot["parent"] = ""; let createdAtMsValue: VmSnapshot["createdAtMs"] = 0; let memoryValue: VmSnapshot["memory"] = false; let currentValue: VmSnapshot["current"] = false; let stateValue: VmSnapshot["state"] = ""; let descriptionValue: VmSnapshot["description"] = ""; let sizeMibValue: VmSnapshot["sizeMib"] = 0;
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { case 1: nameValue = reader.string(); break; case 2: parentValue = reader.string(); break; case 3: createdAtMsValue = toNumber(reader.uint64()); break; case 4: memoryValue = reader.bool(); break; case 5: currentValue = reader.bool(); break; case 6: stateValue = reader.string(); break; case 7: descriptionValue = reader.string(); break; case 8: sizeMibValue = toNumber(reader.uint64()); break; default: reader.skipType(tag & 7); }
    }
    return { name: nameValue, parent: parentValue, createdAtMs: createdAtMsValue, memory: memoryValue, current: currentValue, state: stateValue, description: descriptionValue, sizeMib: sizeMibValue };
  },
});

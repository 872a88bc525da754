// Disks and NICs as elements of libvirt: in a whole domain, and alone when one is attached. Pure.
import type { VmDisk, VmIoLimits } from "@cke/protocol";
import type { PreparedDisk } from "../ports/disks.ts";
import type { NicSource, PreparedNic } from "../ports/networks.ts";
import { busOf, diskAlias, nicAlias, seedDisk } from "./disk-targets.ts";
import { element, type XmlElement } from "./xml.ts";

/** `order`: its place among what the guest is booted from; undefined for none. */
export function diskXml(disk: VmDisk, prepared: PreparedDisk, target: string, order?: number): XmlElement {
  const cdrom = disk.role === "cdrom";
  const { path, format } = prepared;
  const cache = disk.cache === "" ? "none" : disk.cache;
  return element(
    "disk",
    { type: "file", device: cdrom ? "cdrom" : "disk" },
    element("driver", {
      name: "qemu",
      type: format,
      cache: cdrom ? undefined : cache,
      // Without the host's page cache, Linux' own asynchronous I/O costs least.
      io: !cdrom && (cache === "none" || cache === "directsync") ? "native" : undefined,
      discard: disk.discard && !cdrom ? "unmap" : undefined,
      error_policy: cdrom ? undefined : "stop",
      rerror_policy: cdrom ? undefined : "stop",
    }),
    path === "" ? undefined : element("source", { file: path }),
    element("target", { dev: target, bus: busOf(disk) }),
    disk.limits === undefined ? undefined : ioTuneXml(disk.limits),
    cdrom || disk.readOnly ? element("readonly") : undefined,
    disk.shared && !cdrom && disk.readOnly ? element("shareable") : undefined,
    cdrom ? undefined : element("serial", {}, (disk.serial === "" ? disk.name : disk.serial).slice(0, 20)),
    order === undefined ? undefined : element("boot", { order }),
    element("alias", { name: diskAlias(disk.name) }),
  );
}

/** A guest reads the seed once, and never boots from it. Its target says whether it is a disk or a disc. */
export function seedXml(path: string, target: string): XmlElement {
  const virtio = target.startsWith("vd");
  return element(
    "disk",
    { type: "file", device: virtio ? "disk" : "cdrom" },
    element("driver", { name: "qemu", type: "raw" }),
    element("source", { file: path }),
    element("target", { dev: target, bus: virtio ? "virtio" : "sata" }),
    element("readonly"),
    element("alias", { name: diskAlias(seedDisk) }),
  );
}

function ioTuneXml(limits: VmIoLimits): XmlElement | undefined {
  const { readBytesPerSecond, writeBytesPerSecond, readIops, writeIops } = limits;
  const bound = (name: string, value: number) => (value > 0 ? element(name, {}, String(value)) : undefined);
  const children = [
    bound("read_bytes_sec", readBytesPerSecond),
    bound("write_bytes_sec", writeBytesPerSecond),
    bound("read_iops_sec", readIops),
    bound("write_iops_sec", writeIops),
  ];
  return children.every((child) => child === undefined) ? undefined : element("iotune", {}, ...children);
}

export function nicXml(nic: PreparedNic, order?: number): XmlElement {
  const { type, children } = sourceXml(nic.source, nic.device);
  const kilobytes = (kbps: number) => Math.max(1, Math.ceil(kbps / 8));
  const bandwidth = [
    nic.inboundKbps > 0 ? element("inbound", { average: kilobytes(nic.inboundKbps) }) : undefined,
    nic.outboundKbps > 0 ? element("outbound", { average: kilobytes(nic.outboundKbps) }) : undefined,
  ];
  return element(
    "interface",
    { type },
    element("mac", { address: nic.mac }),
    ...children,
    element("model", { type: nic.model === "" ? "virtio" : nic.model }),
    nicDriver(nic),
    nic.filter === "" ? undefined : element("filterref", { filter: nic.filter }),
    bandwidth.every((one) => one === undefined) ? undefined : element("bandwidth", {}, ...bandwidth),
    nic.mtu > 0 ? element("mtu", { size: nic.mtu }) : undefined,
    order === undefined ? undefined : element("boot", { order }),
    element("alias", { name: nicAlias(nic.name) }),
  );
}

const off = { csum: "off", gso: "off", tso4: "off", tso6: "off", ecn: "off", ufo: "off" } as const;

/** Other models than virtio leave nothing of a frame to others. */
function nicDriver({ queues, model, wholeFrames }: PreparedNic): XmlElement | undefined {
  const virtio = model === "" || model === "virtio";
  const children = wholeFrames && virtio ? [element("host", off)] : [];
  if (queues <= 1 && children.length === 0) return undefined;
  return element("driver", queues > 1 ? { queues } : {}, ...children);
}

function sourceXml(
  source: NicSource,
  device: string,
): { readonly type: string; readonly children: readonly XmlElement[] } {
  switch (source.kind) {
    case "bridge":
      return {
        type: "bridge",
        children: [element("source", { bridge: source.bridge }), element("target", { dev: device })],
      };
    case "ovs": {
      const tag = source.vlan > 0 ? [element("vlan", {}, element("tag", { id: source.vlan }))] : [];
      const port = element("virtualport", { type: "openvswitch" });
      return {
        type: "bridge",
        children: [element("source", { bridge: source.bridge }), ...tag, port, element("target", { dev: device })],
      };
    }
    case "tap":
      return { type: "ethernet", children: [element("target", { dev: device, managed: "no" })] };
    case "macvtap":
      return {
        type: "direct",
        children: [element("source", { dev: source.parent, mode: source.mode }), element("target", { dev: device })],
      };
  }
}

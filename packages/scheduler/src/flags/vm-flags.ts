// The flags of virtual machines: their executor, and what it finds on agents.
import type { FlagRow } from "@cke/foundation/flags";
import { isDuration, isFileName } from "./flags-values.ts";

export const diskPathsOf = (text: string): readonly string[] =>
  text
    .split(",")
    .map((path) => path.trim())
    .filter((path) => path !== "");

export const vmFlags = [
  {
    name: "vm_executor",
    type: "string",
    default: "cke-vm-exec",
    meaning: "file name of the VM executor",
    allowed: "a file name without a path",
    accepts: isFileName,
  },
  {
    name: "vm_image_path",
    type: "string",
    meaning:
      "where images of VMs are that have only a name: a directory of every agent's host, or a URL; without it such images are refused there",
    allowed: "an absolute path, or an http:// or https:// URL",
    accepts: (text) => text.startsWith("/") || (/^https?:\/\//.test(text) && URL.canParse(text)),
  },
  {
    name: "vm_data_path",
    type: "string",
    meaning:
      "directory of every agent's host for disks, seeds and cached images of VMs; without it: the executor's own default",
    allowed: "an absolute path",
    accepts: (text) => text.startsWith("/"),
  },
  {
    name: "vm_disk_path",
    type: "string",
    default: "/mnt,/srv,/media,/var/lib/libvirt/images",
    meaning:
      "directories of every agent's host below which a disk of a VM may have a path of its own; block devices below /dev may be disks besides",
    allowed: "absolute paths, separated by commas",
    accepts: (text) => diskPathsOf(text).every((path) => /^\/[^/]/.test(path) && !path.split("/").includes("..")),
  },
  {
    name: "vm_libvirt_uri",
    type: "string",
    meaning: "libvirt daemon of every agent's host; without it the system's socket",
    allowed: "a libvirt URI like qemu:///system or qemu:///system?socket=/run/libvirt/libvirt-sock",
    accepts: (text) => /^[a-z][a-z0-9+]*:\/\/\S*$/.test(text),
  },
  {
    name: "vm_log_path",
    type: "string",
    meaning:
      "directory of every agent's host where that daemon writes what QEMU says (domain.log); without it: the executor's own default",
    allowed: "an absolute path",
    accepts: (text) => text.startsWith("/"),
  },
  {
    name: "vm_live_migration",
    type: "bool",
    default: "true",
    meaning: "let VMs move to other hosts while they run; with false they are shut down for a move",
  },
  {
    name: "vm_history",
    type: "string",
    default: "168h",
    meaning: "for how long GET /vm/v1/overvms lists VMs that are gone; at most 1000 of them",
    allowed: "a duration of at least a second, e.g. 168h, 30m or 45s",
    accepts: isDuration,
  },
] as const satisfies readonly FlagRow[];

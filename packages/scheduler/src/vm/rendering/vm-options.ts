// The options of virtual machines.

/** Flags that concern VMs, parsed and checked. */
export interface VmOptions {
  /** -vm_executor: file name. */
  readonly vmExecutor: string;
  /** -vm_image_path; "": the executor's own default. */
  readonly imagePath: string;
  /** -vm_data_path; "": the executor's own default. */
  readonly dataPath: string;
  /** -vm_disk_path: directories of hosts below which a disk may have a path of its own. */
  readonly diskPaths: readonly string[];
  /** -vm_libvirt_uri; "": the system's socket. */
  readonly libvirtUri: string;
  /** -vm_log_path; "": the executor's own default. */
  readonly logPath: string;
  /** -vm_live_migration. */
  readonly liveMigration: boolean;
  /** -vm_history: for how long what is known of VMs that are gone is kept, in milliseconds. */
  readonly historyMs: number;
}

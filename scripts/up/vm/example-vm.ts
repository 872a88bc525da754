// The virtual machine that `make up VM=1` creates: Debian with cloud-init, on a bridge of its own. Pure.

export const vmName = "example-vm";
export const vmUser = "cke";
/** Made by the executor, and removed with the VM. */
export const vmBridge = "cke-vm0";

export interface ExampleVmParts {
  /** Files that scripts/guests/debian has made. */
  readonly guest: { readonly kernel: string; readonly initrd: string; readonly image: string };
  /** First three bytes of the bridge's addresses. */
  readonly prefix: string;
  /** One line of an authorized_keys file. */
  readonly publicKey: string;
  /** For the consoles; ssh takes keys and this one. */
  readonly password: string;
}

/** The body of POST /vm/v1/vms. */
export function exampleVm({ guest, prefix, publicKey, password }: ExampleVmParts): object {
  return {
    name: vmName,
    cpus: 1,
    mem: 512,
    // Without KVM the emulator keeps the code that it has translated.
    memOverhead: 512,
    bootType: "kernel",
    boot: {
      kernel: `file://${guest.kernel}`,
      initrd: `file://${guest.initrd}`,
      // The last console is that of the programs that start. Without "quiet", what they say is the progress that is waited for.
      commandLine: "root=/dev/vda console=tty0 console=ttyS0 no_timer_check",
    },
    disk: { system: { image: `file://${guest.image}`, size: "4G" } },
    network: { name: vmBridge, address: `${prefix}.1/24`, ip: `${prefix}.10/24`, gateway: `${prefix}.1` },
    cloudInit: { user: vmUser, password, sshKeys: [publicKey] },
  };
}

/** The first of 10.78.0 … 10.78.255 in which this host has no address. `addresses`: of this host, "10.78.0.1". */
export function freeVmPrefix(addresses: readonly string[]): string {
  for (let third = 0; third < 256; third += 1)
    if (!addresses.some((address) => address.startsWith(`10.78.${third}.`))) return `10.78.${third}`;
  throw new Error("no free /24 in 10.78.0.0/16 for the example VM: remove an address of this host");
}

/** How to log in, for a person. `address`: of the guest. */
export function vmUsage(url: string, address: string, key: string, passwordFile: string): string {
  const vm = `${url}/vm/v1/vms/${vmName}`;
  return `
virtual machine  ssh -i ${key} -o StrictHostKeyChecking=accept-new ${vmUser}@${address}
screen           ${vm}/console/vnc
serial console   ${vm}/console/serial      (user ${vmUser}, its password is in ${passwordFile})
remove it        curl -X DELETE ${vm}`;
}

// A guest moves while it runs, and a ping in it goes on all the time: it is answered at its new host too, by the cable between both.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { missingForGuests, type VmLab } from "../testing/vm-lab.ts";
import { MovingGuest, retryAfterPanic } from "./testing/moving-guest.ts";

vi.setConfig({ testTimeout: 1_800_000, hookTimeout: 900_000 });
const missing = missingForGuests();
if (missing !== undefined) console.warn(`tests with guests are skipped: ${missing}`);

const [address, host, uplink] = ["10.77.9.9", "10.77.9.1", "cke-up0"];

describe.skipIf(missing !== undefined)(
  "a guest in a network that moves while it runs",
  { retry: retryAfterPanic },
  () => {
    let hosts: MovingGuest;
    beforeAll(async () => {
      hosts = await MovingGuest.open({ controlGroups: true });
    });
    afterAll(async () => {
      await hosts?.clear();
      await hosts?.close();
    });

    const sh = async ({ server }: VmLab, line: string) => {
      const [program, ...args] = server.enter("sh", "-ec", line);
      return (await promisify(execFile)(program, args)).stdout;
    };

    test("pings without an end", async () => {
      const { here, there } = hosts;
      await sh(here, `ip link add ${uplink} type veth peer name ${uplink} netns ${there.server.pid}`);
      for (const lab of [here, there]) await sh(lab, `ip link set ${uplink} up`);
      const plain = here.definition();
      const commandLine = `${plain.boot?.commandLine ?? ""} cke.ip=${address}/24`;
      const nic = {
        name: "eth0",
        network: { kind: "bridge", value: { bridge: "vmbr", uplink } },
        ip: `${address}/24`,
      } as const;
      const made = (lab: VmLab) => {
        const { boot } = lab.definition();
        // With one device of each kind: the new host looks at every part of the definition.
        const devices = { balloon: true, vnc: true, agent: true, rng: true, panic: true, watchdog: "reset" };
        return lab.definition({ boot: { ...boot, commandLine }, nics: [nic], devices });
      };
      const vm = await hosts.booted(made(here));
      await sh(here, `ip address add ${host}/24 dev vmbr`);
      await hosts.type(vm, `ping ${host}`);
      // The one ping writes to the console of the host where its guest is.
      const answers = () =>
        [...(here.console() + there.console()).matchAll(/seq=(\d+) ttl=/g)].map(([, number]) => Number(number));
      await expect.poll(() => answers().length, { timeout: 600_000 }).toBeGreaterThan(3);
      const destination = await hosts.destination("d1", made(there));
      expect(await hosts.move(vm, destination)).toMatchObject({ moved: true });
      const last = answers().at(-1) ?? 0;
      await expect.poll(() => answers().at(-1), { timeout: 600_000 }).toBeGreaterThan(last + 5);
      expect(hosts.guests()).toEqual([0, 1]);
      expect(there.console()).toMatch(/seq=\d+ ttl=/);
      const all = answers();
      const lost = (all.at(-1) ?? 0) + 1 - all.length;
      console.log(`of ${all.length + lost} questions, one in a second, ${lost} had no answer`);
      expect(there.console()).not.toContain("guest: ready");
    });
  },
);

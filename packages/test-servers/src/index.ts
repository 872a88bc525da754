// Real servers for tests. Each has random ports and a private directory; the test that needs it starts and stops it.
export { type EtcdOptions, EtcdServer } from "./etcd-server.ts";
export { freePort } from "./free-port.ts";
export { LibvirtServer, type LibvirtServerOptions } from "./libvirt-server.ts";
export { MachinePace, type PaceSamples, pacedMs } from "./machine-pace.ts";
export { MachineTime } from "./machine-time.ts";
export { missingHere } from "./missing-here.ts";
export { type Direction, TcpProxy } from "./tcp-proxy.ts";
export {
  type DebianGuest,
  debianGuest,
  guestCommandLine,
  guestDirectory,
  type TinyGuest,
  tinyGuest,
} from "./test-guests.ts";
export { TestServer } from "./test-server.ts";
export { makeTlsFiles, readTlsFiles, type TlsFiles } from "./tls-files.ts";
export { type ZooKeeperOptions, ZooKeeperServer } from "./zookeeper-server.ts";

// Real servers for tests, each on random ports and in a private directory, started and stopped by the test that needs it.
export { type EtcdOptions, EtcdServer } from "./etcd-server.ts";
export { freePort } from "./free-port.ts";
export { MachineTime } from "./machine-time.ts";
export { type Direction, TcpProxy } from "./tcp-proxy.ts";
export { TestServer } from "./test-server.ts";
export { makeTlsFiles, readTlsFiles, type TlsFiles } from "./tls-files.ts";
export { type ZooKeeperOptions, ZooKeeperServer } from "./zookeeper-server.ts";

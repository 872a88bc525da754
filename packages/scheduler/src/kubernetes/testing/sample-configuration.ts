// A small cke.conf for tests: real shapes and phases, few flags.
import type { ClusterConfiguration } from "../configuration/configuration.ts";
import { parseConfiguration } from "../configuration/configuration-parser.ts";

export const sampleConfigurationText = `Kubernetes: v1.36.3
ImageName: cke-kube-node:v1
Variables:
  DATA_DIR: /var/lib/k8s
  SERVICE_CIDR: 10.96.0.0/16
  CLUSTER_CIDR: 10.244.0.0/16
Phases:
  master: [wrap, etcd, etcd health, api server, controller and scheduler, finish]
  node: [wrap, docker, kubelet, finish]
  console: [wrap, gotty, finish]
NodeConfs:
  master:
    Variables:
      ETCD_DATA: $DATA_DIR/etcd
    Files:
      - path: /etc/kubernetes/hello
        mode: "0644"
        content: "node $NODE_NAME $$HOME\\n"
    Secrets:
      - {name: etcd.crt, path: /etc/kubernetes/pki/etcd.crt}
      - {name: registry.crt, path: /etc/docker/registry.crt}
    Volumes:
      - {name: data, path: /var/lib/k8s}
    Tmpfs: [/run, /tmp]
    ProcessConfs:
      etcd:
        phase: etcd
        required: true
        res: {cpu: 0.1, mem: 256}
        cmd: /usr/local/bin/etcd
        args:
          - {key: --name, value: $native, modify: false}
          - {key: --data-dir, value: $ETCD_DATA, modify: false}
          - {key: --quota-backend-bytes, value: 8589934592}
        envs:
          - {key: DOCKER_REGISTRY, value: $native, modify: false}
          - {key: GOGC, value: 100}
        health:
          - name: etcd
            phase: etcd health
            http: {url: "https://127.0.0.1:2379/health", ca: /etc/kubernetes/pki/etcd-ca.crt}
      apiserver:
        phase: api server
        required: true
        res: {cpu: 0.5, mem: 1024}
        cmd: /usr/local/bin/kube-apiserver
        args:
          - {key: --etcd-servers, value: $ETCD_SERVERS, modify: false}
          - {key: --allow-privileged, value: true}
        startWhen:
          - name: etcd
            tcp: {address: "127.0.0.1:2379"}
        health:
          - name: readyz
            http: {url: "$APISERVER_URL/readyz", insecure: true}
      controller:
        phase: controller and scheduler
        res: {cpu: 0.1, mem: 256}
        cmd: /usr/local/bin/kube-controller-manager
      scheduler:
        phase: controller and scheduler
        res: {cpu: 0.1, mem: 256}
        cmd: /usr/local/bin/kube-scheduler
      masterdocker:
        name: docker
        res: {cpu: 0.5, mem: 256}
        cmd: /usr/bin/dockerd
  node:
    ProcessConfs:
      nodedocker:
        name: docker
        phase: docker
        required: true
        res: {cpu: 0.5, mem: 256}
        cmd: /usr/bin/dockerd
      kubelet:
        phase: kubelet
        required: true
        res: {cpu: 1, mem: 1024}
        cmd: /usr/local/bin/kubelet --config=/etc/kubernetes/kubelet.yaml
        args:
          - {key: --node-ip, value: $native}
          - {key: --system-reserved, value: $native}
        startWhen:
          - name: docker
            exec: {command: [docker, version]}
      kubeproxy:
        name: kube-proxy
        res: {cpu: 0.2, mem: 128}
        cmd: /usr/local/bin/kube-proxy
      load-images:
        oneShot: true
        res: {cpu: 0.1, mem: 64}
        cmd: /usr/local/bin/load-images
  console:
    ProcessConfs:
      gotty:
        phase: gotty
        res: {cpu: 0.1, mem: 64}
        cmd: /usr/local/bin/gotty
        args:
          - {key: --port, value: $GOTTY_PORT}
          - {key: bash}
`;

/** By version. A scenario asks for it with each report of each process. */
const parsed = new Map<string, ClusterConfiguration>();

/** The same object for everybody: nobody may change it. */
export function sampleConfiguration(version = "1.36"): ClusterConfiguration {
  const known = parsed.get(version) ?? parseConfiguration(`cke.conf-${version}.yaml`, version, sampleConfigurationText);
  parsed.set(version, known);
  return known;
}
